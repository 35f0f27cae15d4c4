/** The first rows of a source follow what is typed. What was typed before they were fetched is in them already. */

let isFetched = false;

/** A setting was changed since. */
export function noteTyping() {
  isFetched = false;
}

/** @param {Event} event that a request is about to be made */
export function landOnce(event) {
  const { sourceElement } = /** @type {CustomEvent<{ ctx: { sourceElement: HTMLElement } }>} */ (event).detail.ctx;
  if ("fetchRows" in sourceElement.dataset) isFetched = true;
  else if (isFetched && sourceElement.id === "source-landing") event.preventDefault();
}
