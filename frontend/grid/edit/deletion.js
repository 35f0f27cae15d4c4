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
import { deletedWords, followMove, leftWords } from "../../ui/moving-rows.js";
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
  const waiting = count > QUICK && "ids" in scope ? showNotice(`Deleting ${words}…`, { stays: true }) : undefined;
  try {
    let removed = await remove(grid, scope);
    const undo = async () => {
      await restoreRows(grid, removed.keys);
      return true;
    };
    const redo = async () => {
      removed = await remove(grid, scope);
      if (removed.words) toast(removed.words);
      return true;
    };
    const step = { label: `deletion of ${words}`, undo, redo };
    if (removed.keys.length) grid.history.add(Promise.resolve(step));
    const offer = removed.keys.length ? { undo: () => void undoStep(grid, step) } : {};
    toast(removed.words || `Deleted ${words}.`, offer);
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

/**
 * @typedef {{ keys: string[], words?: string }} Removed the keys that restore rows, and what to say where it was cancelled
 * @param {Grid} grid @param {RowScope} scope @returns {Promise<Removed>}
 */
const remove = async (grid, scope) =>
  "ids" in scope ? { keys: await removeRows(grid, scope.ids) } : removeAllBut(grid, scope.all_but);

/** @param {Grid} grid @param {number[]} exceptions @returns {Promise<Removed>} */
async function removeAllBut(grid, exceptions) {
  const before = grid.rows.tableTotal;
  const { deleted, undo, state } = await api("DELETE", `/tables/${grid.table.id}/rows`, { all_but: exceptions });
  const moved = state ? await followMove(undo) : undefined;
  if (moved === undefined) grid.rows.resized(Math.min(grid.rows.tableTotal, before - deleted));
  else if (!moved?.rows || moved.stopped)
    return { keys: moved?.rows ? [undo] : [], words: deletedWords(moved, deleted) };
  return { keys: undo ? [undo] : [] };
}

/** How rows that were added here are undone and redone: by the trash, so that later steps find them again. @param {Grid} grid @param {number[]} ids */
export function ofNewRows(grid, ids) {
  /** @type {string[]} */
  let keys = [];
  const undo = async () => {
    keys = await removeRows(grid, ids);
    return true;
  };
  const redo = async () => {
    await restoreRows(grid, keys);
    return true;
  };
  return { undo, redo };
}

/** Restores rows from the trash. @param {Grid} grid @param {string[]} keys that deleting them returned */
export async function restoreRows(grid, keys) {
  for (const key of keys) {
    const before = grid.rows.tableTotal;
    const { restored, state } = await api("POST", `/tables/${grid.table.id}/rows/restore`, { undo: key });
    if (!state) grid.rows.resized(Math.max(grid.rows.tableTotal, before + restored));
    else {
      const words = leftWords(await followMove(key));
      if (words) toast(words, { action: { label: "Open trash", run: () => location.assign("/trash") } });
    }
  }
  if (grid.rows.view) await grid.view.refresh();
}
