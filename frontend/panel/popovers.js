/** Popovers of the panel: each opens below its button. */

import { place } from "../ui/place.js";

/** @param {Event} event */
export function placePopover(event) {
  const popover = /** @type {HTMLElement} */ (event.target);
  if (/** @type {ToggleEvent} */ (event).newState !== "open" || !popover.matches(":is(.section, .one-row) [popover]"))
    return;
  const button = document.querySelector(`[popovertarget="${popover.id}"]`);
  if (button) place(popover, button);
}
