/** Short notices at the edge of the page. */

import { button, make } from "./elements.js";

const STAYS_MS = 6000;
const STAYS_WITH_BUTTON_MS = 12000;

/** @typedef {{ label: string, run: () => void }} Action */
/** @typedef {{ action?: Action, actions?: Action[], undo?: () => void, stays?: boolean }} NoticeOptions */

/** Shows a notice that disappears by itself. @param {string} message @param {NoticeOptions} [options] */
export function toast(message, options) {
  showNotice(message, options);
}

/**
 * Shows a notice. It disappears by itself, but not while the pointer or the focus is on it, and never if it `stays`.
 * @param {string} message @param {NoticeOptions} [options]
 * @returns {HTMLElement}
 */
export function showNotice(message, { action, actions = action ? [action] : [], undo, stays = false } = {}) {
  const region = toastRegion();
  const notice = make("div", "toast", make("span", "", message));
  if (undo) notice.append(closingButton("Undo", notice, undo));
  for (const { label, run } of actions) notice.append(closingButton(label, notice, run));
  const close = closingButton("✕", notice, () => {});
  close.ariaLabel = "Close the notice";
  notice.append(close);
  region.append(notice);
  // Shown again, so that it lies above a dialog that was opened since.
  region.hidePopover();
  region.showPopover();
  if (!stays) removeInTime(notice, undo || actions.length ? STAYS_WITH_BUTTON_MS : STAYS_MS);
  return notice;
}

function toastRegion() {
  const existing = document.getElementById("toasts");
  if (existing) return existing;
  const region = make("div", { id: "toasts", popover: "manual", role: "status", ariaLive: "polite" });
  document.body.append(region);
  return region;
}

/** @param {string} label @param {HTMLElement} notice @param {() => void} run */
const closingButton = (label, notice, run) =>
  button(label, "btn ghost", () => {
    notice.remove();
    run();
  });

/** @param {HTMLElement} notice @param {number} delay milliseconds */
function removeInTime(notice, delay) {
  let timer = 0;
  const start = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => notice.remove(), delay);
  };
  for (const event of ["pointerenter", "focusin"]) notice.addEventListener(event, () => clearTimeout(timer));
  for (const event of ["pointerleave", "focusout"]) notice.addEventListener(event, start);
  start();
}
