/**
 * Mouse, pen and touch on the cells: choose, drag a range, fill, open, tick.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../edit/editing.js").Editing} Editing
 */
import { fill, isOnCorner, stretched } from "../edit/filling.js";

const EDGE = 24; // px from the border where dragging scrolls
const STEP = 16; // px a frame, at least

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

/** The box of a row. @param {MouseEvent} event @param {Grid} grid */
function pick(event, grid) {
  const at = grid.viewport.cellOf(event);
  if (!at || !(/** @type {Element} */ (event.target).closest(".pick"))) return;
  if (event.shiftKey) void grid.chosen.extend(at.row);
  else grid.chosen.toggle(at.row);
}

/** @param {PointerEvent} event @param {Grid} grid @param {Editing} editing */
function press(event, grid, editing) {
  const at = grid.viewport.cellOf(event);
  if (!at || isEditor(event) || event.button !== 0) return;
  editing.finish();
  const box = /** @type {Element} */ (event.target).closest("input[type=checkbox]");
  if (!box) event.preventDefault();
  grid.sheet.focus({ preventScroll: true });
  if (box?.matches(".pick")) dragRows(event, grid, at.row);
  else if (at.column < 0) pressNumber(event, grid, at.row);
  else if (!box && isOnCorner(event, grid)) dragCorner(event, grid);
  else pressCell(event, grid, at, box !== null);
}

/** @param {PointerEvent} event @param {Grid} grid @param {{ row: number, column: number }} at @param {boolean} onBox */
function pressCell(event, { selection, viewport }, at, onBox) {
  selection.move(at.row, at.column, { extend: event.shiftKey });
  if (onBox) return;
  drag(event, viewport, ({ row, column }) => {
    if (row !== selection.row || column !== selection.column) selection.move(row, column, { extend: true });
  });
}

/** Chooses the row alone, with Shift all up to it, with Ctrl besides others. @param {PointerEvent} event @param {Grid} grid @param {number} row */
function pressNumber(event, grid, row) {
  const { selection, chosen } = grid;
  if (event.ctrlKey || event.metaKey) return chosen.toggle(row);
  selection.takeRow(row, { extend: event.shiftKey });
  void chosen.take(selection.range.top, selection.range.bottom);
  dragRows(event, grid, row);
}

/** Chooses the rows from the one pressed to the one let go, when that is another. @param {PointerEvent} event @param {Grid} grid @param {number} row */
function dragRows(event, { selection, viewport, chosen }, row) {
  let moved = false;
  /** @param {{ row: number }} near */
  const over = (near) => {
    if (!moved && near.row === row) return;
    if (!moved) selection.takeRow(row);
    moved = true;
    if (near.row !== selection.row) selection.takeRow(near.row, { extend: true });
  };
  drag(event, viewport, over, () => moved && void chosen.take(selection.range.top, selection.range.bottom));
}

/** @param {PointerEvent} event @param {Grid} grid */
function dragCorner(event, grid) {
  const { selection, viewport } = grid;
  const from = selection.range;
  const end = () => {
    const to = selection.preview;
    selection.show(undefined);
    if (!to || (to.bottom === from.bottom && to.right === from.right)) return;
    selection.take(to);
    void fill(grid, from, to);
  };
  drag(
    event,
    viewport,
    (near) => selection.show(stretched(from, near)),
    end,
    () => selection.show(undefined),
  );
}

/**
 * Follows the pointer until it is let go; near an edge the grid scrolls. Esc, or the browser, may call it off.
 * @param {PointerEvent} start @param {Grid["viewport"]} viewport @param {(near: { row: number, column: number }) => void} over
 * @param {() => void} [end] @param {() => void} [off]
 */
function drag(start, viewport, over, end = () => {}, off = end) {
  if (start.pointerType === "touch") return;
  let [x, y] = [start.clientX, start.clientY];
  let frame = 0;
  const scroll = () => {
    const by = pull(x, y, viewport.scroller.getBoundingClientRect());
    if (by.x || by.y) {
      viewport.scroller.scrollLeft += by.x;
      viewport.scroll.to(viewport.scroll.top + by.y);
      over(viewport.cellNear(x, y));
    }
    frame = requestAnimationFrame(scroll);
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    [x, y] = [event.clientX, event.clientY];
    over(viewport.cellNear(x, y));
    frame ||= requestAnimationFrame(scroll);
  };
  const following = new AbortController();
  /** @param {() => void} then */
  const stop = (then) => {
    following.abort();
    cancelAnimationFrame(frame);
    then();
  };
  const { signal } = following;
  addEventListener("pointermove", move, { signal });
  addEventListener("pointerup", () => stop(end), { signal });
  addEventListener("pointercancel", () => stop(off), { signal });
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    stop(off);
  };
  addEventListener("keydown", key, { signal, capture: true });
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
