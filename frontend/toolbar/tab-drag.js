/** Drags a tab among others, with a line where it would land. Esc cancels. */

import { make } from "../ui/elements.js";

const THRESHOLD = 6; // px that the pointer moves before it is a drag

/**
 * Follows the pointer from a press on one of the tabs; the click that ends a drag opens nothing.
 * @param {PointerEvent} start @param {HTMLElement[]} tabs side by side @param {number} index of the one that is pressed
 * @param {(to: number) => void} drop
 */
export function dragTab(start, tabs, index, drop) {
  if (start.button !== 0 || start.pointerType === "touch") return;
  const line = make("span", "tab-drop");
  const following = new AbortController();
  const { signal } = following;
  const gapAt = (/** @type {number} */ x) => {
    const after = tabs.findIndex((tab) => x < middleOf(tab));
    return after < 0 ? tabs.length : after;
  };
  const stop = () => {
    following.abort();
    line.remove();
  };
  const move = (/** @type {PointerEvent} */ { clientX }) => {
    if (!line.isConnected && Math.abs(clientX - start.clientX) < THRESHOLD) return;
    const gap = gapAt(clientX);
    if (gap < tabs.length) tabs[gap].before(line);
    else tabs.at(-1)?.after(line);
  };
  const end = (/** @type {PointerEvent} */ { clientX }) => {
    const wasDragged = line.isConnected;
    stop();
    if (!wasDragged) return;
    swallowClick();
    const gap = gapAt(clientX);
    const to = gap > index ? gap - 1 : gap;
    if (to !== index) drop(to);
  };
  addEventListener("pointermove", move, { signal });
  addEventListener("pointerup", end, { signal });
  addEventListener("pointercancel", stop, { signal });
  addEventListener("keydown", ({ key }) => key === "Escape" && stop(), { signal, capture: true });
}

/** @param {HTMLElement} tab */
function middleOf(tab) {
  const { left, width } = tab.getBoundingClientRect();
  return left + width / 2;
}

/** The click comes directly after the pointer is released, if at all. */
function swallowClick() {
  const swallow = (/** @type {MouseEvent} */ event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }));
}
