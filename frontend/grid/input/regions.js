/** F6 goes from one region of the page to the next: the grid, the notices, what is open beside it, the toolbar. */

import { noticeRegion } from "../../ui/notices.js";

const FOCUSABLE =
  "a[href], button:enabled:not([tabindex='-1']), input:enabled, select:enabled, textarea:enabled, [tabindex='0']";

/** @param {HTMLElement[]} regions in their order */
export function listenToRegions(regions) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]"))
      return;
    const shown = regions
      .toSpliced(1, 0, noticeRegion())
      .filter((region) => region.checkVisibility() && firstIn(region));
    const now = shown.findIndex((region) => region.contains(document.activeElement));
    const next = shown[(now + (event.shiftKey ? -1 : 1) + shown.length) % shown.length];
    event.preventDefault();
    firstIn(next)?.focus();
  });
}

/** @param {HTMLElement | undefined} region */
function firstIn(region) {
  if (!region || region.tabIndex >= 0) return region;
  const inside = /** @type {HTMLElement[]} */ ([...region.querySelectorAll(FOCUSABLE)]);
  return inside.find((element) => element.checkVisibility());
}
