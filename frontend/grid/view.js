/**
 * Which rows are shown, and in which order. The server searches, filters and sorts once when the view is opened; rows keep
 * their places in it until it is opened again.
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

/** Says whether it shows anything but all rows in their own order. @param {ViewSpec} spec */
const isActive = (spec) => narrows(spec) || spec.sorts.length > 0;

/** Dispatches `change` (the spec, or whether it is out of date) and `open` (its rows have arrived). */
export class View extends EventTarget {
  spec = ALL;
  /** Whether rows have changed since it was opened. */
  outdated = false;
  #request = 0;
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
    this.#restore();
  }

  /** Whether rows are left out. */
  get narrows() {
    return narrows(this.spec);
  }

  get active() {
    return isActive(this.spec);
  }

  /** @param {Partial<ViewSpec>} part */
  async change(part) {
    this.spec = { ...this.spec, ...part };
    this.#store();
    if (await this.#open()) this.#toTop();
  }

  /** Shows all rows again; the sort stays. */
  clear() {
    return this.change({ ...ALL, sorts: this.spec.sorts });
  }

  /** Opens the view again, so that rows that have changed are filtered and sorted. */
  async refresh() {
    await this.#open();
  }

  /** @returns {Promise<boolean>} whether its rows are shown now */
  async #open() {
    const { rows, table } = this.grid;
    this.#request += 1;
    const request = this.#request;
    this.outdated = false;
    this.#opening = true;
    this.dispatchEvent(new Event("change"));
    try {
      const { filters, sorts: sort, search, errors } = this.spec;
      const filter = filters.map(({ column, op, value }) => ({ column, op, value }));
      const { view, total } = this.active
        ? await api("POST", `/tables/${table.id}/views`, { filter, sort, search, errors, replaces: rows.view })
        : { view: "", total: rows.tableTotal };
      if (request !== this.#request) return false; // a newer one was requested since
      rows.open(view, total);
      this.dispatchEvent(new Event("open"));
      return true;
    } catch (error) {
      if (request === this.#request) toast(`Can't show these rows. ${reasonOf(error)}`);
      return false;
    } finally {
      if (request === this.#request) this.#opening = false;
    }
  }

  #toTop() {
    const { selection, viewport } = this.grid;
    selection.move(0, selection.column);
    viewport.scroll.to(0);
  }

  /** @param {number[]} [columnIds] of changed values; undefined when rows were added or deleted */
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

  /** Drops filters and sorts of deleted columns. */
  #forgetColumns() {
    const there = (/** @type {{ column: number }} */ { column }) => this.grid.columns.byId(column) !== undefined;
    const { filters, sorts } = this.spec;
    if (filters.every(there) && sorts.every(there)) return;
    void this.change({ filters: filters.filter(there), sorts: sorts.filter(there) });
  }

  #store() {
    const filters = this.spec.filters.filter(({ op }) => op !== "like"); // its row may have a result by then
    const stored = { ...this.spec, filters };
    try {
      if (isActive(stored)) localStorage.setItem(this.#key, JSON.stringify(stored));
      else localStorage.removeItem(this.#key);
    } catch {
      // Without storage, the next visit shows all rows.
    }
  }

  #restore() {
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
