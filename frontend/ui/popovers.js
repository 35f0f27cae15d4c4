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

// The browser gives the focus back by itself only if it was inside the popover, and not after a dialog that was opened there.
document.addEventListener(
  "toggle",
  (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
    const [popover, focused] = [/** @type {Element} */ (event.target), document.activeElement];
    const giveBack = () => buttonOf(popover)?.focus();
    const lost = focused === document.body || popover.contains(focused); // a hidden element keeps it for a moment
    if (lost) giveBack();
    const dialog = focused?.closest("dialog:modal");
    if (dialog?.contains(popover)) return;
    dialog?.addEventListener("close", () => document.activeElement === document.body && giveBack(), { once: true });
  },
  { capture: true }, // it does not bubble
);
