/**
 * The runs under way, and the one that somebody started last.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {"pause" | "resume" | "stop"} Action
 */

import { api, reasonOf } from "../ui/api.js";
import { toast } from "../ui/notices.js";
import { isOpen } from "./run-words.js";

/** Dispatches `change` and `end` (detail: the run that has just ended). */
export class Progress extends EventTarget {
  /** @type {Map<number, Run>} */
  #runs = new Map();
  /** The runs that were seen to end. @type {Set<number>} */
  #ended = new Set();
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

  /** Fetches the runs that are under way, and the last one that somebody started. */
  async load() {
    try {
      const [recent, own] = await Promise.all([this.#recent("limit=50"), this.#recent("limit=1&automatic=false")]);
      const shown = [...recent.filter(isOpen), ...own];
      // A live event may have told of its end before this answer came.
      const latest = shown.map((run) => (this.#ended.has(run.id) && this.#runs.get(run.id)) || run);
      this.#runs = new Map(latest.map((run) => [run.id, run]));
      this.#changed();
    } catch (error) {
      toast(`Can't show the runs. ${reasonOf(error)}`);
    }
  }

  /** @param {string} query @returns {Promise<Run[]>} the newest first */
  async #recent(query) {
    return (await api("GET", `/tables/${this.grid.table.id}/runs?${query}`)).items;
  }

  /** Takes a run as the server announced it: the answer that starts a short one may come after its end. @param {Run} run */
  update(run) {
    if (isOpen(run) && this.#ended.has(run.id)) return;
    const before = this.#runs.get(run.id);
    const justEnded = !isOpen(run) && !this.#ended.has(run.id) && (!before || isOpen(before));
    if (!isOpen(run)) this.#ended.add(run.id);
    if (isOpen(run) || before || justEnded) this.#runs.set(run.id, run);
    // Queued cells are not announced one by one; they follow from the run.
    if ((!before && isOpen(run)) || justEnded) this.grid.rows.refresh();
    if (justEnded) this.#end(run);
    this.#changed();
  }

  /** Keeps the last run that somebody started, and forgets those before it. @param {Run} run */
  #end(run) {
    const [last] = this.runs.filter((one) => !isOpen(one) && !one.automatic);
    for (const one of this.runs) if (!isOpen(one) && one !== last) this.#runs.delete(one.id);
    this.dispatchEvent(new CustomEvent("end", { detail: run }));
  }

  #changed() {
    this.grid.sheet.classList.toggle("under-way", this.runs.some(isOpen));
    this.dispatchEvent(new Event("change"));
  }

  /** The run of a column that is under way, or was the last one. @param {number} columnId */
  ofColumn(columnId) {
    return this.runs.find((run) => run.column_id === columnId);
  }

  /** @param {Pick<Run, "column_id">} run */
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
