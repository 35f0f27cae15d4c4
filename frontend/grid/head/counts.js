/**
 * How many rows of a column are in each state: shown in a tooltip of its head, and fetched again when results go out of date.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../types.d.ts").Cell} Cell
 */

import { api } from "../../ui/api.js";
import { make } from "../../ui/elements.js";
import { formatNumber } from "../../ui/format.js";
import { place } from "../../ui/place.js";
import { isComputed, lookOf } from "../cells.js";

const SHOWN_AFTER_MS = 400;
const FRESH_MS = 5000;

/** @type {[import("../types.d.ts").State, string][]} */
const STATES = [
  ["done", "done"],
  ["no_data", "without data"],
  ["skipped", "skipped by the run condition"],
  ["missing_input", "missing input"],
  ["failed", "failed"],
  ["unknown", "may have been sent"],
  ["cancelled", "stopped"],
  ["waiting", "waiting for another column"],
  ["limited", "waiting for the rate limit"],
];

/** Dispatches `change` when the counts of a column were fetched. */
export class Counts extends EventTarget {
  /** @type {Map<number, number>} when each column was last fetched */
  #fetchedAt = new Map();
  /** @type {Set<number>} */
  #waiting = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #tip = make("div", "floating counts-tip");

  /** @param {Grid} grid */
  constructor(grid) {
    super();
    this.grid = grid;
    this.#tip.popover = "manual";
    this.#tip.id = "counts-tip";
    this.#tip.setAttribute("role", "tooltip");
    document.body.append(this.#tip);
    grid.rows.addEventListener("cells", (event) =>
      this.#follow(/** @type {CustomEvent<[number, number, Cell][]>} */ (event).detail),
    );
  }

  /** Fetches counts again after cells went out of date, or may no longer be. @param {[number, number, Cell][]} batch */
  #follow(batch) {
    const { columns } = this.grid;
    const touched = new Set(batch.filter(([, id, cell]) => cell.stale || columns.byId(id)?.stale).map(([, id]) => id));
    for (const id of touched) void this.refresh(id);
  }

  /** Fetches the counts of a column, at most every five seconds. @param {number} columnId */
  async refresh(columnId) {
    const since = Date.now() - (this.#fetchedAt.get(columnId) ?? 0);
    if (since < FRESH_MS) {
      if (this.#waiting.has(columnId)) return;
      this.#waiting.add(columnId);
      await new Promise((resolve) => setTimeout(resolve, FRESH_MS - since));
      this.#waiting.delete(columnId);
    }
    await this.#fetch(columnId);
  }

  /** @param {number} columnId */
  async #fetch(columnId) {
    this.#fetchedAt.set(columnId, Date.now());
    const column = this.grid.columns.byId(columnId);
    /** @type {Column | null} */
    const fresh = await api("GET", `/columns/${columnId}`).catch(() => null); // the next change fetches them
    if (!column || !fresh) return;
    column.counts = fresh.counts;
    column.stale = fresh.stale;
    this.dispatchEvent(new Event("change"));
  }

  /** Shows the tooltip while the pointer is on a header. @param {HTMLElement} header @param {Column} column */
  watch(header, column) {
    if (!isComputed(column)) return;
    header.addEventListener("pointerenter", () => this.showTipSoon(header, column.id));
    for (const leave of ["pointerleave", "pointerdown"]) header.addEventListener(leave, () => this.hideTip());
  }

  /** @param {HTMLElement} header @param {number} columnId */
  showTipSoon(header, columnId) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const timer = this.#timer;
      await this.#fetch(columnId);
      if (timer !== this.#timer || !header.isConnected) return;
      this.#fill(columnId);
      this.#tip.showPopover();
      place(this.#tip, header);
      header.setAttribute("aria-describedby", this.#tip.id);
    }, SHOWN_AFTER_MS);
  }

  hideTip() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tip.hidePopover();
  }

  /** @param {number} columnId */
  #fill(columnId) {
    const { counts = {}, stale = 0 } = this.grid.columns.byId(columnId) ?? {};
    const shown = STATES.filter(([state]) => counts[state]);
    const rest = this.grid.rows.total - shown.reduce((sum, [state]) => sum + (counts[state] ?? 0), 0);
    const lines = shown.map(([state, words]) => line(lookOf({ value: null, state }), counts[state] ?? 0, words));
    if (rest > 0) lines.push(line("none", rest, "without a result yet"));
    if (stale) lines.push(line("stale", stale, "of these out of date"));
    this.#tip.replaceChildren(...lines);
  }
}

/** @param {string} look @param {number} count @param {string} words */
const line = (look, count, words) => make("div", `s ${look}`, `${formatNumber(count)} ${words}`);
