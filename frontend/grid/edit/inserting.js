/**
 * Puts rows into the table: empty ones above or below another, and copies of what was typed into others.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Row} Row
 */

import { api, reasonOf } from "../../ui/api.js";
import { plural } from "../../ui/format.js";
import { toast } from "../../ui/notices.js";
import { isComputed } from "../cells.js";
import { keyOf, PLAIN_TYPES } from "../columns.js";
import { ofNewRows, undoStep } from "./deletion.js";

const MOST_COPIED = 10_000; // rows, as many as the API takes in one call

/** @typedef {Record<string, unknown>} Values by column */

/** Appends an empty row and goes to it. @param {Grid} grid */
export async function addRow(grid) {
  try {
    const ids = await appendRow(grid);
    grid.history.add(Promise.resolve({ label: "new row", ...ofNewRows(grid, ids) }));
    grid.selection.move(grid.rows.total - 1, Math.max(0, firstTyped(grid)));
    grid.viewport.reveal(grid.selection.row, grid.selection.column);
    grid.sheet.focus({ preventScroll: true });
  } catch (error) {
    toast(`No row was added. ${reasonOf(error)}`);
  }
}

/** Appends an empty row, to be typed into. @param {Grid} grid @returns {Promise<number[]>} its id */
async function appendRow(grid) {
  const { total, tableTotal, view } = grid.rows;
  const { ids } = await api("POST", `/tables/${grid.table.id}/rows`, { rows: [{}], view, typing: true });
  for (const id of ids) grid.openRows.add(id);
  grid.rows.appended(ids, total, tableTotal);
  return ids;
}

/** @param {Grid} grid */
const firstTyped = (grid) => grid.columns.list.findIndex(({ type }) => PLAIN_TYPES.includes(type));

/** Says whether rows can be put between others: a view has an order of its own. @param {Grid} grid */
export const canInsert = ({ canEdit, rows }) => canEdit && !rows.view;

/** Inserts empty rows, as many as the selection has. @param {Grid} grid @param {"above" | "below"} side */
export async function insertRows(grid, side) {
  const { top, bottom, left } = grid.selection.range;
  const count = bottom - top + 1;
  if (count > MOST_COPIED) return toast(`Insert at most ${plural(MOST_COPIED, "row")} at once.`);
  const at = side === "above" ? top : bottom + 1;
  const empty = Array.from({ length: count }, () => ({}));
  if (await insertAsStep(grid, empty, at, `insertion of ${plural(count, "row")}`)) {
    grid.selection.select({ top: at, bottom: at + count - 1, left, right: left });
    grid.viewport.reveal(at, left);
  }
}

/** Copies what was typed into rows, below the last of them; results are not copied. @param {Grid} grid @param {number} first @param {number} last @param {(row: Row) => boolean} isChosen */
export async function duplicateRows(grid, first, last, isChosen) {
  if (last - first >= MOST_COPIED) return toast(`Duplicate at most ${plural(MOST_COPIED, "row")} at once.`);
  try {
    const copied = (await grid.rows.range(first, last)).filter(isChosen).map((row) => typedValues(grid, row));
    const words = plural(copied.length, "row");
    const step = await insertAsStep(grid, copied, last + 1, `duplication of ${words}`);
    if (step) toast(`Duplicated ${words}, without results.`, { undo: () => void undoStep(grid, step) });
  } catch (error) {
    toast(`No row was duplicated. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {Row} row @returns {Values} */
function typedValues({ columns }, { cells }) {
  const typed = columns.all.filter((column) => !isComputed(column));
  return Object.fromEntries(typed.map(({ id }) => [keyOf(id), cells[id]?.value ?? null]));
}

/** @param {Grid} grid @param {Values[]} values @param {number} at the index of the first one @param {string} label */
async function insertAsStep(grid, values, at, label) {
  try {
    const [next] = grid.rows.view || at >= grid.rows.total ? [] : await grid.rows.range(at, at);
    const step = { label, ...ofNewRows(grid, await insert(grid, values, next?.id ?? null)) };
    grid.history.add(Promise.resolve(step));
    grid.sheet.focus({ preventScroll: true });
    return step;
  } catch (error) {
    toast(`No row was added. ${reasonOf(error)}`);
    return undefined;
  }
}

/** @param {Grid} grid @param {Values[]} values @param {number | null} before the row that they are put before; null: at the end @returns {Promise<number[]>} */
async function insert({ table, rows }, values, before) {
  const { total, tableTotal, view } = rows;
  /** @type {{ ids: number[] }} */
  const { ids } = await api("POST", `/tables/${table.id}/rows`, { rows: values, before, view });
  if (before === null) rows.appended(ids, total, tableTotal);
  else rows.resized(Math.max(rows.tableTotal, tableTotal + ids.length)); // the live event may have arrived first
  return ids;
}
