/**
 * Hides columns and pins them to the left, as steps that Ctrl+Z undoes.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Column} Column
 * @typedef {Partial<Pick<Column, "hidden" | "pinned">>} Display
 */

import { reasonOf } from "../ui/api.js";
import { toast } from "../ui/notices.js";

/** @param {Grid} grid @param {Column} column @param {boolean} hidden */
export function setHidden(grid, column, hidden) {
  return changeDisplay(grid, column, { hidden }, `${hidden ? "hiding" : "showing"} ${column.name}`);
}

/** @param {Grid} grid @param {Column} column @param {boolean} pinned */
export function setPinned(grid, column, pinned) {
  return changeDisplay(grid, column, { pinned }, `${pinned ? "pinning" : "unpinning"} ${column.name}`);
}

/** @param {Grid} grid @param {Column} column @param {Display} display @param {string} label */
async function changeDisplay(grid, column, display, label) {
  const { hidden, pinned } = column;
  const undo = () => save(grid, column, { hidden, pinned });
  const redo = () => save(grid, column, display);
  const saving = redo();
  grid.history.add(saving.then((saved) => (saved ? { label, undo, redo } : undefined))); // at once: Ctrl+Z may come before it is saved
  await saving;
}

/** @param {Grid} grid @param {Column} column @param {Display} display */
async function save(grid, column, display) {
  try {
    await grid.columns.save(column, display);
    return true;
  } catch (error) {
    toast(`“${column.name}” was not changed. ${reasonOf(error)}`);
    return false;
  }
}
