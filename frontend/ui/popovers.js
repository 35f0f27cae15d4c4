/** Popovers that open from a button: one closes when the focus leaves both, and never leaves the page without a focus. */

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

// The browser gives it back by itself only when something in the popover had it.
document.addEventListener(
  "toggle",
  (event) => {
    const [popover, focused] = [/** @type {Element} */ (event.target), document.activeElement];
    const lost = focused === document.body || popover.contains(focused); // what is hidden keeps it for a moment
    if (/** @type {ToggleEvent} */ (event).newState === "closed" && lost) buttonOf(popover)?.focus();
  },
  { capture: true }, // it does not bubble
);
