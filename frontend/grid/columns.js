/**
 * The columns of the table: their order, their widths, and the calls that change them.
 *
 * @typedef {import("./types.d.ts").Column} Column
 * @typedef {import("./types.d.ts").ColumnType} ColumnType
 * @typedef {import("./types.d.ts").Table} Table
 * @typedef {Pick<import("./types.d.ts").ViewSpec, "hidden" | "pinned" | "order">} Arrangement
 */

import { api } from "../ui/api.js";
import { inOrder } from "./column-order.js";

const NARROWEST = 60; // px
const WIDEST = 800; // px
const END_WIDTH = 44; // the "+" after the last column
const DIGIT = 8;
const NARROWEST_NUMBERS = 68; // a box in the middle and a button of 24 px beside it
const NUMBER_PADDING = 36;
const MOST_PINNED = 0.6; // of the width of the grid

/** @type {Record<ColumnType, string>} */
export const TYPE_NAME = {
  text: "Text",
  number: "Number",
  checkbox: "Checkbox",
  date: "Date",
  formula: "Formula",
  extract: "Field",
  http: "HTTP API",
  lookup: "Look-up",
};

/** How the API is told of a column: another one may have the bare number as its name. @param {number} id */
export const keyOf = (id) => `id:${id}`;

/** Types whose values are typed. @type {ColumnType[]} */
export const PLAIN_TYPES = ["text", "number", "checkbox", "date"];

/** Dispatches `change` (other columns or names) and `widths`. */
export class Columns extends EventTarget {
  /** All columns, hidden ones too, in the order of the table. @type {Column[]} */
  all = [];
  /** The same in the order of the view. @type {Column[]} */
  ordered = [];
  /** The columns that are shown, pinned ones first. @type {Column[]} */
  list = [];
  pinnedCount = 0;
  /** Which columns are hidden and pinned in every view that says nothing of it. @type {{ hidden: number[], pinned: number[] }} */
  #inTable = { hidden: [], pinned: [] };
  /** What the present view says. @type {Arrangement} */
  #inView = { hidden: null, pinned: null, order: null };
  /** Left edges in px, counted from the first column; the last entry is the end of the last column. @type {number[]} */
  left = [0];
  /** The widths that follow from what columns show, in px by id. @type {Map<number, number>} */
  #fitting = new Map();
  /** Room that pinned columns may take, in px: the others need some too. */
  #room = Number.POSITIVE_INFINITY;

  /** @param {Table} table */
  constructor(table) {
    super();
    this.table = table;
    this.numberWidth = 0;
    this.fitNumbers(table.row_count);
    this.#take(table.columns);
  }

  get count() {
    return this.list.length;
  }

  /** Width of the pinned columns in px. */
  get pinnedWidth() {
    return this.left[this.pinnedCount];
  }

  get width() {
    return this.left[this.count];
  }

  /** The `grid-template-columns` of every row. */
  get template() {
    return [this.numberWidth, ...this.list.map((column) => column.width), END_WIDTH].map((px) => `${px}px`).join(" ");
  }

  get fullWidth() {
    return this.numberWidth + this.width + END_WIDTH;
  }

  /** @param {number} id */
  byId(id) {
    return this.all.find((column) => column.id === id);
  }

  /** The index of a column among those shown; -1 if it is hidden. @param {number} id */
  indexOf(id) {
    return this.list.findIndex((column) => column.id === id);
  }

  /** Fits the column of row numbers to the largest one. @param {number} total */
  fitNumbers(total) {
    this.numberWidth = Math.max(NARROWEST_NUMBERS, NUMBER_PADDING + DIGIT * String(Math.max(1, total)).length);
  }

  /** The columns between two positions in px, and one more on each side. @param {number} from @param {number} to */
  between(from, to) {
    const first = this.left.findLastIndex((px) => px <= from);
    const last = this.left.findIndex((px) => px >= to);
    return { first: Math.max(0, first - 1), last: Math.min(this.count - 1, last < 0 ? this.count - 1 : last) };
  }

  /** The columns to draw between two positions in px: those in view and the pinned ones. @param {number} from @param {number} to */
  drawn(from, to) {
    const { first, last } = this.between(from + this.pinnedWidth, to);
    const rest = Math.max(first, this.pinnedCount);
    const pinned = Array.from({ length: this.pinnedCount }, (_, i) => i);
    return [...pinned, ...Array.from({ length: Math.max(0, last - rest + 1) }, (_, i) => rest + i)];
  }

  /** Makes the cell of a pinned column stay at the left. @param {HTMLElement} cell @param {number} index */
  stick(cell, index) {
    const left = index < this.pinnedCount ? `${this.numberWidth + this.left[index]}px` : "";
    if (cell.style.left !== left) cell.style.left = left;
    cell.classList.toggle("pinned", left !== "");
    cell.classList.toggle("last", index === this.pinnedCount - 1);
  }

