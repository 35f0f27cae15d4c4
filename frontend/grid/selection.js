/**
 * The active cell and the range around it, stored as two corners, so that "everything" costs as much as one cell.
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
  row = 0;
  column = 0;
  #anchorRow = 0;
  #anchorColumn = 0;
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
      top: Math.min(this.row, this.#anchorRow),
      bottom: Math.max(this.row, this.#anchorRow),
      left: Math.min(this.column, this.#anchorColumn),
      right: Math.max(this.column, this.#anchorColumn),
    };
  }

  get isSingle() {
    return this.row === this.#anchorRow && this.column === this.#anchorColumn;
  }

  /** Makes a cell the active one. @param {number} row @param {number} column @param {{ extend?: boolean }} [how] */
  move(row, column, { extend = false } = {}) {
    const { rows, columns } = this.size();
    this.row = Math.min(Math.max(extend ? 0 : HEADER, row), rows - 1);
    this.column = Math.min(Math.max(0, column), columns - 1);
    if (!extend) [this.#anchorRow, this.#anchorColumn] = [this.row, this.column];
    this.dispatchEvent(new Event("change"));
  }

  /** Selects a range; what is outside the table is left out. @param {Range} range */
  select({ top, bottom, left, right }) {
    const { rows, columns } = this.size();
    [this.row, this.column] = [Math.max(0, top), Math.max(0, left)];
    [this.#anchorRow, this.#anchorColumn] = [Math.min(bottom, rows - 1), Math.min(right, columns - 1)];
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} row @param {{ extend?: boolean }} [how] */
  selectRow(row, { extend = false } = {}) {
    const first = extend ? this.#anchorRow : row;
    const { columns } = this.size();
    [this.#anchorRow, this.#anchorColumn] = [first, columns - 1];
    [this.row, this.column] = [row, 0];
    this.dispatchEvent(new Event("change"));
  }

  selectAll() {
    const { rows, columns } = this.size();
    if (!rows || !columns) return;
    [this.row, this.column, this.#anchorRow, this.#anchorColumn] = [0, 0, rows - 1, columns - 1];
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
    const row = Math.min(this.row, rows - 1);
    const column = Math.min(this.column, columns - 1);
    if (row !== this.row || column !== this.column || this.range.bottom >= rows) this.move(row, Math.max(0, column));
  }

  /** @param {number} row @param {number} column */
  has(row, column) {
    return contains(this.range, row, column);
  }

  /** Says whether the cell has the corner that fills. @param {number} row @param {number} column */
  isCorner(row, column) {
    return row === this.range.bottom && column === this.range.right;
  }

  /** @param {number} row @param {number} column */
  willFill(row, column) {
    return this.preview !== undefined && contains(this.preview, row, column);
  }
}
