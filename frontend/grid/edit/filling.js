/**
 * Fills values into the cells next to them: by the corner of the selection, Ctrl+D and Ctrl+R.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Range} Range
 * @typedef {import("../types.d.ts").Row} Row
 * @typedef {import("../types.d.ts").Column} Column
 */

import { reasonOf } from "../../ui/api.js";
import { formatNumber } from "../../ui/format.js";
import { toast } from "../../ui/notices.js";
import { isComputed, plainText } from "../cells.js";
import { edit } from "./edits.js";
import { continueSeries } from "./series.js";

const FILLED_AT_ONCE = 50_000; // cells
const CORNER = 10; // px, a little more than is drawn

/** @param {PointerEvent} event @param {Grid} grid */
export function isOnCorner({ target, clientX, clientY }, grid) {
  const cell = /** @type {Element} */ (target).closest(".corner");
  if (!grid.canEdit || !cell) return false;
  const { right, bottom } = cell.getBoundingClientRect();
  return clientX > right - CORNER && clientY > bottom - CORNER;
}

/**
 * Stretches a range down or right to a cell, whichever is further.
 * @param {Range} from @param {{ row: number, column: number }} to @returns {Range}
 */
export function stretched(from, { row, column }) {
  const down = row - from.bottom;
  const right = column - from.right;
  if (down <= 0 && right <= 0) return from;
  return down >= right ? { ...from, bottom: row } : { ...from, right: column };
}

/** Copies the first row of the selection down; a single row gets the one above it. @param {Grid} grid */
export function fillDown(grid) {
  const { top, bottom, ...sides } = grid.selection.range;
  const first = top === bottom ? top - 1 : top;
  return first < 0 ? undefined : fill(grid, { ...sides, top: first, bottom: first }, { ...sides, top: first, bottom });
}

/** Copies the first column to the right; a single column gets the one on its left. @param {Grid} grid */
export function fillRight(grid) {
  const { left, right, ...ends } = grid.selection.range;
  const first = left === right ? left - 1 : left;
  return first < 0 ? undefined : fill(grid, { ...ends, left: first, right: first }, { ...ends, left: first, right });
}

/** Fills the cells of `to` that `from` does not have. @param {Grid} grid @param {Range} from @param {Range} to */
export async function fill(grid, from, to) {
  if (!grid.canEdit || from.top < 0) return;
  const filled = (to.bottom - to.top + 1) * (to.right - to.left + 1);
  if (filled > FILLED_AT_ONCE) return toast(`Fill at most ${formatNumber(FILLED_AT_ONCE)} cells at once.`);
  try {
    const rows = await grid.rows.range(to.top, to.bottom);
    const columns = grid.columns.list.slice(to.left, to.right + 1);
    const changes = to.bottom > from.bottom ? changesDown(rows, columns, from) : changesRight(rows, columns, from);
    if (!changes.length) return toast("You can't type over results. Choose cells that hold typed values.");
    await edit(grid, changes, `fill of ${changes.length === 1 ? "a cell" : `${formatNumber(changes.length)} cells`}`);
  } catch (error) {
    toast(`Not filled. ${reasonOf(error)}`);
  }
}

/** @param {Row} row @param {Column} column @param {string} after */
function changeOf(row, column, after) {
  return { rowId: row.id, columnId: column.id, before: row.cells[column.id]?.value, after };
}

/** @param {Row[]} rows @param {Column[]} columns @param {Range} from */
function changesDown(rows, columns, { top, bottom }) {
  const count = bottom - top + 1;
  return columns
    .filter((column) => !isComputed(column))
    .flatMap((column) => {
      const next = continueSeries(rows.slice(0, count).map((row) => plainText(row.cells[column.id]?.value)));
      return rows.slice(count).map((row, i) => changeOf(row, column, next(count + i)));
    });
}

/** @param {Row[]} rows @param {Column[]} columns @param {Range} from */
function changesRight(rows, columns, { left, right }) {
  const count = right - left + 1;
  return rows.flatMap((row) => {
    const next = continueSeries(columns.slice(0, count).map((column) => plainText(row.cells[column.id]?.value)));
    const places = columns.slice(count).map((column, i) => ({ column, after: next(count + i) }));
    return places.filter(({ column }) => !isComputed(column)).map(({ column, after }) => changeOf(row, column, after));
  });
}