  /** @param {Column[]} columns */
  #take(columns) {
    this.all = [...columns].sort((a, b) => a.position - b.position);
    const idsOf = (/** @type {"hidden" | "pinned"} */ what) => this.all.filter((it) => it[what]).map(({ id }) => id);
    this.#inTable = { hidden: idsOf("hidden"), pinned: idsOf("pinned") };
    this.#arrange();
  }

  #arrange() {
    const { hidden, pinned, order } = this.#inView;
    const [hiddenIds, pinnedIds] = [hidden ?? this.#inTable.hidden, pinned ?? this.#inTable.pinned];
    for (const column of this.all) {
      column.hidden = hiddenIds.includes(column.id);
      column.pinned = pinnedIds.includes(column.id);
    }
    this.ordered = inOrder(this.all, order);
    const shown = this.ordered.filter(({ hidden }) => !hidden);
    this.list = [...shown.filter(({ pinned }) => pinned), ...shown.filter(({ pinned }) => !pinned)];
    this.#measure();
  }

  #measure() {
    this.left = [0];
    for (const column of this.all) if (column.fitted) column.width = this.#fitting.get(column.id) ?? column.width;
    for (const column of this.list) this.left.push(/** @type {number} */ (this.left.at(-1)) + column.width);
    const pinned = this.list.filter(({ pinned }) => pinned).length;
    this.pinnedCount = this.left.slice(1, pinned + 1).filter((end) => end <= this.#room).length;
  }

  /** Hides, pins and orders the columns as a view does; null shows what the table itself does. @param {Arrangement} view */
  showAs({ hidden, pinned, order }) {
    const inView = { hidden, pinned, order };
    if (JSON.stringify(inView) === JSON.stringify(this.#inView)) return;
    this.#inView = inView;
    this.#arrange();
    this.dispatchEvent(new Event("change"));
  }

  /** Tells how wide the grid is seen: pinned columns that leave too little room scroll with the others. @param {number} width px */
  setRoom(width) {
    const room = width * MOST_PINNED - this.numberWidth;
    if (room === this.#room) return;
    this.#room = room;
    this.#measure();
  }

  /** Draws fitted columns in these widths. @param {Map<number, number>} widths px by id */
  fit(widths) {
    const changed = [...widths].filter(([id, width]) => this.#fitting.get(id) !== width);
    if (!changed.length) return;
    for (const [id, width] of changed) this.#fitting.set(id, width);
    this.#measure();
    this.dispatchEvent(new Event("widths"));
  }

  /** Draws a column in another width; `save` stores it. @param {Column} column @param {number} width */
  resize(column, width) {
    const shown = this.byId(column.id);
    if (!shown) return;
    column.fitted = shown.fitted = false;
    column.width = shown.width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));
    this.#measure();
    this.dispatchEvent(new Event("widths"));
  }

  /** Stores a change. @param {Column} column @param {Partial<Pick<Column, "name" | "type" | "width" | "position" | "hidden" | "pinned">>} change */
  async save(column, change) {
    await api("PATCH", `/columns/${column.id}`, change);
    if ("width" in change) return;
    await this.reload();
  }

  /** @param {string} name @param {ColumnType} type @returns {Promise<Column>} */
  async create(name, type) {
    const column = await api("POST", `/tables/${this.table.id}/columns`, { name, type, config: {} });
    await this.reload();
    return column;
  }

  /** Puts a new column after another one. @param {number} id @param {Column} neighbor */
  async placeAfter(id, neighbor) {
    await api("PATCH", `/columns/${id}`, { position: neighbor.position + 1 });
    await this.reload();
  }

  /** Deletes a column; refused with 409 while other columns use it, unless `force`. @param {Column} column @param {{ force?: boolean }} [how] */
  async remove(column, { force = false } = {}) {
    await api("DELETE", `/columns/${column.id}${force ? "?force=true" : ""}`);
    await this.reload();
  }

  /** @param {Column} column */
  async restore(column) {
    await api("POST", `/columns/${column.id}/restore`);
    await this.reload();
  }

  /** Fetches the columns again, and dispatches `change`. */
  async reload() {
    /** @type {Table} */
    const table = await api("GET", `/tables/${this.table.id}`);
    this.table.name = table.name;
    this.#take(table.columns);
    this.dispatchEvent(new Event("change"));
  }

  /** Returns a name that no column has: "Column", "Column 2" … @param {string} base */
  freeName(base) {
    const taken = new Set(this.all.map((column) => column.name.toLowerCase()));
    let name = base;
    for (let n = 2; taken.has(name.toLowerCase()); n += 1) name = `${base} ${n}`;
    return name;
  }
}
