/**
 * Drags columns to another place by their head, with a line where they would land.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 */

import { make } from "../../ui/elements.js";

const THRESHOLD = 6; // px that the pointer moves before it is a drag
const EDGE = 32; // px from the border in which dragging scrolls
const STEP = 12; // px a frame

/** Follows the pointer. @param {PointerEvent} start on the head of a column @param {Grid} grid @param {number} index @param {(to: number) => void} drop */
export function followHead(start, grid, index, drop) {
  if (!grid.canEdit || start.button !== 0 || start.pointerType === "touch") return;
  const { scroller } = grid.viewport;
  const following = new AbortController();
  let x = start.clientX;
  let frame = 0;
  /** @type {HTMLElement | undefined} */
  let line;
  const show = () => {
    if (!line) return;
    line.style.left = `${grid.columns.numberWidth + grid.columns.left[gapAt(grid, x)]}px`;
    const { left, right } = scroller.getBoundingClientRect();
    if (x < left + grid.columns.numberWidth + EDGE) scroller.scrollLeft -= STEP;
    else if (x > right - EDGE) scroller.scrollLeft += STEP;
    frame = requestAnimationFrame(show);
  };
  const stop = () => {
    following.abort();
    cancelAnimationFrame(frame);
    line?.remove();
    grid.sheet.classList.remove("moves-column");
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    x = event.clientX;
    if (line || Math.abs(x - start.clientX) < THRESHOLD) return;
    line = make("div", "drop-line");
    grid.sheet.append(line);
    grid.sheet.classList.add("moves-column");
    show();
  };
  const end = () => {
    const gap = gapAt(grid, x);
    const dragged = line !== undefined;
    stop();
    const to = gap > index ? gap - 1 : gap;
    if (dragged && to !== index) drop(to);
  };
  const { signal } = following;
  addEventListener("pointermove", move, { signal });
  addEventListener("pointerup", end, { signal });
  addEventListener("pointercancel", stop, { signal });
  addEventListener("keydown", ({ key }) => key === "Escape" && stop(), { signal, capture: true });
}

/** The index of the nearest gap between two columns. @param {Grid} grid @param {number} x of the window */
function gapAt({ columns, viewport: { scroller } }, x) {
  const inside = x - scroller.getBoundingClientRect().left - columns.numberWidth + scroller.scrollLeft;
  const after = columns.list.findIndex((column, i) => inside < columns.left[i] + column.width / 2);
  return after < 0 ? columns.count : after;
}
