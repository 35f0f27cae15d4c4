/**
 * Hides columns and pins them to the left, as steps that Ctrl+Z takes back.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Column} Column
 * @typedef {Partial<Pick<Column, "hidden" | "pinned">>} Look
 */

import { reasonOf } from "../ui/api.js";
import { toast } from "../ui/notices.js";

/** @param {Grid} grid @param {Column} column @param {boolean} hidden */
export function setHidden(grid, column, hidden) {
  return look(grid, column, { hidden }, `${hidden ? "Hid" : "Showed"} ${column.name}`);
}

/** @param {Grid} grid @param {Column} column @param {boolean} pinned */
export function setPinned(grid, column, pinned) {
  return look(grid, column, { pinned }, `${pinned ? "Pinned" : "Unpinned"} ${column.name}`);
}

/** @param {Grid} grid @param {Column} column @param {Look} wanted @param {string} label */
async function look(grid, column, wanted, label) {
  const { hidden, pinned } = column;
  const undo = () => save(grid, column, { hidden, pinned });
  const redo = () => save(grid, column, wanted);
  const saving = redo();
  grid.history.add(saving.then((saved) => (saved ? { label, undo, redo } : undefined))); // before it shows: Ctrl+Z may be quick
  await saving;
}

/** @param {Grid} grid @param {Column} column @param {Look} wanted */
async function save(grid, column, wanted) {
  try {
    await grid.columns.save(column, wanted);
    return true;
  } catch (error) {
    toast(`“${column.name}” was not changed. ${reasonOf(error)}`);
    return false;
  }
}
