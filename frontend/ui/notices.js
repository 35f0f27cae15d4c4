/**
 * Short notices at the edge of the page, above everything. They stand in one live region, which is read out and inside of
 * the modal dialog that is open: what is outside of it can be neither pressed nor heard.
 */

import { button, make } from "./elements.js";
import { iconButton } from "./icons.js";

const STAYS_MS = 8000;
const STAYS_WITH_UNDO_MS = 30_000;

/** @typedef {{ label: string, run: () => void }} Action */
/** @typedef {{ action?: Action, actions?: Action[], undo?: () => void, stays?: boolean }} NoticeOptions */

/** Shows a notice that disappears by itself. @param {string} message @param {NoticeOptions} [options] */
export function toast(message, options) {
  showNotice(message, options);
}

/**
 * Shows a notice. It disappears by itself, but not while the pointer or the focus is on it, and never if it `stays`.
 * One that says the same and offers nothing makes room for it.
 * @param {string} message @param {NoticeOptions} [options]
 * @returns {HTMLElement}
 */
export function showNotice(message, { action, actions = action ? [action] : [], undo, stays = false } = {}) {
  const region = raisedRegion();
  for (const same of region.querySelectorAll(".toast.plain")) {
    if (same.firstElementChild?.textContent === message) same.remove();
  }
  const isPlain = !undo && !actions.length && !stays;
  const notice = make("div", isPlain ? "toast plain" : "toast", make("span", "", message));
  if (undo) notice.append(closingButton("Undo", notice, undo));
  for (const { label, run } of actions) notice.append(closingButton(label, notice, run));
  notice.append(iconButton("close", "Close the notice", "btn ghost icon-only", () => close(notice)));
  region.append(notice);
  if (!stays) removeInTime(notice, undo || actions.length ? STAYS_WITH_UNDO_MS : STAYS_MS);
  return notice;
}

/** @type {HTMLElement | undefined} */
let only;

/** What had the focus before a notice. @type {HTMLElement | undefined} */
let focusedBefore;

/** The element that all notices stand in. */
export const noticeRegion = () => (only ??= newRegion());

/** Makes the region; while it holds a notice, the page says so to its styles. */
function newRegion() {
  const region = make("div", {
    id: "toasts",
    popover: "manual",
    role: "log",
    ariaLive: "polite",
    ariaLabel: "Notices",
  });
  const follow = () => document.body.classList.toggle("noticed", region.childElementCount > 0);
  new MutationObserver(follow).observe(region, { childList: true });
  region.addEventListener("focusin", ({ relatedTarget }) => {
    if (relatedTarget instanceof HTMLElement && !region.contains(relatedTarget)) focusedBefore = relatedTarget;
  });
  return region;
}

/** Returns the region, as the last thing that was opened: so it lies above all others. */
function raisedRegion() {
  const region = noticeRegion();
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  const place = dialog ?? document.body;
  if (region.parentElement !== place) {
    place.append(region);
    dialog?.addEventListener("close", raisedRegion, { once: true });
  } else region.hidePopover();
  region.showPopover();
  return region;
}

/** Keeps notices in sight and in reach when a dialog opens. */
export function raiseNoticesAboveDialogs() {
  raisedRegion();
  const follow = (/** @type {Event} */ { target }) => target instanceof HTMLDialogElement && raisedRegion();
  document.addEventListener("toggle", follow, { capture: true }); // it does not bubble
}

/** @param {string} label @param {HTMLElement} notice @param {() => void} run */
const closingButton = (label, notice, run) =>
  button(label, "btn ghost", () => {
    close(notice);
    run();
  });

/** The focus goes to the next notice, or back to where it was. @param {HTMLElement} notice */
function close(notice) {
  const hadFocus = notice.contains(document.activeElement);
  notice.remove();
  if (hadFocus) (noticeRegion().querySelector("button") ?? focusedBefore)?.focus();
}

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
