/**
 * Which rows and columns are shown, and in which order. The server searches, filters and sorts once when the view is
 * opened; rows keep their places in it until it is opened again. Changes to a saved view stay in this browser until they
 * are saved or discarded.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Filter} Filter
 * @typedef {import("./types.d.ts").SavedView} SavedView
 * @typedef {import("./types.d.ts").ViewId} ViewId
 * @typedef {import("./types.d.ts").ViewSpec} ViewSpec
 */

import { ApiError, api, reasonOf } from "../ui/api.js";
import { showNotice, toast } from "../ui/notices.js";
import { isComputed } from "./cells.js";
import { conditionsOf, forApi, only } from "./conditions.js";
import { ViewStore } from "./view-store.js";

const SLOW_MS = 1000; // after which somebody who waits is told so, and can cancel

/** @type {Readonly<ViewSpec>} */
const ALL = {
  filters: [],
  sorts: [],
  search: "",
  errors: false,
  hidden: null,
  pinned: null,
  order: null,
  rowHeight: "compact",
  group: null,
};
/** What a view is saved with; a search is not. @type {(keyof ViewSpec)[]} */
const SAVED = ["filters", "sorts", "errors", "hidden", "pinned", "order", "rowHeight", "group"];
/** What decides on the rows. @type {(keyof ViewSpec)[]} */
const OF_ROWS = ["filters", "sorts", "search", "errors"];

/** Whether a filter is of the rows as they are now: it makes no sense later. @param {Filter} filter */
const isMomentary = ({ op }) => op === "like" || op === "listed";

/** @param {ViewSpec} one @param {ViewSpec} other @param {(keyof ViewSpec)[]} keys */
const differ = (one, other, keys) => keys.some((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));

/** A filter that no row passes: a view that lost a part of its own must not show other rows. @param {import("./types.d.ts").Column[]} columns @returns {Filter[]} */
const noRows = ([first]) =>
  first
    ? [
        { column: first.id, op: "empty" },
        { column: first.id, op: "not_empty" },
      ]
    : [];

/** @param {SavedView} view @returns {ViewSpec} */
const specOf = ({ filter, sort, errors, hidden, pinned, order, row_height: rowHeight, group }) => ({
  ...ALL,
  filters: filter,
  sorts: sort,
  errors,
  hidden,
  pinned,
  order,
  rowHeight,
  group,
});

/** Dispatches `change` (the spec, or whether it is out of date), `saved` (the list of views) and `open` (its rows have arrived). */
export class View extends EventTarget {
  /** @type {ViewSpec} */
  spec = ALL;
  /** @type {ViewId} */
  id = "";
  /** The version of the saved view that the spec began from. */
  version = 0;
  /** What is shown again after `showOnly`. @type {{ id: ViewId, spec: ViewSpec } | null} */
  before = null;
  /** The condition of the group that is picked, beside the filters. @type {Filter | null} */
  picked = null;
  /** Why it may not show what it would if it were opened again. @type {"" | "changed" | "cancelled"} */
  outdated = "";
  #request = 0;
  #opening = false;
  /** Names this page to the server, which ends what the page opens once it opens something else. */
  #opener = Math.random().toString(36).slice(2);
  /** Done when the server has been told to end what was waited for: what is opened next must not end with it. */
  #stopped = Promise.resolve();
  #store;

