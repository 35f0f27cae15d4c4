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
import { moveRowsBy } from "../edit/moving.js";
import { HEADER } from "../selection.js";
import { openRecord } from "../signals.js";
import { edgeAcross, edgeDown } from "./edges.js";

const HEADER_STEP = 16; // px of Alt+arrow

/**
 * @param {Grid} grid @param {Editing} editing
 * @param {{ openMenu: (column: number) => void, rename: (column: number) => void, resize: (column: number, by: number) => void,
 *   shift: (column: number, by: number) => void }} header
 */
export function listenToKeys(grid, editing, header) {
  grid.sheet.addEventListener("keydown", (event) => {
    if (event.target !== grid.sheet || event.isComposing) return;
    const isHead = grid.selection.row === HEADER;
    const handled = undoKey(event, grid) || (isHead ? headerKey(event, grid, header) : bodyKey(event, grid, editing));
    if (handled || moveToEdge(event, grid) || move(event, grid)) event.preventDefault();
  });
}

/** @param {KeyboardEvent} event @param {Grid} grid @param {Parameters<typeof listenToKeys>[2]} header */
function headerKey(event, { selection }, header) {
  const { column } = selection;
  if (event.key === " " && (event.ctrlKey || event.metaKey)) selection.toggleColumn(column);
  else if (event.key === "Escape") selection.letGoOfColumns();
  else if (event.key === "Enter" || event.key === " " || (event.altKey && event.key === "ArrowDown"))
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
  if (event.altKey && !event.shiftKey && (key === "ArrowUp" || key === "ArrowDown")) {
    void moveRowsBy(grid, key === "ArrowUp" ? -1 : 1);
    return true;
  }
  if (event.altKey) return false;
  if (key === "Enter" && event.shiftKey) openRecord(grid.selection.row);
  else if (key === "Enter" || key === "F2") editing.open();
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
  else if (event.shiftKey) return false;
  else if (key === "d") void fillDown(grid);
  else if (key === "r") void fillRight(grid);
  else return false;
  return true;
}

/** @param {KeyboardEvent} event @param {Grid} grid */
function undoKey(event, grid) {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || (key !== "z" && key !== "y")) return false;
  void undoOrRedo(grid, key === "y" || event.shiftKey ? "redo" : "undo");
  return true;
}

/** @param {Grid} grid @param {"undo" | "redo"} way */
export async function undoOrRedo(grid, way) {
  try {
    const step = await grid.history[way]();
    if (step) toast(`${way === "undo" ? "Undone" : "Redone"}: ${step.label}.`);
  } catch (error) {
    toast(`${way === "undo" ? "Not undone" : "Not redone"}. ${reasonOf(error)}`);
  }
}

/** Ctrl and an arrow, in the cells. @param {KeyboardEvent} event @param {Grid} grid */
function moveToEdge(event, grid) {
  const { selection, columns } = grid;
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (!command || !(event.key in EDGES) || selection.row === HEADER || !columns.count) return false;
  const [down, right] = EDGES[event.key];
  const from = event.shiftKey ? { row: selection.farRow, column: selection.farColumn } : selection;
  const go = (/** @type {number} */ row, /** @type {number} */ column) => {
    selection.move(row, column, { extend: event.shiftKey });
    grid.viewport.reveal(selection.farRow, selection.farColumn);
  };
  const { row, column } = from;
  if (right) go(row, edgeAcross(grid, { row, column }, right));
  else
    void edgeDown(grid, { row, column }, down).then(
      (edge) => go(edge, column),
      () => {},
    ); // without the server it stays
  return true;
}

/** Rows down and columns right. @type {Record<string, [1 | -1, 0] | [0, 1 | -1]>} */
const EDGES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** @param {KeyboardEvent} event @param {Grid} grid */
function move(event, { selection, rows, columns, viewport }) {
  const command = event.ctrlKey || event.metaKey;
  const extend = event.shiftKey && event.key !== "Tab";
  const to = destination(event.key, command, event.shiftKey, {
    from: extend ? { row: selection.farRow, column: selection.farColumn } : selection,
    last: rows.total - 1,
    end: columns.count - 1,
    page: viewport.page,
  });
  if (!to || !columns.count) return false;
  const [row, column] = to;
  // At an edge Tab leaves the grid, so that keyboard users are not trapped in it.
  if (event.key === "Tab" && column === selection.column && row === selection.row) return false;
  selection.move(row, column, { extend });
  viewport.reveal(selection.farRow, selection.farColumn);
  return true;
}

/**
 * @param {string} key @param {boolean} command @param {boolean} shift
 * @param {{ from: { row: number, column: number }, last: number, end: number, page: number }} around
 * @returns {[number, number] | undefined} row and column to go to
 */
function destination(key, command, shift, { from: { row, column }, last, end, page }) {
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
