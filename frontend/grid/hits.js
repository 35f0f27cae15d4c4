/**
 * Where the text that is searched for stands in the cells: marked in those in view, and gone through one by one.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Column} Column
 * @typedef {import("./types.d.ts").Cell} Cell
 */

import { cellText, isComputed, plainText } from "./cells.js";

const NAME = "search-hit";
const READ = 500; // rows at once
const MOST_READ = 20; // times; all of a view's rows match somewhere, so the next hit is near

/** Says whether a cell holds the text. @param {Column} column @param {Cell | undefined} cell @param {string} text in small letters */
function holds(column, cell, text) {
  if (!cell || column.type === "checkbox" || (isComputed(column) && cell.state !== "done")) return false;
  return plainText(cell.value).toLowerCase().includes(text) || cellText(column, cell).toLowerCase().includes(text);
}

/** The ranges of a cell's element that show the text. @param {HTMLElement} element @param {string} text in small letters */
function rangesIn(element, text) {
  const ranges = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const shown = (node.textContent ?? "").toLowerCase();
    for (let at = shown.indexOf(text); at >= 0; at = shown.indexOf(text, at + text.length)) {
      const range = new StaticRange({
        startContainer: node,
        startOffset: at,
        endContainer: node,
        endOffset: Math.min(at + text.length, shown.length),
      });
      ranges.push(range);
    }
  }
  return ranges;
}

export class Hits {
  /** Whether the first hit of this search was gone to. */
  #isBegun = false;

  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
    grid.viewport.painted = () => this.#mark();
    grid.view.addEventListener("change", () => (this.#isBegun = false));
    grid.view.addEventListener("open", () => this.#mark());
  }

  get #text() {
    return this.grid.view.spec.search.toLowerCase();
  }

  #mark() {
    if (!("highlights" in CSS)) return; // a browser without them marks nothing
    if (!this.#text) return void CSS.highlights.delete(NAME);
    const lines = [...this.grid.viewport.body.children].filter((line) => !(/** @type {HTMLElement} */ (line).hidden));
    const ranges = lines.flatMap((line) => rangesIn(/** @type {HTMLElement} */ (line), this.#text));
    CSS.highlights.set(NAME, new Highlight(...ranges));
  }

  /** Makes the next cell that holds the text the active one, or the one before. @param {boolean} back */
  async go(back) {
    const { selection, viewport } = this.grid;
    const next = await this.#next(back ? -1 : 1);
    this.#isBegun = true;
    if (!next) return;
    selection.move(...next);
    viewport.reveal(...next);
  }

  /** @param {1 | -1} step @returns {Promise<[number, number] | undefined>} */
  async #next(step) {
    const { selection, rows, columns } = this.grid;
    const { total } = rows;
    const start = Math.max(0, selection.row);
    for (let read = 0, row = start; read < MOST_READ && row >= 0 && row < total; read += 1) {
      const [first, last] = step > 0 ? [row, Math.min(total - 1, row + READ - 1)] : [Math.max(0, row - READ + 1), row];
      const found = await rows.range(first, last);
      for (let index = row; index >= first && index <= last; index += step) {
        const cells = found[index - first]?.cells ?? {};
        const hits = columns.list.flatMap((column, at) => (holds(column, cells[column.id], this.#text) ? [at] : []));
        const from = index === start ? hits.filter((at) => this.#isBeyond(at, step)) : hits;
        const column = step > 0 ? from[0] : from.at(-1);
        if (column !== undefined) return [index, column];
      }
      row = step > 0 ? last + 1 : first - 1;
    }
    return undefined;
  }

  /** Says whether a hit in the active row is still to come. @param {number} column @param {1 | -1} step */
  #isBeyond(column, step) {
    const active = this.grid.selection.column;
    if (!this.#isBegun) return step > 0;
    return step > 0 ? column > active : column < active;
  }
}
