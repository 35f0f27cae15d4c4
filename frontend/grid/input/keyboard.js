/**
 * The keys of the grid, as in a spreadsheet.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../edit/editing.js").Editing} Editing
 */

import { reasonOf } from "../../ui/api.js";
import { toast } from "../../ui/notices.js";
import { clearCells } from "../edit/clearing.js";
import { fillDown, fillRight } from "../edit/filling.js";
import { HEADER } from "../selection.js";

const HEADER_STEP = 16; // px of Alt+arrow

/**
 * @param {Grid} grid @param {Editing} editing
 * @param {{ openMenu: (column: number) => void, rename: (column: number) => void, resize: (column: number, by: number) => void,
 *   shift: (column: number, by: number) => void }} header
 */
export function listenToKeys(grid, editing, header) {
  grid.sheet.addEventListener("keydown", (event) => {
    if (event.target !== grid.sheet || event.isComposing) return;
    const handled = grid.selection.row === HEADER ? headerKey(event, grid, header) : bodyKey(event, grid, editing);
    if (handled || move(event, grid)) event.preventDefault();
  });
}

/** @param {KeyboardEvent} event @param {Grid} grid @param {Parameters<typeof listenToKeys>[2]} header */
function headerKey(event, { selection }, header) {
  const { column } = selection;
  if (event.key === "Enter" || event.key === " " || (event.altKey && event.key === "ArrowDown"))
    header.openMenu(column);
  else if (event.key === "F2") header.rename(column);
  else if (event.altKey && event.shiftKey && event.key === "ArrowLeft") header.shift(column, -1);
  else if (event.altKey && event.shiftKey && event.key === "ArrowRight") header.shift(column, 1);
  else if (event.altKey && event.key === "ArrowLeft") header.resize(column, -HEADER_STEP);
  else if (event.altKey && event.key === "ArrowRight") header.resize(column, HEADER_STEP);
  else return false;
  return true;
}

/** @param {KeyboardEvent} event @param {Grid} grid @param {Editing} editing */
function bodyKey(event, grid, editing) {
  const { key } = event;
  const command = event.ctrlKey || event.metaKey;
  if (command) return commandKey(event, grid);
  if (event.altKey) return false;
  if (key === "Enter" || key === "F2") editing.open();
  else if (key === " " && event.shiftKey)
    void grid.selectedRows.select(grid.selection.range.top, grid.selection.range.bottom);
  else if (key === " ")
    grid.columns.list[grid.selection.column]?.type === "checkbox" ? editing.toggle() : editing.open();
  else if (key === "Delete" || key === "Backspace") void clearCells(grid);
  else if (key === "Escape") clearSelection(grid);
  else if (key.length === 1 || key === "Process") {
    editing.open({ typed: true });
    return false; // the character goes into the editor, which now has the focus
  } else return false;
  return true;
}

/** Clears the range first, then the selected rows. @param {Grid} grid */
function clearSelection({ selection, selectedRows, rows }) {
  rows.setRefusals([]);
  if (selection.isSingle) selectedRows.clear();
  else selection.move(selection.row, selection.column);
}

/** @param {KeyboardEvent} event @param {Grid} grid */
function commandKey(event, grid) {
  const key = event.key.toLowerCase();
  if (key === "a") grid.selection.selectAll();
  else if ((key === "z" && event.shiftKey) || key === "y") void undoOrRedo(grid, "redo");
  else if (key === "z") void undoOrRedo(grid, "undo");
  else if (event.shiftKey) return false;
  else if (key === "d") void fillDown(grid);
  else if (key === "r") void fillRight(grid);
  else return false;
  return true;
}

/** @param {Grid} grid @param {"undo" | "redo"} way */
async function undoOrRedo(grid, way) {
  try {
    const step = await grid.history[way]();
    if (step) toast(`${way === "undo" ? "Undone" : "Redone"}: ${step.label}.`);
  } catch (error) {
    toast(`${way === "undo" ? "Not undone" : "Not redone"}. ${reasonOf(error)}`);
  }
}

/** @param {KeyboardEvent} event @param {Grid} grid */
function move(event, { selection, rows, columns, viewport }) {
  const command = event.ctrlKey || event.metaKey;
  const to = destination(event.key, command, event.shiftKey, {
    selection,
    last: rows.total - 1,
    end: columns.count - 1,
    page: viewport.page,
  });
  if (!to || !columns.count) return false;
  const [row, column] = to;
  // At an edge Tab leaves the grid, so that keyboard users are not trapped in it.
  if (event.key === "Tab" && column === selection.column && row === selection.row) return false;
  selection.move(row, column, { extend: event.shiftKey && event.key !== "Tab" });
  viewport.reveal(selection.row, selection.column);
  return true;
}

/**
 * @param {string} key @param {boolean} command @param {boolean} shift
 * @param {{ selection: import("../selection.js").Selection, last: number, end: number, page: number }} around
 * @returns {[number, number] | undefined} row and column to go to
 */
function destination(key, command, shift, { selection: { row, column }, last, end, page }) {
  switch (key) {
    case "ArrowUp":
      return [command ? 0 : row - 1, column];
    case "ArrowDown":
      return [command ? last : row + 1, column];
    case "ArrowLeft":
      return [row, command ? 0 : column - 1];
    case "ArrowRight":
      return [row, command ? end : column + 1];
    case "PageUp":
      return [Math.max(0, row - page), column];
    case "PageDown":
      return [row + page, column];
    case "Home":
      return [command ? 0 : row, 0];
    case "End":
      return [command ? last : row, end];
    case "Tab":
      return nextByTab(shift, row, column, last, end);
    default:
      return undefined;
  }
}

/** @param {boolean} back @param {number} row @param {number} column @param {number} last @param {number} end @returns {[number, number]} */
function nextByTab(back, row, column, last, end) {
  if (back) return column > 0 ? [row, column - 1] : row > 0 ? [row - 1, end] : [row, column];
  return column < end ? [row, column + 1] : row < last && row !== HEADER ? [row + 1, 0] : [row, column];
}
