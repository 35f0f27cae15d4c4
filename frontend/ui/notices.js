/** Short notices at the edge of the page. */

/** @typedef {{ label: string, run: () => void }} Action */

const STAYS_MS = 6000;
const STAYS_WITH_BUTTON_MS = 12000;

/** @typedef {{ action?: Action, actions?: Action[], undo?: () => void, stays?: boolean }} NoticeOptions */

/** A notice that goes by itself. @param {string} message @param {NoticeOptions} [options] */
export function toast(message, options) {
  showNotice(message, options);
}

/**
 * A notice that goes by itself, but not while the pointer or the focus is on it, and not if it `stays`.
 * @param {string} message @param {NoticeOptions} [options]
 * @returns {HTMLElement}
 */
export function showNotice(message, { action, actions = action ? [action] : [], undo, stays = false } = {}) {
  const region = toastRegion();
  const notice = Object.assign(document.createElement("div"), { className: "toast" });
  notice.append(Object.assign(document.createElement("span"), { textContent: message }));
  if (undo) notice.append(newButton("Undo", notice, undo));
  for (const { label, run } of actions) notice.append(newButton(label, notice, run));
  const close = newButton("✕", notice, () => {});
  close.setAttribute("aria-label", "Close the notice");
  notice.append(close);
  region.append(notice);
  // Shown anew, so that it lies above a dialog opened since.
  region.hidePopover();
  region.showPopover();
  if (!stays) leaveInTime(notice, undo || actions.length ? STAYS_WITH_BUTTON_MS : STAYS_MS);
  return notice;
}

function toastRegion() {
  const found = document.getElementById("toasts");
  if (found) return found;
  const region = Object.assign(document.createElement("div"), { id: "toasts", popover: "manual" });
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  document.body.append(region);
  return region;
}

/** @param {string} label @param {HTMLElement} notice @param {() => void} run */
function newButton(label, notice, run) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "btn ghost",
    textContent: label,
  });
  button.addEventListener("click", () => {
    notice.remove();
    run();
  });
  return button;
}

/** @param {HTMLElement} notice @param {number} stays milliseconds */
function leaveInTime(notice, stays) {
  let timer = 0;
  const start = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => notice.remove(), stays);
  };
  for (const event of ["pointerenter", "focusin"]) notice.addEventListener(event, () => clearTimeout(timer));
  for (const event of ["pointerleave", "focusout"]) notice.addEventListener(event, start);
  start();
}
