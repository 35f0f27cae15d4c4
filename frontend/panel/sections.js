/** The folded sections of a form: what is wrong inside shows in the line of each, and those that were open stay so. */

import { reveal } from "./optional.js";

/** @param {Element} root @returns {HTMLDetailsElement[]} */
const sectionsOf = (root) =>
  [...root.querySelectorAll("details.section")].map((section) => /** @type {HTMLDetailsElement} */ (section));

/** Says in the line of every folded section what is wrong inside it. @param {Element} form */
export function summarizeProblems(form) {
  for (const section of sectionsOf(form)) {
    const line = /** @type {HTMLElement | null} */ (section.querySelector("[data-section-problem]"));
    const problem = section.open ? null : section.querySelector(".problem:not(.warning) [data-message]");
    const words = problem?.textContent ?? "";
    if (!line) continue;
    line.textContent = words;
    line.hidden = words === "";
  }
}

/** Opens everything that an element is inside of. @param {Element} element */
export function unfold(element) {
  element.closest("details")?.setAttribute("open", "");
  reveal(element);
}

/** @param {Element} root @returns {Map<string, boolean>} which sections are open, by id */
export const foldsOf = (root) => new Map(sectionsOf(root).map((section) => [section.id, section.open]));

/** @param {Element} root @param {Map<string, boolean>} folds */
export function fold(root, folds) {
  for (const section of sectionsOf(root)) section.open = folds.get(section.id) ?? section.open;
}

/** Follows a section that is folded, or unfolded: by a person, it comes into sight as a whole, or from its beginning. @param {Event} event */
export function handleFolding(event) {
  const section = /** @type {HTMLDetailsElement} */ (event.target);
  const form = section.matches("details.section") && section.closest("form");
  if (!form) return;
  summarizeProblems(form);
  if (section.open && section.querySelector("summary") === document.activeElement)
    section.scrollIntoView({ block: "nearest" });
}
