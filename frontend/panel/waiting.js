/** Says in the place of an answer that its request is under way, for how long, and offers to cancel it. */

import { isSecondClick } from "../ui/clicks.js";
import { button, make } from "../ui/elements.js";

const TICK_MS = 1000;

/** @typedef {{ sourceElement: HTMLElement, target: HTMLElement, request: { abort: () => void } }} Context */

/** @type {WeakMap<Context, () => void>} what ends the waiting for a request */
const ends = new WeakMap();

/** @type {WeakMap<Element, string>} the last words of a place */
const said = new WeakMap();

/** @param {Event} event @returns {Context} */
const contextOf = (event) => /** @type {CustomEvent} */ (event).detail.ctx;

/**
 * Begins for a request of an element with `data-waiting="Signing in…"`; `data-cancelled` is said when it is cancelled. The
 * answer of the request before it stays, in soft letters.
 * @param {Event} event
 */
export function startWaiting(event) {
  const context = contextOf(event);
  const { waiting, cancelled = "Cancelled." } = context.sourceElement.dataset;
  if (!waiting) return;
  const { target } = context;
  for (const line of target.querySelectorAll(":scope > .waiting")) line.remove();
  const line = make("p", "waiting s run", make("span", { className: "said" }, waiting), " ");
  const seconds = make("span", { ariaHidden: "true" }); // or each second would be read out
  const cancel = button("Cancel", "link", () => {
    context.request.abort();
    line.replaceWith(make("p", "waiting hint said", cancelled));
    sayResults();
    context.sourceElement.focus();
  });
  line.append(seconds, cancel);
  markEarlier(target);
  target.prepend(line);
  sayResults();
  bringIntoSight(line);
  const began = performance.now();
  const timer = setInterval(() => {
    seconds.textContent = `${Math.round((performance.now() - began) / 1000)} s `;
  }, TICK_MS);
  ends.set(context, () => {
    clearInterval(timer);
    line.remove();
  });
}

/** Scrolls to a line that can't be seen, as in a window that is zoomed in. @param {HTMLElement} line */
function bringIntoSight(line) {
  const { left, top, height } = line.getBoundingClientRect();
  const seen = document.elementFromPoint(left + 1, top + height / 2);
  if (!line.contains(seen)) line.scrollIntoView({ block: "center" });
}

/**
 * Says to those who don't see it what a place with `data-says` shows now: its words of the class `said`, and not all of an
 * answer that may be long.
 */
export function sayResults() {
  for (const place of document.querySelectorAll("[data-says]")) {
    const words = place.querySelector(".said:not(.earlier *)")?.textContent?.trim().replace(/\s+/g, " ") ?? "";
    if (words && words !== said.get(place)) speaker().textContent = words; // what stays is not said again
    said.set(place, words);
  }
}

function speaker() {
  const there = document.getElementById("said");
  if (there) return there;
  const made = make("p", { id: "said", className: "visually-hidden", role: "status" });
  (document.querySelector("main") ?? document.body).append(made);
  return made;
}

/** Keeps the second click of a double click from sending a row once more. @param {MouseEvent} event */
export function ignoreSecondClick(event) {
  if (isSecondClick(event) && /** @type {Element} */ (event.target).closest("[data-waiting]"))
    event.stopImmediatePropagation();
}

/** @param {Event} event */
export function stopWaiting(event) {
  ends.get(contextOf(event))?.();
}

/** Says of what a place shows that it answers another request than the one that stands in the form now. @param {Element} place */
export function markEarlier(place) {
  for (const answer of place.querySelectorAll(":scope > :is(section, .test-result):not(.earlier)")) {
    answer.classList.add("earlier");
    answer.prepend(make("p", "hint", "The answer of an earlier request"));
  }
}
