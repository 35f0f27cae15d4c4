/**
 * Draws the rows in view into about 40 pooled elements, once per animation frame.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./line.js").Slot} Slot
 * @typedef {import("./line.js").Line} Line
 */

import { make } from "../ui/elements.js";
import { plural } from "../ui/format.js";
import { paintCell } from "./cells.js";
import { newLine, newPart } from "./line.js";
import { Scroll } from "./scroll.js";
import { HEADER } from "./selection.js";

const HEAD = 32; // px
const FOOT = 29; // px of the line of summaries
const TALL = 96; // px of the rows that set JSON out
const SPARE = 4; // rows drawn above and below the view
const EDGES = ["at-top", "at-bottom", "at-left", "at-right"];

let cellCount = 0; // of all cells made, for their ids

export class Viewport {
  /** @type {Line[]} */
  #pool = [];
  /** The row with the editor: never recycled. @type {Line | undefined} */
  #pinned;
  /** Columns the pinned row holds elements for. @type {number[]} */
  #pinnedDrawn = [];
  /** Columns that are drawn, in the order of each line's slots. @type {number[]} */
  #drawn = [];
  #isScheduled = false;
  #isScrolled = false;
  /** Whether more than the position of the rows may have changed. */
  #changed = true;
  /** Called after the rows were drawn. */
  painted = () => {};
  /** Height of a row in px. */
  rowHeight = HEAD;

