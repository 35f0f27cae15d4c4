/**
 * The rows selected by their checkboxes or numbers. "All rows" is a flag with exceptions, so that a million rows cost as
 * much as one.
 *
 * @typedef {import("./types.d.ts").Row} Row
 * @typedef {import("./rows.js").Rows} Rows
 */

import { reasonOf } from "../ui/api.js";
import { formatNumber } from "../ui/format.js";
import { toast } from "../ui/notices.js";

const MOST_SELECTED = 10_000; // ids; as many as the API takes in one call

/** Dispatches `change`. */
export class SelectedRows extends EventTarget {
  /** The ids of the selected rows or, if all are selected, of the exceptions. @type {Set<number>} */
  #ids = new Set();
  #all = false;
  /** The index that Shift extends from. */
  #last = 0;
  /** The first and the last index that were selected. @type {[number, number]} */
  #span = [0, -1];

  /** The view in which they were selected. */
  #view = "";

  /** @param {Rows} rows */
  constructor(rows) {
    super();
    this.rows = rows;
    rows.addEventListener("total", () => {
      if (rows.view !== this.#view) this.#reset(false); // "all" would mean other rows now
      this.#view = rows.view;
      this.#emitChange();
    });
  }

  get count() {
    return this.#all ? Math.max(0, this.rows.total - this.#ids.size) : this.#ids.size;
  }

  /** The selection as the API takes it. @returns {{ ids: number[] } | { all_but: number[] }} */
  get scope() {
    return this.#all ? { all_but: [...this.#ids] } : { ids: [...this.#ids] };
  }

  /** The first and the last index that can be selected. @returns {[number, number]} */
  get bounds() {
    return this.#all ? [0, this.rows.total - 1] : this.#span;
  }

  /** @param {number | undefined} id */
  has(id) {
    return id !== undefined && this.#ids.has(id) !== this.#all;
  }

  /** @param {number} index */
  toggle(index) {
    const row = this.rows.at(index);
    if (!row) return;
    this.#last = index;
    this.#span = this.count ? [Math.min(this.#span[0], index), Math.max(this.#span[1], index)] : [index, index];
    this.#put([row.id], !this.has(row.id));
  }

  /** Selects the rows from the last one selected to this one, in addition to the others. @param {number} index */
  extend(index) {
    return this.select(Math.min(this.#last, index), Math.max(this.#last, index), { add: true });
  }

  /** Selects a range of rows. @param {number} first @param {number} last @param {{ add?: boolean }} [how] `add` keeps the others */
  async select(first, last, { add = false } = {}) {
    if (last - first + 1 > MOST_SELECTED) return this.#tooMany();
    const ids = await this.#idsOf(first, last);
    if (!ids) return;
    if (!add) this.#reset(false);
    this.#last = first;
    this.#span = this.count ? [Math.min(this.#span[0], first), Math.max(this.#span[1], last)] : [first, last];
    this.#put(ids, true);
  }

  /** @param {number} first @param {number} last @returns {Promise<number[] | undefined>} undefined if the server cannot be reached */
  async #idsOf(first, last) {
    try {
      return (await this.rows.range(first, last)).map((row) => row.id);
    } catch (error) {
      toast(`The rows cannot be selected now. ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** Takes note of where the selected rows stand by now. @param {number} first @param {number} last */
  moved(first, last) {
    this.#last = first;
    this.#span = [first, last];
  }

  /** Selects every row of the table, or of the view that is shown. */
  selectAll() {
    if (this.rows.view) {
      void this.select(0, this.rows.total - 1);
      return;
    }
    this.#reset(true);
    this.#emitChange();
  }

  clear() {
    if (!this.#all && !this.#ids.size) return;
    this.#reset(false);
    this.#emitChange();
  }

  /** Forgets rows that were deleted. @param {number[]} ids */
  forget(ids) {
    for (const id of ids) this.#ids.delete(id);
    this.#emitChange();
  }

  /** @param {boolean} all */
  #reset(all) {
    this.#all = all;
    this.#ids.clear();
  }

  /** @param {number[]} ids @param {boolean} selected */
  #put(ids, selected) {
    if (selected !== this.#all && this.#ids.size + ids.length > MOST_SELECTED) return this.#tooMany();
    for (const id of ids) {
      if (selected !== this.#all) this.#ids.add(id);
      else this.#ids.delete(id);
    }
    this.#emitChange();
  }

  #tooMany() {
    const most = formatNumber(MOST_SELECTED);
    const { view, total, tableTotal } = this.rows;
    if (!view) toast(`You can select at most ${most} rows one by one. The checkbox at the top selects all rows.`);
    else if (total < tableTotal)
      toast(
        `At most ${most} rows of a view can be selected, and this one has ${formatNumber(total)}. Filter or search further.`,
      );
    else
      toast(
        `At most ${most} rows of a view can be selected. Filter or search, or remove the sort to select all rows of the table.`,
      );
    this.#emitChange(); // sets the checkbox that was ticked back
  }

  #emitChange() {
    this.dispatchEvent(new Event("change"));
  }
}
