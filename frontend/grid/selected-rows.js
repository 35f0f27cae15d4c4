/**
 * The rows that are chosen by their boxes or numbers. "All rows" is a flag with exceptions, so that a million cost as much as one.
 *
 * @typedef {import("./types.d.ts").Row} Row
 * @typedef {import("./rows.js").Rows} Rows
 */

import { reasonOf } from "../ui/api.js";
import { formatNumber } from "../ui/format.js";
import { toast } from "../ui/notices.js";

export const CHOSEN_ONE_BY_ONE = 10_000; // the API's most in one call

/** Dispatches `change`. */
export class Chosen extends EventTarget {
  /** The chosen ones, or the exceptions from all. @type {Set<number>} */
  #ids = new Set();
  #all = false;
  /** Where Shift continues from. */
  #last = 0;
  /** The chosen rows lie between. @type {[number, number]} */
  #span = [0, -1];

  /** Of the rows that are chosen. */
  #view = "";

  /** @param {Rows} rows */
  constructor(rows) {
    super();
    this.rows = rows;
    rows.addEventListener("total", () => {
      if (rows.view !== this.#view) this.#reset(false); // “all” would be others now
      this.#view = rows.view;
      this.#tell();
    });
  }

  get count() {
    return this.#all ? Math.max(0, this.rows.total - this.#ids.size) : this.#ids.size;
  }

  get isAll() {
    return this.#all && this.#ids.size === 0;
  }

  /** As the API takes them. @returns {{ ids: number[] } | { all_but: number[] }} */
  get scope() {
    return this.#all ? { all_but: [...this.#ids] } : { ids: [...this.#ids] };
  }

  /** The first and the last index that can be among them. @returns {[number, number]} */
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

  /** From the row chosen last to this one, besides what is chosen. @param {number} index */
  extend(index) {
    return this.take(Math.min(this.#last, index), Math.max(this.#last, index), { add: true });
  }

  /** @param {number} first @param {number} last @param {{ add?: boolean }} [how] */
  async take(first, last, { add = false } = {}) {
    if (last - first + 1 > CHOSEN_ONE_BY_ONE) return this.#tooMany();
    const ids = await this.#idsOf(first, last);
    if (!ids) return;
    if (!add) this.#reset(false);
    this.#last = first;
    this.#span = this.count ? [Math.min(this.#span[0], first), Math.max(this.#span[1], last)] : [first, last];
    this.#put(ids, true);
  }

  /** @param {number} first @param {number} last @returns {Promise<number[] | undefined>} nothing when the server is away */
  async #idsOf(first, last) {
    try {
      return (await this.rows.range(first, last)).map((row) => row.id);
    } catch (error) {
      toast(`The rows cannot be selected now. ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** Every row of the table, or of the view that is shown. */
  takeAll() {
    if (this.rows.view) {
      void this.take(0, this.rows.total - 1);
      return;
    }
    this.#reset(true);
    this.#tell();
  }

  clear() {
    if (!this.#all && !this.#ids.size) return;
    this.#reset(false);
    this.#tell();
  }

  /** Rows that are gone. @param {number[]} ids */
  forget(ids) {
    for (const id of ids) this.#ids.delete(id);
    this.#tell();
  }

  /** @param {boolean} all */
  #reset(all) {
    this.#all = all;
    this.#ids.clear();
  }

  /** @param {number[]} ids @param {boolean} chosen */
  #put(ids, chosen) {
    if (chosen !== this.#all && this.#ids.size + ids.length > CHOSEN_ONE_BY_ONE) return this.#tooMany();
    for (const id of ids) {
      if (chosen !== this.#all) this.#ids.add(id);
      else this.#ids.delete(id);
    }
    this.#tell();
  }

  #tooMany() {
    const most = formatNumber(CHOSEN_ONE_BY_ONE);
    const { view, total, tableTotal } = this.rows;
    if (!view) toast(`At most ${most} rows can be selected one by one. The box at the top selects all.`);
    else if (total < tableTotal)
      toast(
        `At most ${most} rows of a view can be selected, and this one has ${formatNumber(total)}. Filter or search further.`,
      );
    else
      toast(
        `At most ${most} rows of a view can be selected. Filter or search, or remove the sort to select all rows of the table.`,
      );
    this.#tell(); // the box that was ticked shows what is selected
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
