/** On every page: htmx with the CSRF token, notices for failed requests, questions before something is destroyed, copy buttons. */

import htmx from "htmx.org";
import { listenToShortcuts } from "./commands/shortcuts.js";
import { csrfToken, messageForStatus, UNREACHABLE } from "./ui/api.js";
import { ask } from "./ui/ask.js";
import { copy } from "./ui/copy.js";
import { byId } from "./ui/elements.js";
import { guardForms } from "./ui/form-guard.js";
import { listenToSearch } from "./ui/list-search.js";
import { raiseNoticesAboveDialogs, showNotice, toast } from "./ui/notices.js";
import "./ui/popovers.js";

/** @typedef {{ sourceElement: Element, request: { method: string, headers: Record<string, string> }, text?: string, response?: { status: number } }} Context */

/** @param {Event} event @returns {Context} */
const contextOf = (event) => /** @type {CustomEvent} */ (event).detail.ctx;

htmx.config.history = false; // only parts of pages are swapped, so there is nothing to go back to
htmx.config.defaultSettleDelay = 0; // no style of what was there is carried over: the security policy would refuse it

document.addEventListener("htmx:config:request", (event) => {
  contextOf(event).request.headers["X-CSRFToken"] = csrfToken();
});

// A whole page instead of a part is an error page or the sign-in page: it is not swapped in. What was there and isn't now
// was deleted, most likely.
document.addEventListener("htmx:after:request", (event) => {
  const { response, text = "" } = contextOf(event);
  if (!response || response.status < 400 || !/^\s*(<!doctype|<html)/i.test(text)) return;
  event.preventDefault();
  const page = new DOMParser().parseFromString(text, "text/html");
  const words = response.status === 404 ? "" : page.querySelector("main p")?.textContent?.trim();
  toast(words || messageForStatus(response.status));
});

// That the server can't be reached is told until it answers again.
/** @type {HTMLElement | undefined} */
let unreachable;
document.addEventListener("htmx:error", () => {
  unreachable = showNotice(UNREACHABLE);
});
document.addEventListener("htmx:after:request", (event) => contextOf(event).response && unreachable?.remove());
addEventListener("online", () => unreachable?.remove());

// The second of two clicks on a button sends nothing while the first is under way; htmx would send it afterwards.
/** @type {WeakSet<Element>} */
const underWay = new WeakSet();
document.addEventListener("htmx:before:request", (event) => underWay.add(contextOf(event).sourceElement));
document.addEventListener("htmx:finally:request", (event) => underWay.delete(contextOf(event).sourceElement));
document.addEventListener("htmx:config:request", (event) => {
  const { sourceElement } = contextOf(event);
  const isPressed = sourceElement.matches("button:not([hx-sync])");
  if (isPressed && underWay.has(sourceElement)) event.preventDefault();
});

// <form data-ask="Delete it?" data-ask-text="This cannot be undone."> asks; the button that was pressed names the action.
document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const { ask: title, askText: text = "" } = form.dataset;
  if (!title || event.defaultPrevented) return;
  event.preventDefault();
  const confirm = event.submitter?.textContent?.trim() || "Delete";
  if (await ask({ title, text, confirm, danger: true })) form.submit();
});

// <button data-ask="Turn it off?" hx-post="…" hx-trigger="confirmed"> asks before it sends.
document.addEventListener("click", async (event) => {
  const button = /** @type {HTMLElement | null} */ (
    /** @type {Element} */ (event.target).closest?.("button[data-ask][hx-trigger=confirmed]")
  );
  if (!button) return;
  const { ask: title = "", askText: text = "" } = button.dataset;
  const confirm = button.textContent?.trim().replace("…", "") ?? "";
  if (await ask({ title, text, confirm, danger: true })) button.dispatchEvent(new Event("confirmed"));
});

// <select data-submit> submits when it changes; the button beside it is for browsers without scripts.
document.addEventListener("change", (event) => {
  const field = /** @type {HTMLSelectElement} */ (event.target);
  if (field.matches("select[data-submit]")) field.form?.requestSubmit();
});

// <button data-copy="the text">
document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest?.("[data-copy]");
  if (button) void copy(button.getAttribute("data-copy") ?? "", "Copied.");
});

// Arrow keys move in the menus that stand in the page: of the account, of help, and of sources.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const menu = /** @type {Element} */ (event.target).closest?.(".account-menu, .add-source, .source-menu");
  if (!step || !menu) return;
  event.preventDefault();
  const items = [.../** @type {NodeListOf<HTMLElement>} */ (menu.querySelectorAll("a, button"))];
  const now = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  items[(now + step + items.length) % items.length]?.focus();
});

// <input type="search" data-search-list> finds what the list of the page has.
const search = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-search-list]"));
if (search) listenToSearch(search, byId("none-found"));

raiseNoticesAboveDialogs();
if (document.getElementById("help-menu")) {
  // Somebody is signed in.
  listenToShortcuts();
  guardForms();
}
