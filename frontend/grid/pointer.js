/**
 * Mouse, pen and touch on the cells: choose, drag a range, open, tick.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./editing.js").Editing} Editing
 */
import { deleteRows } from "./edits.js";
import { openMenu } from "./menu.js";
import { startRun } from "./run-menu.js";

const EDGE = 24; // px from the border where dragging scrolls
const STEP = 16; // px a frame, at least

/** @param {Grid} grid @param {Editing} editing @param {HTMLElement} body */
export function listenToPointer(grid, editing, body) {
  body.addEventListener("pointerdown", (event) => press(event, grid, editing));
  body.addEventListener("dblclick", (event) => {
    const at = grid.viewport.cellOf(event);
    if (at && at.column >= 0 && !isEditor(event)) editing.open();
  });
  grid.sheet.addEventListener("contextmenu", (event) => contextMenu(event, grid));
  body.addEventListener("change", (event) => {
    const at = grid.viewport.cellOf(event);
    if (!at || isEditor(event)) return;
    grid.selection.move(at.row, at.column);
    grid.sheet.focus({ preventScroll: true });
    editing.toggle();
  });
}

/** @param {Event} event */
const isEditor = (event) => /** @type {Element} */ (event.target).closest(".editor") !== null;

/** @param {PointerEvent} event @param {Grid} grid @param {Editing} editing */
function press(event, grid, editing) {
  const at = grid.viewport.cellOf(event);
  if (!at || isEditor(event) || event.button !== 0) return;
  editing.finish();
  const box = /** @type {Element} */ (event.target).closest("input[type=checkbox]");
  if (!box) event.preventDefault();
  grid.sheet.focus({ preventScroll: true });
  const how = { extend: event.shiftKey };
  if (at.column < 0) grid.selection.takeRow(at.row, how);
  else grid.selection.move(at.row, at.column, how);
  if (!box && event.pointerType !== "touch") drag(event, grid, at.column < 0);
}

/** @param {PointerEvent} start @param {Grid} grid @param {boolean} wholeRows */
function drag(start, grid, wholeRows) {
  const { viewport, selection } = grid;
  let [x, y] = [start.clientX, start.clientY];
  let frame = 0;
  const extend = () => {
    const { row, column } = viewport.cellNear(x, y);
    if (wholeRows) selection.takeRow(row, { extend: true });
    else if (row !== selection.row || column !== selection.column) selection.move(row, column, { extend: true });
  };
  const scroll = () => {
    const by = pull(x, y, viewport.scroller.getBoundingClientRect());
    if (by.x || by.y) {
      viewport.scroller.scrollLeft += by.x;
      viewport.scroll.to(viewport.scroll.top + by.y);
      extend();
    }
    frame = requestAnimationFrame(scroll);
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    [x, y] = [event.clientX, event.clientY];
    extend();
    frame ||= requestAnimationFrame(scroll);
  };
  const stop = () => {
    cancelAnimationFrame(frame);
    removeEventListener("pointermove", move);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", stop, { once: true });
  addEventListener("pointercancel", stop, { once: true });
}

/** How far a pointer near the border scrolls. @param {number} x @param {number} y @param {DOMRect} box */
function pull(x, y, box) {
  /** @param {number} over px */
  const speed = (over) => (over > 0 ? STEP + over : 0);
  return {
    x: speed(x - (box.right - EDGE)) - speed(box.left + EDGE - x),
    y: speed(y - (box.bottom - EDGE)) - speed(box.top + EDGE - y),
  };
}

/** By the mouse, or by the keyboard for the active cell. @param {MouseEvent} event @param {Grid} grid */
function contextMenu(event, grid) {
  const { selection, viewport } = grid;
  const byKey = event.target === grid.sheet;
  const at = byKey ? { row: selection.row, column: selection.column } : viewport.cellOf(event);
  if (!at || at.row < 0 || isEditor(event) || !grid.canEdit) return;
  event.preventDefault();
  if (at.column < 0 && !(selection.wholeRows && selection.has(at.row, 0))) selection.takeRow(at.row);
  else if (at.column >= 0 && !selection.has(at.row, at.column)) selection.move(at.row, at.column);
  const cell = byKey ? viewport.cellElement(at.row, at.column) : undefined;
  const place = cell?.getBoundingClientRect() ?? new DOMRect(event.clientX, event.clientY, 0, 0);
  openMenu(place, rowItems(grid, at), { label: "Rows", back: grid.sheet });
}

/** @param {Grid} grid @param {{ row: number, column: number }} at @returns {import("./menu.js").Item[]} */
function rowItems(grid, at) {
  const { top, bottom } = grid.selection.range;
  const count = bottom - top + 1;
  const column = grid.columns.list[at.column];
  const row = grid.rows.at(at.row);
  const items = [];
  if (column?.type === "http" && row && count === 1) {
    items.push({ text: "Run this cell", run: () => void startRun(column, { ids: [row.id] }) });
  }
  items.push({
    text: count === 1 ? `Delete row ${top + 1}` : `Delete ${count.toLocaleString("en")} rows`,
    danger: true,
    run: () => void deleteRows(grid),
  });
  return items;
}
