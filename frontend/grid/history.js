/** What was done here, to be undone by Ctrl+Z and done again by Ctrl+Shift+Z, one step at a time. */
const STEPS_KEPT = 100;

/**
 * @typedef {object} Step
 * @property {string} label what was done, for the screen reader: "Edit of Company"
 * @property {() => Promise<boolean>} undo false when the server refused
 * @property {() => Promise<boolean>} redo
 */
export class History {
  /** @type {Step[]} */
  #done = [];
  /** @type {Step[]} */
  #undone = [];
  /** All steps begun so far are in. @type {Promise<void>} */
  #settled = Promise.resolve();

  /** Keeps a step once it is saved, in the order the steps began. @param {Promise<Step | undefined>} saving nothing when it was refused */
  add(saving) {
    this.#settled = this.#settled.then(async () => {
      const step = await saving.catch(() => undefined); // whoever began it tells the user
      if (step) this.#keep(step);
    });
  }

  /** @param {Step} step */
  #keep(step) {
    this.#done.push(step);
    this.#undone.length = 0; // in place: an undo that waits for this save holds the list
    if (this.#done.length > STEPS_KEPT) this.#done.shift();
  }

  /** @returns {Promise<Step | undefined>} what was undone */
  undo() {
    return this.#move(this.#done, this.#undone, "undo");
  }

  /** @returns {Promise<Step | undefined>} what was done again */
  redo() {
    return this.#move(this.#undone, this.#done, "redo");
  }

  /** @param {Step[]} from @param {Step[]} to @param {"undo" | "redo"} way @returns {Promise<Step | undefined>} */
  #move(from, to, way) {
    const moved = this.#settled.then(async () => {
      const step = from.pop();
      if (!step || !(await step[way]())) return undefined;
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
