/**
 * Follows the pointer over the cells until it is released; near an edge the grid scrolls.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {{ row: number, column: number }} Place
 */

const EDGE = 24; // px from the border in which dragging scrolls
const STEP = 16; // px per frame, at least

/**
 * Follows a drag. Esc, or the browser, can cancel it.
 * @param {PointerEvent} start @param {Grid["viewport"]} viewport
 * @param {(near: Place, at: { x: number, y: number }) => void} over gets the nearest cell, and the pointer in px of the window
 * @param {() => void} [end] @param {() => void} [cancel]
 */
export function drag(start, viewport, over, end = () => {}, cancel = end) {
  if (start.pointerType === "touch") return;
  let [x, y] = [start.clientX, start.clientY];
  let frame = 0;
  const scroll = () => {
    const by = pull(x, y, viewport.scroller.getBoundingClientRect());
    if (by.x || by.y) {
      viewport.scroller.scrollLeft += by.x;
      viewport.scroll.to(viewport.scroll.top + by.y);
      over(viewport.cellNear(x, y), { x, y });
    }
    frame = requestAnimationFrame(scroll);
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    [x, y] = [event.clientX, event.clientY];
    over(viewport.cellNear(x, y), { x, y });
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
  addEventListener("pointercancel", () => stop(cancel), { signal });
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    stop(cancel);
  };
  addEventListener("keydown", key, { signal, capture: true });
}

/** Says how far a pointer near the border scrolls. @param {number} x @param {number} y @param {DOMRect} box */
function pull(x, y, box) {
  /** @param {number} over px */
  const speed = (over) => (over > 0 ? STEP + over : 0);
  return {
    x: speed(x - (box.right - EDGE)) - speed(box.left + EDGE - x),
    y: speed(y - (box.bottom - EDGE)) - speed(box.top + EDGE - y),
  };
}
