/**
 * The runs under way, and for a moment those that have just ended.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {"pause" | "resume" | "stop"} Action
 */

import { api, reasonOf } from "../ui/api.js";
import { toast } from "../ui/notices.js";
import { isOpen } from "./run-words.js";

const KEPT_MS = 15_000; // an ended run stays readable this long

/** Dispatches `change`, and `end` (detail: the run that has just ended). */
export class Progress extends EventTarget {
  /** @type {Map<number, Run>} */
  #runs = new Map();
  /** What was asked of a run and not answered yet. @type {Map<number, Action>} */
  #asked = new Map();

  /** @param {Grid} grid */
  constructor(grid) {
    super();
    this.grid = grid;
  }

  /** Those under way first, then the newest. @returns {Run[]} */
  get runs() {
    return [...this.#runs.values()].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || b.id - a.id);
  }

  /** Reads the runs that are under way. */
  async load() {
    try {
      const open = (await this.recent(50)).filter(isOpen);
      for (const run of this.#runs.values())
        if (isOpen(run) && !open.some(({ id }) => id === run.id)) this.#runs.delete(run.id);
      for (const run of open) this.#runs.set(run.id, run);
      this.#changed();
    } catch (error) {
      toast(`Runs cannot be shown. ${reasonOf(error)}`);
    }
  }

  /** The newest runs, over or not. @param {number} most @returns {Promise<Run[]>} */
  async recent(most) {
    return (await api("GET", `/tables/${this.grid.table.id}/runs?limit=${most}`)).items;
  }

  /** @param {Run} run as the server announced it */
  take(run) {
    const before = this.#runs.get(run.id);
    const justEnded = !isOpen(run) && before !== undefined && isOpen(before);
    if (isOpen(run) || before) this.#runs.set(run.id, run);
    // Queued cells are not announced one by one: they follow from the run.
    if ((!before && isOpen(run)) || justEnded) this.grid.rows.refresh();
    if (justEnded) this.#end(run);
    this.#changed();
  }

  /** @param {Run} run */
  #end(run) {
    this.dispatchEvent(new CustomEvent("end", { detail: run }));
    setTimeout(() => {
      this.#runs.delete(run.id);
      this.#changed();
    }, KEPT_MS);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** The run of a column, under way or just ended. @param {number} columnId */
  ofColumn(columnId) {
    return this.runs.find((run) => run.column_id === columnId);
  }

  /** @param {Run} run */
  nameOf(run) {
    return this.grid.columns.byId(run.column_id)?.name ?? "A deleted column";
  }

  /** The column that a run refers to and that has still to run itself. @param {Run} run */
  waitsFor(run) {
    const settings = JSON.stringify(this.grid.columns.byId(run.column_id)?.config ?? {});
    const others = this.runs.filter((other) => isOpen(other) && other.column_id !== run.column_id);
    return others.map((other) => this.nameOf(other)).find((name) => settings.includes(`{{${name}`));
  }

  /** What a run was asked to do and has not done yet. @param {Run} run */
  askedOf(run) {
    return this.#asked.get(run.id);
  }

  /** @param {Run} run @param {Action} action */
  async act(run, action) {
    this.#asked.set(run.id, action);
    this.#changed();
    try {
      const changed = await api("POST", `/runs/${run.id}/${action}`);
      this.#asked.delete(run.id);
      this.take(changed);
    } catch (error) {
      this.#asked.delete(run.id);
      toast(`The run did not ${action}. ${reasonOf(error)}`);
      void this.load();
    }
  }
}
