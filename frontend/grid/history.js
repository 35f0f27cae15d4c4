/** What was done on this page, to be undone by Ctrl+Z and redone by Ctrl+Shift+Z, one step at a time. */

import { ApiError } from "../ui/api.js";

const MOST_STEPS = 100;

/**
 * @typedef {object} Step
 * @property {string} label what was done, for the notice: "edit of Company"
 * @property {() => Promise<boolean>} undo false if the server refused
 * @property {() => Promise<boolean>} redo
 */
export class History {
  /** @type {Step[]} */
  #done = [];
  /** @type {Step[]} */
  #undone = [];
  /** Resolves when all steps begun so far are saved. @type {Promise<void>} */
  #settled = Promise.resolve();

  /** Adds a step once it is saved, in the order in which steps began. @param {Promise<Step | undefined>} saving undefined if it was refused */
  add(saving) {
    this.#settled = this.#settled.then(async () => {
      const step = await saving.catch(() => undefined); // whoever began it reports the error
      if (step) this.#push(step);
    });
  }

  /** @param {Step} step */
  #push(step) {
    this.#done.push(step);
    this.#undone.length = 0; // in place, because an undo that waits for this save has a reference to the list
    if (this.#done.length > MOST_STEPS) this.#done.shift();
  }

  /** Undoes the last step, or a given one. @param {Step} [step] @returns {Promise<Step | undefined>} what was undone */
  undo(step) {
    return this.#move(this.#done, this.#undone, "undo", step);
  }

  /** @returns {Promise<Step | undefined>} what was redone */
  redo() {
    return this.#move(this.#undone, this.#done, "redo");
  }

  /** @param {Step[]} from @param {Step[]} to @param {"undo" | "redo"} way @param {Step} [given] @returns {Promise<Step | undefined>} */
  #move(from, to, way, given) {
    const moved = this.#settled.then(async () => {
      const step = given ?? from.at(-1);
      if (!step || !from.includes(step)) return undefined;
      const place = from.indexOf(step);
      from.splice(place, 1);
      try {
        if (!(await step[way]())) return undefined;
      } catch (error) {
        if (!(error instanceof ApiError)) from.splice(place, 0, step); // the server can't be reached: try again later
        throw error;
      }
      to.push(step);
      return step;
    });
    this.#settled = moved.then(
      () => {},
      () => {},
    );
    return moved;
  }
}
