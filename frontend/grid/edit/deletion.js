/**
 * Deletes rows into the trash, from where undo brings them back; before many are deleted, the user is asked.
 *
 * @typedef {import("../history.js").Step} Step
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {{ ids: number[] } | { all_but: number[] }} RowScope
 */

import { api, reasonOf } from "../../ui/api.js";
import { ask } from "../../ui/ask.js";
import { plural } from "../../ui/format.js";
import { showNotice, toast } from "../../ui/notices.js";
import { removeRows } from "./edits.js";

const UNASKED = 1_000; // rows that are deleted without a question
const QUICK = 10_000; // rows; more take seconds, so a notice says what goes on

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
  if (count > UNASKED && !(await isSure(count))) return;
  const words = plural(count, "row");
  const waiting = count > QUICK ? showNotice(`Deleting ${words}…`, { stays: true }) : undefined;
  try {
    let keys = await remove(grid, scope);
    const undo = async () => {
      await restoreRows(grid, keys);
      return true;
    };
    const redo = async () => {
      keys = await remove(grid, scope);
      return true;
    };
    const step = { label: `deletion of ${words}`, undo, redo };
    grid.history.add(Promise.resolve(step));
    toast(`Deleted ${words}.`, { undo: () => void undoStep(grid, step) });
    grid.selectedRows.clear();
    grid.sheet.focus({ preventScroll: true });
  } catch (error) {
    toast(`Not all rows were deleted. ${reasonOf(error)}`);
  } finally {
    waiting?.remove();
  }
}

/** @param {number} count */
const isSure = (count) =>
  ask({
    title: `Delete ${plural(count, "row")}?`,
    text: "Their values and results go to the trash, where you can restore them for 30 days.",
    confirm: `Delete ${plural(count, "row")}`,
    danger: true,
  });

/** Undoes a deletion, or what else deleted rows. @param {Grid} grid @param {Step} step */
export async function undoStep(grid, step) {
  grid.sheet.focus({ preventScroll: true });
  try {
    await grid.history.undo(step);
  } catch (error) {
    toast(`The rows weren't restored. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {RowScope} scope @returns {Promise<string[]>} the keys that restore the rows */
const remove = (grid, scope) => ("ids" in scope ? removeRows(grid, scope.ids) : removeAllBut(grid, scope.all_but));

/** @param {Grid} grid @param {number[]} exceptions */
async function removeAllBut(grid, exceptions) {
  const before = grid.rows.tableTotal;
  const { deleted, undo } = await api("DELETE", `/tables/${grid.table.id}/rows`, { all_but: exceptions });
  grid.rows.resized(Math.min(grid.rows.tableTotal, before - deleted));
  return undo ? [undo] : [];
}

/** Restores rows from the trash. @param {Grid} grid @param {string[]} keys that deleting them returned */
export async function restoreRows(grid, keys) {
  for (const key of keys) {
    const before = grid.rows.tableTotal;
    const { restored } = await api("POST", `/tables/${grid.table.id}/rows/restore`, { undo: key });
    grid.rows.resized(Math.max(grid.rows.tableTotal, before + restored));
  }
  if (grid.rows.view) await grid.view.refresh();
}
