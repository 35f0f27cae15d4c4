/**
 * The active cell and the range around it, stored as two corners, so that "everything" costs as much as one cell; and
 * whole columns apart from it.
 *
 * @typedef {import("./types.d.ts").Range} Range
 */

/** The row index of the header, which arrow keys reach from the first row. */
export const HEADER = -1;

/** @param {Range} range @param {number} row @param {number} column */
const contains = ({ top, bottom, left, right }, row, column) =>
  row >= top && row <= bottom && column >= left && column <= right;

/** The selection; dispatches `change`. */
export class Selection extends EventTarget {
  /** The active cell, which is typed into. It stays while the range is extended. */
  row = 0;
  column = 0;
  /** The corner of the range across from it. */
  farRow = 0;
  farColumn = 0;
  /** The indexes of whole columns that are selected apart from the range. @type {ReadonlySet<number>} */
  apart = new Set();
  /** What a fill would cover, while the corner of the selection is dragged. @type {Range | undefined} */
  preview;

  /** @param {() => { rows: number, columns: number }} size */
  constructor(size) {
    super();
    this.size = size;
  }

  /** @returns {Range} */
  get range() {
    return {
      top: Math.min(this.row, this.farRow),
      bottom: Math.max(this.row, this.farRow),
      left: Math.min(this.column, this.farColumn),
      right: Math.max(this.column, this.farColumn),
    };
  }

  get isSingle() {
    return this.row === this.farRow && this.column === this.farColumn && !this.apart.size;
  }

  /** The indexes of the columns that are selected from top to bottom. */
  get wholeColumns() {
    const { top, bottom } = this.range;
    const isWhole = bottom >= 0 && top <= 0 && bottom === this.size().rows - 1;
    return [...new Set([...this.apart, ...(isWhole ? this.#columnsOfRange : [])])].sort((a, b) => a - b);
  }

  /** What is selected: rows from `top` to `bottom` of these columns, by index. */
  get area() {
    const { top, bottom } = this.range;
    if (this.apart.size) return { top: 0, bottom: this.size().rows - 1, columns: this.wholeColumns };
    return { top, bottom, columns: this.#columnsOfRange };
  }

  get #columnsOfRange() {
    const { left, right } = this.range;
    return Array.from({ length: right - left + 1 }, (_, i) => left + i);
  }

  /** Makes a cell the active one, or, to `extend` the range, its far corner. @param {number} row @param {number} column @param {{ extend?: boolean }} [how] */
  move(row, column, { extend = false } = {}) {
    const { rows, columns } = this.size();
    if (extend || row !== HEADER || this.row !== HEADER) this.apart = new Set(); // along the header they stay
    this.farRow = Math.min(Math.max(extend ? 0 : HEADER, row), rows - 1);
    this.farColumn = Math.min(Math.max(0, column), columns - 1);
    if (!extend) [this.row, this.column] = [this.farRow, this.farColumn];
    this.dispatchEvent(new Event("change"));
  }

  /** Selects a range; what is outside the table is left out. @param {Range} range */
  select({ top, bottom, left, right }) {
    const { rows, columns } = this.size();
    this.apart = new Set();
    [this.row, this.column] = [Math.max(0, top), Math.max(0, left)];
    [this.farRow, this.farColumn] = [Math.min(bottom, rows - 1), Math.min(right, columns - 1)];
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} row @param {{ extend?: boolean }} [how] */
  selectRow(row, { extend = false } = {}) {
    const { columns } = this.size();
    this.apart = new Set();
    [this.row, this.column] = [extend ? this.row : row, 0];
    [this.farRow, this.farColumn] = [row, columns - 1];
    this.dispatchEvent(new Event("change"));
  }

  /** Selects a whole column, or, to `extend` the range, all up to it. @param {number} column @param {{ extend?: boolean }} [how] */
  selectColumn(column, { extend = false } = {}) {
    const { left, right } = this.range;
    const others = extend ? this.apart : [];
    this.#selectWhole(extend ? Math.min(left, column) : column, extend ? Math.max(right, column) : column);
    this.apart = new Set([...others, ...this.apart]);
    this.dispatchEvent(new Event("change"));
  }

  /** Adds a whole column to those that are selected, or takes it out; in the header the active cell stays. @param {number} column */
  toggleColumn(column) {
    const chosen = new Set(this.wholeColumns);
    if (!chosen.delete(column)) chosen.add(column);
    if (this.row !== HEADER && this.size().rows) {
      const last = chosen.has(column) ? column : [...chosen].at(-1);
      if (last === undefined) return this.move(0, column);
      this.#selectWhole(last, last);
      chosen.delete(last);
    }
    this.apart = chosen;
    this.dispatchEvent(new Event("change"));
  }

  /** Lets go of the columns that are selected apart from the range. */
  letGoOfColumns() {
    if (!this.apart.size) return;
    this.apart = new Set();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} left @param {number} right */
  #selectWhole(left, right) {
    const { rows } = this.size();
    const [top, bottom] = rows ? [0, rows - 1] : [HEADER, HEADER];
    [this.row, this.column, this.farRow, this.farColumn] = [top, left, bottom, right];
    this.apart = new Set(rows ? [] : this.#columnsOfRange); // without rows no range is a whole column
  }

  selectAll() {
    const { rows, columns } = this.size();
    if (!rows || !columns) return;
    this.apart = new Set();
    [this.row, this.column, this.farRow, this.farColumn] = [0, 0, rows - 1, columns - 1];
    this.dispatchEvent(new Event("change"));
  }

  /** Shows what a fill would cover. @param {Range | undefined} preview undefined ends it */
  previewFill(preview) {
    this.preview = preview;
    this.dispatchEvent(new Event("change"));
  }

  /** Moves back inside after rows or columns were removed. */
  clamp() {
    const { rows, columns } = this.size();
    this.apart = new Set([...this.apart].filter((column) => column < columns));
    const row = Math.min(this.row, rows - 1);
    const column = Math.min(this.column, columns - 1);
    if (row !== this.row || column !== this.column || this.range.bottom >= rows) this.move(row, Math.max(0, column));
  }

  /** @param {number} row @param {number} column */
  has(row, column) {
    return contains(this.range, row, column) || (row >= 0 && this.apart.has(column));
  }

  /** Says whether a range of several cells reaches into a row. @param {number} row */
  hasRow(row) {
    return !this.isSingle && row >= this.range.top && row <= this.range.bottom;
  }

  /** Says whether a range of several cells reaches into a column. @param {number} column */
  hasColumn(column) {
    if (this.apart.size && this.row === HEADER) return this.apart.has(column);
    return this.apart.has(column) || (!this.isSingle && column >= this.range.left && column <= this.range.right);
  }

  /** Names the edges of the range that a cell in it lies at: "at-top at-left". @param {number} row @param {number} column */
  edgesOf(row, column) {
    const whole = { top: 0, bottom: this.size().rows - 1, left: column, right: column };
    const { top, bottom, left, right } = this.apart.has(column) ? whole : this.range;
    const edges = {
      "at-top": row === top,
      "at-bottom": row === bottom,
      "at-left": column === left,
      "at-right": column === right,
    };
    return Object.entries(edges)
      .filter(([, is]) => is)
      .map(([edge]) => edge)
      .join(" ");
  }

  /** Says whether the cell has the corner that fills. @param {number} row @param {number} column */
  isCorner(row, column) {
    return !this.apart.size && row === this.range.bottom && column === this.range.right;
  }

  /** @param {number} row @param {number} column */
  willFill(row, column) {
    return this.preview !== undefined && contains(this.preview, row, column);
  }
}