  /**
   * @param {Omit<Grid, "viewport" | "view">} grid
   * @param {{ scroller: HTMLElement, body: HTMLElement }} parts
   */
  constructor(grid, { scroller, body }) {
    this.grid = grid;
    this.scroller = scroller;
    this.body = body;
    this.scroll = new Scroll(scroller, body, HEAD + FOOT, () => this.#moveSoon());
    new ResizeObserver(() => this.fit()).observe(scroller);
    grid.rows.addEventListener("change", () => this.paintSoon());
    grid.rows.addEventListener("total", () => this.fit());
    grid.columns.addEventListener("change", () => this.fit());
    grid.columns.addEventListener("widths", () => this.#layOut());
    grid.selection.addEventListener("change", () => this.paintSoon());
    grid.selectedRows.addEventListener("change", () => this.paintSoon());
    this.fit();
    grid.rows.keepLoaded(0, this.page); // now, so that no event comes between what the page preloads and its first frame
  }

  /** Rows that fit, which is what Page Down moves by. */
  get page() {
    return Math.max(1, Math.floor(this.scroll.visible / this.rowHeight) - 1);
  }

  /** Changes the height of the rows; the first one in view stays. @param {number} height px */
  setRowHeight(height) {
    const first = this.scroll.top / this.rowHeight;
    this.rowHeight = height;
    for (const { slots } of this.#pool) for (const slot of slots) slot.row = -1; // a cell may show other words
    this.grid.sheet.style.setProperty("--row-height", `${height}px`);
    this.grid.sheet.classList.toggle("wraps", height > HEAD);
    this.fit();
    this.scroll.to(first * height);
  }

  /** Adjusts to the sizes of the table and of the window. */
  fit() {
    const { rows, columns, sheet } = this.grid;
    columns.fitNumbers(rows.tableTotal);
    columns.setRoom(this.scroller.clientWidth);
    sheet.setAttribute("aria-rowcount", String(rows.total + 1));
    sheet.setAttribute("aria-colcount", String(columns.count + 1));
    this.#layOut();
    this.scroll.resize(rows.total * this.rowHeight);
    this.grid.selection.clamp();
    this.paintSoon();
  }

  #layOut() {
    const { columns, sheet } = this.grid;
    sheet.style.setProperty("--columns", columns.template);
    sheet.style.width = `${columns.fullWidth}px`;
    this.paintSoon();
  }

  paintSoon() {
    this.#changed = true;
    this.#moveSoon();
  }

  #moveSoon() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#paint();
    });
  }

  #paint() {
    const { rows, columns } = this.grid;
    const first = Math.max(0, Math.floor(this.scroll.top / this.rowHeight) - SPARE);
    const last = Math.min(rows.total - 1, Math.ceil((this.scroll.top + this.scroll.visible) / this.rowHeight) + SPARE);
    const x = this.scroller.scrollLeft;
    this.#markScrolled(x > 0);
    const drawn = columns.drawn(x, x + this.scroller.clientWidth - columns.numberWidth);
    this.#changed ||= drawn.join() !== this.#drawn.join();
    this.#drawn = drawn;
    this.#growPool(last - first + 1);
    for (const line of this.#pool) {
      if (line.index < first || line.index > last || line.index === this.#pinned?.index) line.index = -1;
    }
    const { offset } = this.scroll; // read once: it makes the browser lay out what was drawn before
    for (let index = first; index <= last; index += 1) this.#paintLine(this.#lineFor(index), index, offset);
    for (const line of this.#pool) if (line.index < 0) this.#put(line, -1); // last: most are shown again as other rows
    if (this.#pinned && (this.#pinned.index < first || this.#pinned.index > last))
      this.#paintLine(this.#pinned, this.#pinned.index, offset);
    this.#changed = false;
    this.#pointAtActive();
    this.painted();
    if (last >= first) rows.keepLoaded(first, last);
  }

  /** Lets pinned columns cast a shade on those that are under them. @param {boolean} scrolled */
  #markScrolled(scrolled) {
    if (scrolled === this.#isScrolled) return;
    this.#isScrolled = scrolled;
    this.grid.sheet.classList.toggle("scrolled", scrolled);
  }

  /** @param {number} size */
  #growPool(size) {
    if (this.#pool.length < size) for (const line of this.#pool) this.#put(line, -1); // other rows for each of them
    while (this.#pool.length < size) {
      const line = newLine(this.grid.canEdit);
      this.#pool.push(line);
      this.body.append(line.element);
    }
  }

  /** @param {number} index */
  #lineFor(index) {
    return this.#pinned?.index === index ? this.#pinned : this.#pool[index % this.#pool.length];
  }

  /** @param {Line} line @param {number} index -1 hides it */
  #put(line, index) {
    line.index = index;
    if (line.element.hidden !== index < 0) line.element.hidden = index < 0;
  }

  /** @param {Line} line @param {number} index @param {number} offset px */
  #paintLine(line, index, offset) {
    const y = index * this.rowHeight + offset;
    if (line.y !== y) line.element.style.transform = `translateY(${y}px)`;
    line.y = y;
    const row = this.grid.rows.at(index);
    if (!this.#changed && line.index === index && line.row === row) return;
    line.row = row;
    if (line.index !== index) {
      this.#put(line, index);
      line.element.setAttribute("aria-rowindex", String(index + 2));
    }
    const number = this.grid.rows.numberAt(index);
    if (line.number.data !== number) {
      line.number.data = number;
      line.pick.setAttribute("aria-label", `Select row ${number}`);
    }
    this.#markComments(line.comments, row?.comments ?? 0);
    const isSelected = this.grid.selectedRows.has(row?.id);
    const inRange = this.grid.selection.hasRow(index);
    const marks = `line${row ? "" : " waits"}${isSelected ? " taken" : ""}${inRange ? " in-range" : ""}${line === this.#pinned ? " edited" : ""}`;
    line.pick.checked = isSelected;
    if (line.marks !== marks) line.element.className = line.marks = marks;
    if (line === this.#pinned && !this.#isAsPinned()) return;
    this.#fitSlots(line);
    line.slots.forEach((slot, i) => {
      this.#paintSlot(slot, index, this.#drawn[i], row);
    });
  }

  /** @param {HTMLElement} mark @param {number} number */
  #markComments(mark, number) {
    const words = number ? plural(number, "comment") : "";
    if (mark.title === words) return;
    mark.title = words;
    mark.hidden = !words;
    mark.replaceChildren(make("span", "visually-hidden", words));
  }

  #isAsPinned() {
    return this.#drawn.join() === this.#pinnedDrawn.join();
  }

  /** @param {Line} line */
  #fitSlots(line) {
    const count = this.#drawn.length;
    while (line.slots.length < count) {
      const element = newPart("gridcell", "c");
      cellCount += 1;
      element.id = `cell-${cellCount}`;
      line.element.append(element);
      line.slots.push({ element, row: -1, marks: "new" });
    }
    while (line.slots.length > count) line.slots.pop()?.element.remove();
  }

  /** @param {Slot} slot @param {number} row @param {number} column @param {import("./types.d.ts").Row | undefined} data */
  #paintSlot(slot, row, column, data) {
    const shown = this.grid.columns.list[column];
    const cell = data?.cells[shown.id];
    if (slot.column !== shown) {
      slot.element.style.gridColumn = String(column + 2);
      slot.element.setAttribute("aria-colindex", String(column + 2));
    }
    if (slot.column !== shown || this.#changed) this.grid.columns.stick(slot.element, column);
    this.#mark(slot, row, column);
    this.#markRefusal(slot, data && this.grid.rows.refusal(data.id, shown.id));
    slot.element.classList.toggle("late", Boolean(data && this.grid.rows.isLate(data.id, shown.id)));
    if (this.#pinned && slot.element.classList.contains("edited")) return;
    if (slot.column === shown && slot.cell === cell && slot.row === row) return;
    [slot.column, slot.cell, slot.row] = [shown, cell, row];
    paintCell(slot.element, shown, cell, { row, canEdit: this.grid.canEdit, isTall: this.rowHeight >= TALL });
    if (slot.refusal) slot.element.title = slot.refusal;
  }

  /** @param {Slot} slot @param {number} row @param {number} column */
  #mark(slot, row, column) {
    const { selection } = this.grid;
    const active = selection.row === row && selection.column === column;
    const inside = selection.has(row, column);
    const corner = this.grid.canEdit && selection.isCorner(row, column);
    const filling = selection.willFill(row, column);
    const single = selection.isSingle;
    const edges = inside && !single ? selection.edgesOf(row, column) : "";
    const marks = `${active ? "a" : ""}${inside ? "i" : ""}${single ? "1" : ""}${corner ? "c" : ""}${filling ? "f" : ""}${edges}`;
    if (slot.marks === marks) return;
    slot.marks = marks;
    slot.element.ariaSelected = String(inside);
    slot.element.classList.toggle("active", active);
    slot.element.classList.toggle("inside", inside && !single);
    for (const edge of EDGES) slot.element.classList.toggle(edge, edges.includes(edge));
    slot.element.classList.toggle("corner", corner);
    slot.element.classList.toggle("filling", filling);
  }

  /** @param {Slot} slot @param {string | undefined} reason */
  #markRefusal(slot, reason) {
    if (slot.refusal === reason) return;
    slot.refusal = reason;
    slot.element.classList.toggle("refused", reason !== undefined);
    slot.element.ariaDescription = reason ? `Not pasted. ${reason}` : "";
    slot.element.title = reason ?? "";
  }

  #pointAtActive() {
    const { selection, sheet, columns } = this.grid;
    const header =
      selection.row === HEADER && columns.count ? `column-${columns.list[selection.column]?.id}` : undefined;
    const id = header ?? this.cellElement(selection.row, selection.column)?.id;
    if (id) sheet.setAttribute("aria-activedescendant", id);
    else sheet.removeAttribute("aria-activedescendant");
  }

  /** The element that shows a cell, if it is in view. @param {number} row @param {number} column */
  cellElement(row, column) {
    if (!this.#pool.length || row < 0) return undefined;
    const line = this.#lineFor(row);
    return line.index === row ? line.slots[this.#drawn.indexOf(column)]?.element : undefined;
  }

  /** Scrolls as little as it takes to show a cell, and draws it at once. @param {number} row @param {number} column */
  reveal(row, column) {
    const { columns } = this.grid;
    const [y, end] = [row * this.rowHeight, (row + 1) * this.rowHeight];
    if (row >= 0 && y < this.scroll.top) this.scroll.to(y);
    else if (end > this.scroll.top + this.scroll.visible) this.scroll.to(end - this.scroll.visible);
    const width = this.scroller.clientWidth - columns.numberWidth;
    const { scrollLeft } = this.scroller;
    const start = columns.left[column] - columns.pinnedWidth;
    if (column >= columns.pinnedCount && start < scrollLeft) this.scroller.scrollLeft = start;
    else if (column >= columns.pinnedCount && columns.left[column + 1] > scrollLeft + width)
      this.scroller.scrollLeft = Math.min(start, columns.left[column + 1] - width); // of one too wide, its beginning
    this.#changed = true;
    this.#paint();
  }

  /** The cell under an event; the row numbers are column -1. @param {Event} event @returns {{ row: number, column: number } | undefined} */
  cellOf(event) {
    const target = /** @type {Element} */ (event.target);
    const line = [...this.#pool, ...(this.#pinned ? [this.#pinned] : [])].find(({ element }) =>
      element.contains(target),
    );
    if (!line || line.index < 0) return undefined;
    const at = line.slots.findIndex(({ element }) => element.contains(target));
    return { row: line.index, column: at < 0 ? -1 : this.#drawn[at] };
  }

  /** The cell at a point of the window, clamped to the table. @param {number} x @param {number} y */
  cellNear(x, y) {
    const { columns, rows } = this.grid;
    const box = this.scroller.getBoundingClientRect();
    const seen = x - box.left - columns.numberWidth;
    const inside = seen < columns.pinnedWidth ? seen : seen + this.scroller.scrollLeft;
    const column = columns.left.findLastIndex((px) => px <= inside);
    const row = Math.floor((y - box.top - HEAD + this.scroll.top) / this.rowHeight);
    return {
      row: Math.min(Math.max(0, row), rows.total - 1),
      column: Math.min(Math.max(0, column), columns.count - 1),
    };
  }

  /** The index of the nearest gap between two rows: that of the row below it. @param {number} y of the window */
  gapNear(y) {
    const inside = y - this.scroller.getBoundingClientRect().top - HEAD + this.scroll.top;
    return Math.min(Math.max(0, Math.round(inside / this.rowHeight)), this.grid.rows.total);
  }

  /** The upper edge of a row in the body, in px. @param {number} row */
  yOf(row) {
    return row * this.rowHeight + this.scroll.offset;
  }

  /** The cells of a column that are in view. @param {number} column */
  cellsOf(column) {
    const cells = this.#pool
      .filter(({ index }) => index >= 0)
      .map(({ slots }) => slots[this.#drawn.indexOf(column)]?.element);
    return cells.filter((cell) => cell !== undefined);
  }

  /** Keeps the elements of a row while it is edited. @param {number} row @returns {() => void} releases them */
  pin(row) {
    const slot = row % this.#pool.length;
    const line = this.#pool[slot];
    this.#pinned = line;
    line.element.className = line.marks += " edited";
    this.#pinnedDrawn = this.#drawn;
    this.#pool[slot] = newLine(this.grid.canEdit);
    this.body.append(this.#pool[slot].element);
    this.#put(this.#pool[slot], -1);
    return () => {
      if (this.#pinned !== line) return;
      this.#pinned = undefined;
      line.element.remove();
      this.paintSoon();
    };
  }
}
