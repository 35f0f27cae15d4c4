/**
 * Which rows are shown and in which order: searched, filtered and sorted by the server, once for each view. Rows keep their
 * places in it until it is opened again.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").ViewSpec} ViewSpec
 */

import { api, reasonOf } from "../ui/api.js";
import { toast } from "../ui/notices.js";
import { isComputed } from "./cells.js";

/** @type {Readonly<ViewSpec>} */
const ALL = { filters: [], sorts: [], search: "", errors: false };

/** @param {ViewSpec} spec */
const narrows = ({ filters, search, errors }) => filters.length > 0 || search !== "" || errors;

/** Whether it shows anything but all rows in their own order. @param {ViewSpec} spec */
const asks = (spec) => narrows(spec) || spec.sorts.length > 0;

/** Dispatches `change`: what is asked for, or whether it is out of date; and `open`: its rows are here. */
export class View extends EventTarget {
  spec = ALL;
  /** Whether rows have changed since it was opened. */
  outdated = false;
  #turn = 0;
  #opening = false;
  #key;

  /** @param {Omit<Grid, "view">} grid */
  constructor(grid) {
    super();
    this.grid = grid;
    this.#key = `marl:view:${grid.table.id}`;
    grid.rows.addEventListener("announced", (event) => this.#compare(/** @type {CustomEvent} */ (event).detail));
    grid.rows.addEventListener("gone", () => this.#opening || void this.refresh());
    grid.columns.addEventListener("change", () => this.#forgetColumns());
    this.#recall();
  }

  /** Whether rows are left out. */
  get narrows() {
    return narrows(this.spec);
  }

  get active() {
    return asks(this.spec);
  }

  /** @param {Partial<ViewSpec>} part */
  async change(part) {
    this.spec = { ...this.spec, ...part };
    this.#remember();
    if (await this.#open()) this.#toTop();
  }

  /** Shows all rows again, in the order they are in. */
  clear() {
    return this.change({ ...ALL, sorts: this.spec.sorts });
  }

  /** Filters and sorts the rows as they are now. */
  async refresh() {
    await this.#open();
  }

  /** @returns {Promise<boolean>} whether its rows are shown now */
  async #open() {
    const { rows, table } = this.grid;
    this.#turn += 1;
    const turn = this.#turn;
    this.outdated = false;
    this.#opening = true;
    this.dispatchEvent(new Event("change"));
    try {
      const { filters: filter, sorts: sort, search, errors } = this.spec;
      const { view, total } = this.active
        ? await api("POST", `/tables/${table.id}/views`, { filter, sort, search, errors, replaces: rows.view })
        : { view: "", total: rows.tableTotal };
      if (turn !== this.#turn) return false; // something else is asked for by now
      rows.open(view, total);
      this.dispatchEvent(new Event("open"));
      return true;
    } catch (error) {
      if (turn === this.#turn) toast(`These rows cannot be shown. ${reasonOf(error)}`);
      return false;
    } finally {
      if (turn === this.#turn) this.#opening = false;
    }
  }

  #toTop() {
    const { selection, viewport } = this.grid;
    selection.move(0, selection.column);
    viewport.scroll.to(0);
  }

  /** @param {number[]} [columnIds] that have other values now; none: rows came or went */
  #compare(columnIds) {
    if (!this.active || this.outdated || (columnIds && !columnIds.some((id) => this.#uses(id)))) return;
    this.outdated = true;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} columnId */
  #uses(columnId) {
    const { filters, sorts, search, errors } = this.spec;
    const column = this.grid.columns.byId(columnId);
    return (
      search !== "" ||
      (errors && column && isComputed(column)) ||
      [...filters, ...sorts].some((item) => item.column === columnId)
    );
  }

  /** A deleted column cannot be filtered by. */
  #forgetColumns() {
    const there = (/** @type {{ column: number }} */ { column }) => this.grid.columns.byId(column) !== undefined;
    const { filters, sorts } = this.spec;
    if (filters.every(there) && sorts.every(there)) return;
    void this.change({ filters: filters.filter(there), sorts: sorts.filter(there) });
  }

  #remember() {
    const filters = this.spec.filters.filter(({ op }) => op !== "like"); // its row may have a result next time
    const kept = { ...this.spec, filters };
    try {
      if (asks(kept)) localStorage.setItem(this.#key, JSON.stringify(kept));
      else localStorage.removeItem(this.#key);
    } catch {
      // A browser that keeps nothing shows all rows next time.
    }
  }

  #recall() {
    try {
      this.spec = { ...ALL, ...JSON.parse(localStorage.getItem(this.#key) ?? "{}") };
    } catch {
      return;
    }
    if (this.active) void this.#open();
    this.#forgetColumns();
  }
}

/** Sorts by one column alone. @param {Grid} grid @param {number} column @param {boolean} desc */
export const sortBy = (grid, column, desc) => void grid.view.change({ sorts: [{ column, desc }] });
