/** Calls of the API as the signed-in user, and short notices at the edge of the page. */

export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {any} details */
  constructor(status, code, message, details) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";

/**
 * @param {string} method @param {string} path after /api/v1 @param {unknown} [body] JSON, or a FormData as it is
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<any>} the answer's JSON; null when it is empty. Throws ApiError, or TypeError without a connection.
 */
export async function api(method, path, body, { signal } = {}) {
  const headers = new Headers({ Accept: "application/json" });
  if (method !== "GET") headers.set("X-CSRFToken", csrfToken());
  if (body !== undefined && !(body instanceof FormData)) headers.set("Content-Type", "application/json");
  const sent = body === undefined || body instanceof FormData ? body : JSON.stringify(body);
  const response = await fetch(`/api/v1${path}`, { method, headers, body: sent, signal, credentials: "same-origin" });
  if (response.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
  if (!response.ok) throw await errorOf(response);
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/** @param {Response} response */
async function errorOf(response) {
  const answer = await response.json().catch(() => null);
  const { code = "", message = wordsFor(response.status), details = [] } = answer?.error ?? {};
  return new ApiError(response.status, code, message, details);
}

/** For answers that do not come from the API itself. @param {number} status */
export function wordsFor(status) {
  if (status === 401 || status === 403) return "You are signed out, or may not do this. Reload the page and try again.";
  if (status === 404) return "This is gone. Reload the page to see what is there now.";
  if (status === 413) return "This is too large for the server.";
  return `Something went wrong on the server (${status}). Try again in a moment.`;
}

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
