/**
 * Deletes rows. A few can be restored with their results; before many are deleted, the user is asked.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {{ ids: number[] } | { all_but: number[] }} RowScope
 */

import { ApiError, api, reasonOf } from "../../ui/api.js";
import { ask } from "../../ui/ask.js";
import { plural } from "../../ui/format.js";
import { toast } from "../../ui/notices.js";
import { removeRows } from "./edits.js";

const MOST_RESTORABLE = 1_000; // rows; as many as the server keeps

/** Deletes the rows that the cells of the selection are in. @param {Grid} grid */
export async function deleteSelected(grid) {
  const { top, bottom } = grid.selection.range;
  const count = bottom - top + 1;
  if (count === grid.rows.tableTotal && !grid.rows.view) return deleteRows(grid, { all_but: [] }, count);
  try {
    const rows = await grid.rows.range(top, bottom);
    await deleteRows(grid, { ids: rows.map((row) => row.id) }, count);
  } catch (error) {
    toast(`Nothing was deleted. ${reasonOf(error)}`);
  }
}

/** Deletes rows. @param {Grid} grid @param {RowScope} scope @param {number} count */
export async function deleteRows(grid, scope, count) {
  try {
    const done = "ids" in scope && count <= MOST_RESTORABLE && (await deleteWithUndo(grid, scope.ids));
    if (!done && !(await deleteForGood(grid, scope, count))) return;
    grid.selectedRows.clear();
    grid.sheet.focus({ preventScroll: true });
  } catch (error) {
    toast(`Not all rows were deleted. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {number[]} ids @returns {Promise<boolean>} false if the server cannot keep them */
async function deleteWithUndo(grid, ids) {
  let key = await removeRestorably(grid, ids);
  if (!key) return false;
  const label = `deletion of ${plural(ids.length, "row")}`;
  const undo = async () => {
    await restoreRows(grid, key);
    return true;
  };
  const redo = async () => {
    key = await removeRestorably(grid, ids);
    return Boolean(key);
  };
  grid.history.add(Promise.resolve({ label, undo, redo }));
  toast(`Deleted ${plural(ids.length, "row")}.`, { undo: () => void undoLast(grid) });
  return true;
}

/** @param {Grid} grid */
export async function undoLast(grid) {
  grid.sheet.focus({ preventScroll: true });
  try {
    await grid.history.undo();
  } catch (error) {
    toast(`The rows weren't restored. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {number[]} ids @returns {Promise<string>} the key that restores them; empty if the server cannot keep them */
async function removeRestorably(grid, ids) {
  try {
    const { total, tableTotal, view } = grid.rows;
    const { deleted, undo } = await api("DELETE", `/tables/${grid.table.id}/rows`, { ids, undo: true, view });
    grid.rows.removed(deleted, tableTotal, total);
    return undo;
  } catch (error) {
    if (error instanceof ApiError && error.code === "not_kept") return "";
    throw error;
  }
}

/** @param {Grid} grid @param {string} key */
export async function restoreRows(grid, key) {
  const before = grid.rows.tableTotal;
  const { restored } = await api("POST", `/tables/${grid.table.id}/rows/restore`, { undo: key });
  grid.rows.resized(Math.max(grid.rows.tableTotal, before + restored));
  if (grid.rows.view) await grid.view.refresh();
}

/** @param {Grid} grid @param {RowScope} scope @param {number} count */
async function deleteForGood(grid, scope, count) {
  const sure = await ask({
    title: `Delete ${plural(count, "row")}?`,
    text: "This deletes their values and results, and can't be undone.",
    confirm: `Delete ${plural(count, "row")}`,
    danger: true,
  });
  if (!sure) return false;
  if ("ids" in scope) await removeRows(grid, scope.ids);
  else await removeAllBut(grid, scope.all_but);
  toast(`Deleted ${plural(count, "row")}.`);
  return true;
}

/** @param {Grid} grid @param {number[]} exceptions */
async function removeAllBut(grid, exceptions) {
  const before = grid.rows.tableTotal;
  const { deleted } = await api("DELETE", `/tables/${grid.table.id}/rows`, { all_but: exceptions });
  grid.rows.resized(Math.min(grid.rows.tableTotal, before - deleted));
}