  /** @param {Omit<Grid, "view">} grid @param {SavedView[]} saved */
  constructor(grid, saved) {
    super();
    this.grid = grid;
    this.saved = saved;
    this.#store = new ViewStore(grid.table.id);
    grid.rows.addEventListener("announced", (event) => this.#compare(/** @type {CustomEvent} */ (event).detail));
    grid.rows.addEventListener("gone", () => this.#opening || void this.refresh());
    grid.columns.addEventListener("change", () => void this.#followColumns());
    this.#begin();
  }

  /** The saved view that is shown. */
  get current() {
    return this.saved.find(({ id }) => id === this.id);
  }

  /** Whether rows are left out. */
  get narrows() {
    const { filters, search, errors } = this.spec;
    return filters.length > 0 || search !== "" || errors || this.picked !== null || this.missing.length > 0;
  }

  /** The deleted columns without which the saved filter can't be kept, as long as no other one is chosen here. */
  get missing() {
    const missing = this.current?.missing_columns ?? [];
    return missing.length && !differ(this.spec, this.#baseOf(this.id), ["filters"]) ? missing : [];
  }

  /** Whether it shows anything but all rows in their own order. */
  get active() {
    return this.narrows || this.spec.sorts.length > 0;
  }

  /** Whether it differs from what is saved, which a search does not. */
  get changed() {
    return differ(this.spec, this.#baseOf(this.id), SAVED);
  }

  /** The filters as the API takes them, with the picked group. */
  get filter() {
    if (this.missing.length) return noRows(this.grid.columns.all);
    return forApi(this.picked ? [...this.spec.filters, this.picked] : this.spec.filters);
  }

  /** Which rows it shows, as the API takes it. */
  get query() {
    const { search, errors } = this.spec;
    return { filter: this.filter, search, errors };
  }

  /** @param {Partial<ViewSpec>} part */
  async change(part) {
    if (this.before && part.filters && !conditionsOf(part.filters).some(isMomentary)) return this.back();
    await this.#set({ ...this.spec, ...part });
  }

  /** Shows only the rows of one group, or all again. @param {Filter | null} filter */
  async pick(filter) {
    this.picked = filter;
    if (await this.#open()) this.#toTop();
  }

  /** Shows another view, as it was left here or is saved. @param {ViewId} id @param {Partial<ViewSpec>} [part] changes that are made with it */
  async show(id, part = {}) {
    this.#adopt(id);
    this.#store.remember(id);
    await this.#set({ ...this.spec, ...part }, true);
  }

  /** Shows only the rows of a filter of what is now, whatever is shown, until `back`. @param {Filter} filter */
  async showOnly(filter) {
    this.before ??= { id: this.id, spec: this.spec };
    [this.id, this.version, this.picked] = ["", 0, null];
    await this.#set({ ...this.spec, filters: [filter], search: "", errors: false, group: null }, true);
  }

  /** Shows what was shown before `showOnly`. */
  async back() {
    const { id, spec } = this.before ?? this;
    await this.show(id === "errors" || this.saved.some((view) => view.id === id) ? id : "", spec);
  }

  /** Goes back to what is saved. */
  async discard() {
    this.version = this.current?.version ?? 0;
    await this.#set({ ...this.#baseOf(this.id), search: this.spec.search });
  }

  /** Shows all rows of the view again; the sort stays. */
  clear() {
    return this.change({ filters: [], search: "", errors: this.id === "errors" });
  }

  /** Opens the view again, so that rows that have changed are filtered and sorted. */
  async refresh() {
    await this.#open();
  }

  /** Takes the saved views as they are now. What is not changed here follows them. @param {SavedView[]} saved */
  async setSaved(saved) {
    const { changed, current } = this;
    const before = JSON.stringify(this.missing);
    this.saved = saved;
    this.dispatchEvent(new Event("saved"));
    if (current && !this.current) return this.show("");
    if (current && !changed && (this.changed || this.current?.version !== this.version)) await this.discard();
    if (JSON.stringify(this.missing) !== before) await this.#open();
  }

  async reloadSaved() {
    try {
      const { items } = await api("GET", `/tables/${this.grid.table.id}/views`);
      await this.setSaved(items);
    } catch {
      // The next event, or a reload of the page, fetches them.
    }
  }

  /** @param {ViewSpec} spec @param {boolean} [always] opens it even if it shows the same rows */
  async #set(spec, always = false) {
    const others = always || differ(spec, this.spec, OF_ROWS);
    if (spec.group !== this.spec.group) this.picked = null;
    this.spec = spec;
    this.#keep();
    this.grid.columns.showAs(spec);
    if (!others) this.dispatchEvent(new Event("change"));
    else if (await this.#open()) this.#toTop();
  }

  /** @param {ViewId} id */
  #adopt(id) {
    const kept = this.#store.read(id);
    this.id = id;
    this.before = null;
    this.picked = null;
    this.version = kept?.version ?? this.current?.version ?? 0;
    this.spec = { ...this.#baseOf(id), ...kept?.spec };
  }

  /** @param {ViewId} id @returns {ViewSpec} */
  #baseOf(id) {
    const saved = this.saved.find((view) => view.id === id);
    return saved ? specOf(saved) : { ...ALL, errors: id === "errors" };
  }

  /** @returns {Promise<boolean>} whether its rows are shown now */
  async #open() {
    const { rows } = this.grid;
    this.#request += 1;
    const request = this.#request;
    if (this.#opening && !this.active) this.#stop();
    this.outdated = "";
    this.#opening = true;
    this.dispatchEvent(new Event("change"));
    const endWait = this.#announceWait();
    try {
      const { view, total } = this.active ? await this.#ask() : { view: "", total: rows.tableTotal };
      if (request !== this.#request) return false; // a newer one was requested since
      rows.open(view, total);
      this.dispatchEvent(new Event("open"));
      return true;
    } catch (error) {
      if (request === this.#request) this.#explain(error);
      return false;
    } finally {
      endWait();
      if (request === this.#request) this.#opening = false;
    }
  }

  /** @returns {Promise<{ view: string, total: number }>} */
  async #ask() {
    const { rows, table } = this.grid;
    await this.#stopped;
    const order = { sort: this.spec.sorts, replaces: rows.view };
    return api("POST", `/tables/${table.id}/views`, { ...this.query, ...order, opener: this.#opener });
  }

  /** Says what is waited for once that takes a while, until the function that it returns is called. */
  #announceWait() {
    /** @type {HTMLElement | undefined} */
    let notice;
    const timer = setTimeout(() => {
      const words = `Looking through ${this.grid.rows.tableTotal.toLocaleString("en")} rows…`;
      notice = showNotice(words, { stays: true, action: { label: "Cancel", run: () => this.#stop() } });
    }, SLOW_MS);
    return () => {
      clearTimeout(timer);
      notice?.remove();
    };
  }

  #stop() {
    const path = `/tables/${this.grid.table.id}/openers/${this.#opener}`;
    this.#stopped = api("DELETE", path).catch(() => null); // then it ends by itself
  }

  /** @param {unknown} error */
  #explain(error) {
    if (!(error instanceof ApiError) || error.code !== "stopped") {
      toast(`Can't show these rows. ${reasonOf(error)}`);
      return;
    }
    toast("Cancelled. The rows are as they were.");
    this.outdated = "cancelled";
    this.dispatchEvent(new Event("change"));
  }

  #toTop() {
    const { selection, viewport } = this.grid;
    selection.move(0, selection.column);
    viewport.scroll.to(0);
  }

  /** @param {number[]} [columnIds] of changed values; undefined when rows were added or deleted */
  #compare(columnIds) {
    if (!this.active || this.outdated || (columnIds && !columnIds.some((id) => this.#uses(id)))) return;
    this.outdated = "changed";
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} columnId */
  #uses(columnId) {
    const { filters, sorts, search, errors } = this.spec;
    const column = this.grid.columns.byId(columnId);
    return (
      search !== "" ||
      (errors && column && isComputed(column)) ||
      [...conditionsOf(filters), ...sorts].some((item) => item.column === columnId) ||
      this.picked?.column === columnId
    );
  }

  /** Fetches the saved views again when columns that they filter by were deleted or restored. */
  async #followColumns() {
    const outOfStep = (/** @type {SavedView} */ { filter, missing_columns: missing }) =>
      !conditionsOf(filter).every(this.#isThere) || missing.some(({ id }) => this.#isThere({ column: id }));
    if (this.saved.some(outOfStep)) await this.reloadSaved();
    this.#forgetColumns();
  }

  /** @param {{ column: number }} part of the spec */
  #isThere = ({ column }) => this.grid.columns.byId(column) !== undefined;

  /** Drops filters, sorts and groups of deleted columns, and says so of filters: there are more rows without them. */
  #forgetColumns() {
    const { filters, sorts, group } = this.spec;
    const isGroupThere = group === null || this.#isThere({ column: group });
    const areFiltersThere = conditionsOf(filters).every(this.#isThere);
    if (areFiltersThere && sorts.every(this.#isThere) && isGroupThere) return;
    if (!areFiltersThere) toast("A filter was removed, because its column was deleted.");
    void this.change({
      filters: only(filters, this.#isThere),
      sorts: sorts.filter(this.#isThere),
      group: isGroupThere ? group : null,
    });
  }

  /** Keeps what is not saved in this browser. */
  #keep() {
    if (this.before) return;
    const filters = only(this.spec.filters, (filter) => !isMomentary(filter));
    const spec = { ...this.spec, filters };
    const differs = differ(spec, this.#baseOf(this.id), [...SAVED, "search"]);
    this.#store.write(this.id, differs ? { spec, version: this.version } : undefined);
  }

  #begin() {
    const id = this.#store.last();
    this.#adopt(id === "" || id === "errors" || this.saved.some((view) => view.id === id) ? id : "");
    this.grid.columns.showAs(this.spec);
    if (this.active) void this.#open();
    this.#forgetColumns();
  }
}

/** Sorts by one column alone. @param {Grid} grid @param {number} column @param {boolean} desc */
export const sortBy = (grid, column, desc) => void grid.view.change({ sorts: [{ column, desc }] });
