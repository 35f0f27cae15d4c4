/** The focus, where a part of the page is drawn again. */

/** @param {Element} element */
const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent?.trim();

/**
 * Changes what is inside a part of the page. A control that had the focus and is replaced hands it to the one of the same
 * name, or to `fallback`.
 * @param {HTMLElement} part @param {HTMLElement} fallback @param {() => void} change
 */
export function keepingFocus(part, fallback, change) {
  const before = document.activeElement;
  const had = before !== null && part.contains(before);
  change();
  if (!had || part.contains(document.activeElement)) return;
  const alike = /** @type {HTMLElement[]} */ ([...part.querySelectorAll(before.tagName)]);
  const same = alike.find((element) => nameOf(element) === nameOf(before) && element.checkVisibility());
  (same ?? fallback).focus({ preventScroll: true });
}
