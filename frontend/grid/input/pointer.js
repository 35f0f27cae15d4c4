/**
 * Mouse, pen and touch on the cells: selects, drags a range, fills, opens, ticks.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../edit/editing.js").Editing} Editing
 */

import { fill, isOnCorner, stretched } from "../edit/filling.js";
import { openRecord } from "../signals.js";
import { drag } from "./drag.js";
import { dragRow } from "./row-drag.js";

/** @param {Grid} grid @param {Editing} editing @param {HTMLElement} body */
export function listenToPointer(grid, editing, body) {
  body.addEventListener("pointerdown", (event) => press(event, grid, editing));
  body.addEventListener("dblclick", (event) => {
    const at = grid.viewport.cellOf(event);
    if (at && at.column >= 0 && !isEditor(event)) editing.open();
  });
  body.addEventListener("click", (event) => pick(event, grid));
  body.addEventListener("change", (event) => {
    const at = grid.viewport.cellOf(event);
    if (!at || at.column < 0 || isEditor(event)) return;
    grid.selection.move(at.row, at.column);
    grid.sheet.focus({ preventScroll: true });
    editing.toggle();
  });
}

/** @param {Event} event */
const isEditor = (event) => /** @type {Element} */ (event.target).closest(".editor") !== null;

/** @param {Event} event */
const isOpener = (event) => /** @type {Element} */ (event.target).closest(".open-record") !== null;

/** Ticks the checkbox of a row, or opens the row. @param {MouseEvent} event @param {Grid} grid */
function pick(event, grid) {
  const at = grid.viewport.cellOf(event);
  if (!at) return;
  if (isOpener(event)) openRecord(at.row);
  if (!(/** @type {Element} */ (event.target).closest(".pick"))) return;
  if (event.shiftKey) void grid.selectedRows.extend(at.row);
  else grid.selectedRows.toggle(at.row);
}

/** @param {PointerEvent} event @param {Grid} grid @param {Editing} editing */
function press(event, grid, editing) {
  const at = grid.viewport.cellOf(event);
  if (!at || isEditor(event) || isOpener(event) || event.button !== 0) return;
  editing.finish();
  const box = /** @type {Element} */ (event.target).closest("input[type=checkbox]");
  if (!box) event.preventDefault();
  grid.sheet.focus({ preventScroll: true });
  if (/** @type {Element} */ (event.target).closest(".move-row")) dragRow(event, grid, at.row);
  else if (box?.matches(".pick")) dragRows(event, grid, at.row);
  else if (at.column < 0) pressNumber(event, grid, at.row);
  else if (!box && isOnCorner(event, grid)) dragCorner(event, grid);
  else pressCell(event, grid, at, box !== null);
}

/** @param {PointerEvent} event @param {Grid} grid @param {{ row: number, column: number }} at @param {boolean} onBox */
function pressCell(event, { selection, viewport }, at, onBox) {
  selection.move(at.row, at.column, { extend: event.shiftKey });
  if (onBox) return;
  drag(event, viewport, ({ row, column }) => {
    if (row !== selection.farRow || column !== selection.farColumn) selection.move(row, column, { extend: true });
  });
}

/**
 * Selects a row alone; with Shift all rows up to it, with Ctrl in addition to the others.
 * @param {PointerEvent} event @param {Grid} grid @param {number} row
 */
function pressNumber(event, grid, row) {
  const { selection, selectedRows } = grid;
  if (event.ctrlKey || event.metaKey) return selectedRows.toggle(row);
  selection.selectRow(row, { extend: event.shiftKey });
  void selectedRows.select(selection.range.top, selection.range.bottom);
  dragRows(event, grid, row);
}

/**
 * Selects the rows from the one where the pointer is pressed to the one where it is released, unless it is the same.
 * @param {PointerEvent} event @param {Grid} grid @param {number} row
 */
function dragRows(event, { selection, viewport, selectedRows }, row) {
  let moved = false;
  /** @param {{ row: number }} near */
  const over = (near) => {
    if (!moved && near.row === row) return;
    if (!moved) selection.selectRow(row);
    moved = true;
    if (near.row !== selection.farRow) selection.selectRow(near.row, { extend: true });
  };
  drag(event, viewport, over, () => moved && void selectedRows.select(selection.range.top, selection.range.bottom));
}

/** @param {PointerEvent} event @param {Grid} grid */
function dragCorner(event, grid) {
  const { selection, viewport } = grid;
  const from = selection.range;
  const end = () => {
    const to = selection.preview;
    selection.previewFill(undefined);
    if (!to || (to.bottom === from.bottom && to.right === from.right)) return;
    selection.select(to);
    void fill(grid, from, to);
  };
  drag(
    event,
    viewport,
    (near) => selection.previewFill(stretched(from, near)),
    end,
    () => selection.previewFill(undefined),
  );
}
