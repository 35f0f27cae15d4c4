/** Popovers that open from a button: one closes when the focus leaves both, and the page never loses its focus to it. */

/** @param {Element} popover */
const buttonOf = (popover) =>
  /** @type {HTMLElement | null} */ (document.querySelector(`[popovertarget="${popover.id}"]`));

document.addEventListener("focusin", ({ target }) => {
  const focused = /** @type {Element} */ (target);
  for (const popover of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(":popover-open"))) {
    const button = buttonOf(popover);
    if (button && !popover.contains(focused) && !button.contains(focused)) popover.hidePopover();
  }
});

// The browser gives the focus back by itself only if it was inside the popover.
document.addEventListener(
  "toggle",
  (event) => {
    const [popover, focused] = [/** @type {Element} */ (event.target), document.activeElement];
    const lost = focused === document.body || popover.contains(focused); // a hidden element keeps it for a moment
    if (/** @type {ToggleEvent} */ (event).newState === "closed" && lost) buttonOf(popover)?.focus();
  },
  { capture: true }, // it does not bubble
);
