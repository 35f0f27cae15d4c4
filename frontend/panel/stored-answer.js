/** The stored result of the row that is shown, fetched a moment after the row was chosen. The answer of a row that is sent meanwhile keeps the place. */

import htmx from "htmx.org";

const SETTLE_MS = 350; // rows stepped past within this time are not fetched

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {HTMLElement} place of the answer */
export function fetchStoredSoon(place) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const isSending = place.querySelector(":scope > .waiting.run") !== null;
    if (!isSending) htmx.trigger(place, "row-shown");
  }, SETTLE_MS);
}

/** Fetches nothing where a row is sent. @param {Event} event */
export function leaveToSent(event) {
  if ("test" in /** @type {CustomEvent} */ (event).detail.ctx.sourceElement.dataset) clearTimeout(timer);
}
