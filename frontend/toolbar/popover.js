/** What the popovers of the toolbar have in common. */

import { make } from "../ui/elements.js";
import { place } from "../ui/place.js";

/**
 * Makes a select.
 * @param {string} label for screen readers @param {[string, string][]} options values and their words
 * @param {string} value @param {(value: string) => void} onChange
 */
export function newSelect(label, options, value, onChange) {
  const choices = options.map(([key, words]) => make("option", { value: key }, words));
  const select = make("select", { className: "in", ariaLabel: label }, ...choices);
  select.value = value;
  select.addEventListener("change", () => onChange(select.value));
  return select;
}

/**
 * Fills a popover each time it opens, and places it below its button.
 * @param {HTMLElement} popover @param {HTMLElement} opener @param {() => void} fill
 */
export function fillOnOpen(popover, opener, fill) {
  popover.addEventListener("toggle", (event) => {
    const isOpen = /** @type {ToggleEvent} */ (event).newState === "open";
    opener.ariaExpanded = String(isOpen);
    if (!isOpen) return;
    fill();
    placeAgain(popover, opener);
  });
}

/** Places a popover that may have grown. @param {HTMLElement} popover @param {HTMLElement} opener */
export function placeAgain(popover, opener) {
  place(popover, opener);
}
