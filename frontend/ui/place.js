/**
 * Places popovers at what they belong to, and keeps them there while the window is resized, zoomed or scrolled.
 *
 * @typedef {Element | (() => Element | undefined) | DOMRect} Anchor a function where the element may be drawn anew; a
 *   rectangle belongs to nothing that could be followed
 */

const EDGE = 8; // px left free at the edges of the window

/** @type {Map<HTMLElement, Anchor>} of the popovers that are open */
const placed = new Map();

/** Places an open popover below its anchor, or above it if there is no space. @param {HTMLElement} popover @param {Anchor} anchor */
export function place(popover, anchor) {
  startFollowing();
  placed.set(popover, anchor);
  const at = rectOf(anchor);
  if (at) put(popover, at);
}

/** @param {HTMLElement} popover @param {DOMRect} at */
function put(popover, at) {
  const { width, height } = popover.getBoundingClientRect();
  const below = at.bottom + height + EDGE <= innerHeight;
  const top = below ? at.bottom + 2 : at.top - height - 2;
  popover.style.left = `${within(at.left, innerWidth - width)}px`;
  popover.style.top = `${within(top, innerHeight - height)}px`;
}

/** @param {number} start @param {number} last */
const within = (start, last) => Math.max(EDGE, Math.min(start, last - EDGE));

/** @param {Anchor} anchor @returns {DOMRect | undefined} nothing for what isn't drawn any more */
function rectOf(anchor) {
  if (anchor instanceof DOMRect) return anchor;
  const element = anchor instanceof Element ? anchor : anchor();
  return element?.checkVisibility() ? element.getBoundingClientRect() : undefined;
}

/** @param {DOMRect} rect */
const isInSight = ({ top, bottom, left, right }) => bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;

/** @param {Event} event */
function follow({ target }) {
  for (const [popover, anchor] of placed) {
    if (!popover.matches(":popover-open")) placed.delete(popover);
    else if (!isInside(popover, target)) putAgain(popover, anchor);
  }
}

/** Says whether it is the inside of a popover that scrolls. @param {HTMLElement} popover @param {EventTarget | null} target */
const isInside = (popover, target) => target instanceof Node && popover.contains(target);

/** @param {HTMLElement} popover @param {Anchor} anchor */
function putAgain(popover, anchor) {
  const at = anchor instanceof DOMRect ? undefined : rectOf(anchor);
  if (at && isInSight(at)) put(popover, at);
  else popover.hidePopover();
}

let isFollowing = false;

function startFollowing() {
  if (isFollowing) return;
  isFollowing = true;
  addEventListener("resize", follow);
  addEventListener("scroll", follow, { capture: true, passive: true }); // it does not bubble
}
