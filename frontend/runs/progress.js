/**
 * The runs under way, and for a while those that have just ended.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {"pause" | "resume" | "stop"} Action
 */

import { api, reasonOf } from "../ui/api.js";
import { toast } from "../ui/notices.js";
import { isOpen } from "./run-words.js";

const SHOWN_MS = 15_000; // how long an ended run is still shown

/** Dispatches `change` and `end` (detail: the run that has just ended). */
export class Progress extends EventTarget {
  /** @type {Map<number, Run>} */
  #runs = new Map();
  /** Actions that were sent to a run and not confirmed yet. @type {Map<number, Action>} */
  #pending = new Map();

  /** @param {Grid} grid */
  constructor(grid) {
    super();
    this.grid = grid;
  }

  /** All of them, those under way first, then the newest. @returns {Run[]} */
  get runs() {
    return [...this.#runs.values()].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || b.id - a.id);
  }

  /** Fetches the runs that are under way. */
  async load() {
    try {
      const open = (await this.recent(50)).filter(isOpen);
      for (const run of this.#runs.values())
        if (isOpen(run) && !open.some(({ id }) => id === run.id)) this.#runs.delete(run.id);
      for (const run of open) this.#runs.set(run.id, run);
      this.#changed();
    } catch (error) {
      toast(`Can't show the runs. ${reasonOf(error)}`);
    }
  }

  /** Fetches the newest runs, ended or not. @param {number} most @returns {Promise<Run[]>} */
  async recent(most) {
    return (await api("GET", `/tables/${this.grid.table.id}/runs?limit=${most}`)).items;
  }

  /** Takes a run as the server announced it. @param {Run} run */
  update(run) {
    const before = this.#runs.get(run.id);
    const justEnded = !isOpen(run) && before !== undefined && isOpen(before);
    if (isOpen(run) || before) this.#runs.set(run.id, run);
    // Queued cells are not announced one by one; they follow from the run.
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
    }, SHOWN_MS);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** The run of a column that is under way or has just ended. @param {number} columnId */
  ofColumn(columnId) {
    return this.runs.find((run) => run.column_id === columnId);
  }

  /** @param {Run} run */
  nameOf(run) {
    return this.grid.columns.byId(run.column_id)?.name ?? "A deleted column";
  }

  /** The name of a column that a run refers to and whose own run is under way. @param {Run} run */
  waitsFor(run) {
    const settings = JSON.stringify(this.grid.columns.byId(run.column_id)?.config ?? {});
    const others = this.runs.filter((other) => isOpen(other) && other.column_id !== run.column_id);
    return others.map((other) => this.nameOf(other)).find((name) => settings.includes(`{{${name}`));
  }

  /** The action that a run has not confirmed yet. @param {Run} run */
  pendingAction(run) {
    return this.#pending.get(run.id);
  }

  /** @param {Run} run @param {Action} action */
  async act(run, action) {
    this.#pending.set(run.id, action);
    this.#changed();
    try {
      const changed = await api("POST", `/runs/${run.id}/${action}`);
      this.#pending.delete(run.id);
      this.update(changed);
    } catch (error) {
      this.#pending.delete(run.id);
      toast(`Couldn't ${action} the run. ${reasonOf(error)}`);
      void this.load();
    }
  }
}
