/**
 * Fits the widths that nobody has chosen to the head and to the first rows.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Column} Column
 * @typedef {import("./types.d.ts").Row} Row
 * @typedef {import("./types.d.ts").Cell} Cell
 */

import { make } from "../ui/elements.js";
import { cellText, isComputed, partOf } from "./cells.js";

const NARROWEST = 64; // px
const WIDEST = 320; // px
const NARROWEST_HTTP = 200; // px: what is to come is longer than what says that it is
const ROWS = 200; // that are looked at
const MEASURED = 5; // of the longest texts; another letter may be wider than one more
const IN_CELL = 24; // px of padding, line and play
const DOT = 14; // px
const IN_HEAD = 46; // px of padding, line and the sign of the type
const MENU_BUTTON = 26; // px that it takes of the name while the head is pointed at
const SHORT_NAME = 24; // px of a name that it leaves
const BESIDE_NAME = 70; // px of the chip and the run button
const AGAIN_MS = 400; // between two looks at columns that have no values yet

export class Widths {
  /** The names that columns were fitted to, by id. @type {Map<number, string>} */
  #names = new Map();
  /** Columns whose values have not been seen yet, by id. @type {Set<number>} */
  #unseen = new Set();
  #lookedAt = -AGAIN_MS;
  #ruler = make("span", { className: "ruler", ariaHidden: "true" });

  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
    grid.sheet.append(this.#ruler);
    grid.columns.addEventListener("change", () => this.#fitHeads());
    grid.rows.addEventListener("change", () => this.#look());
    this.#fitHeads();
  }

  /** Fits columns that are new or have another name. */
  #fitHeads() {
    const changed = this.grid.columns.all.filter(({ id, name, fitted }) => fitted && this.#names.get(id) !== name);
    if (!changed.length) return;
    for (const { id, name } of changed) {
      this.#names.set(id, name);
      this.#unseen.add(id);
    }
    this.grid.columns.fit(new Map(changed.map((column) => [column.id, this.#ofHead(column)])));
    this.#lookedAt = -AGAIN_MS;
    this.#look();
  }

  /** Fits columns whose values have arrived. */
  #look() {
    if (!this.#unseen.size || !this.grid.rows.at(0) || performance.now() - this.#lookedAt < AGAIN_MS) return;
    this.#lookedAt = performance.now();
    void this.#fitValues(this.grid.columns.all.filter(({ id }) => this.#unseen.has(id)));
  }

  /** @param {Column[]} columns */
  async #fitValues(columns) {
    const loaded = this.#loaded();
    const seen = this.#apply(columns, loaded);
    const last = Math.min(ROWS, this.grid.rows.total) - 1;
    if (!seen.length || loaded.length > last) return;
    this.#apply(seen, await this.grid.rows.range(0, last).catch(() => loaded));
  }

  /** The first rows that are there already. */
  #loaded() {
    const rows = [];
    for (let row = this.grid.rows.at(0); row && rows.length < ROWS; row = this.grid.rows.at(rows.length))
      rows.push(row);
    return rows;
  }

  /** @param {Column[]} columns @param {Row[]} rows @returns {Column[]} those that have values */
  #apply(columns, rows) {
    const texts = new Map(columns.map((column) => [column, textsOf(column, rows)]));
    const seen = columns.filter((column) => !isComputed(column) || texts.get(column)?.length);
    for (const { id } of seen) this.#unseen.delete(id);
    const width = (/** @type {Column} */ column) =>
      Math.max(this.#ofHead(column), this.#ofTexts(texts.get(column) ?? [], column.type === "http" ? DOT : 0));
    this.grid.columns.fit(new Map(seen.map((column) => [column.id, width(column)])));
    return seen;
  }

  /** @param {Column} column @returns {number} px */
  #ofHead({ name, type }) {
    const beside = type === "http" ? BESIDE_NAME : 0;
    const words = this.#measure([name], 500);
    const pointedAt = Math.min(words, SHORT_NAME) + MENU_BUTTON;
    const head = Math.max(words + beside, pointedAt) + IN_HEAD;
    return this.#within(head, type === "http" ? NARROWEST_HTTP : NARROWEST);
  }

  /** @param {string[]} texts @param {number} beside px @returns {number} px */
  #ofTexts(texts, beside) {
    const longest = texts.toSorted((a, b) => b.length - a.length).slice(0, MEASURED);
    return this.#within(this.#measure(longest, 400) + IN_CELL + beside, NARROWEST);
  }

  /** @param {number} width @param {number} narrowest @returns {number} px */
  #within(width, narrowest) {
    return Math.ceil(Math.min(WIDEST, Math.max(narrowest, width)));
  }

  /** Draws the texts below each other as the grid does: its digits, and the signs among them, have widths of their own.
   * @param {string[]} texts @param {number} weight @returns {number} px of the widest */
  #measure(texts, weight) {
    this.#ruler.style.fontWeight = String(weight);
    this.#ruler.textContent = texts.map((text) => text.replace(/\s+/g, " ")).join("\n");
    const { width } = this.#ruler.getBoundingClientRect();
    this.#ruler.textContent = "";
    return width;
  }
}

/** @param {Column} column @param {Row[]} rows */
const textsOf = (column, rows) =>
  rows.map(({ cells }) => drawnText(column, cells[column.id])).filter((text) => text && text !== "–");

/** @param {Column} column @param {Cell | undefined} cell */
function drawnText(column, cell) {
  const doubt = cell && isComputed(column) ? partOf(cell) : undefined;
  return doubt ? `${doubt} · ${cellText(column, cell)}` : cellText(column, cell);
}
