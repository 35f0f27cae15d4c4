/** Adds and removes rows of lists: parameters, headers, paths, secrets. */

import { reveal } from "./optional.js";

/**
 * @param {HTMLElement} button
 * @returns {boolean} whether it is a button of a list
 */
export function handleRowClick(button) {
  const { addRowTo } = button.dataset;
  const list = /** @type {HTMLElement | null | undefined} */ (
    addRowTo ? button.closest("form")?.querySelector(`[data-rows="${addRowTo}"]`) : button.closest("[data-rows]")
  );
  if (!list) return false;
  if (addRowTo || "addRow" in button.dataset) addRow(list);
  else if ("removeRow" in button.dataset) removeRow(list, button);
  else return false;
  return true;
}

/**
 * @param {HTMLElement} list
 * @param {string[]} texts of its fields
 */
export function addRow(list, ...texts) {
  const template = /** @type {HTMLTemplateElement} */ (list.querySelector("template"));
  const row = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const fields = [...row.querySelectorAll("input")];
  const [field] = fields;
  template.before(row);
  for (const [at, text] of texts.entries()) fields[at].value = text;
  reveal(list);
  if (texts.length) field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  else field.focus();
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} inside the row
 */
export function removeRow(list, inside) {
  const row = /** @type {HTMLElement} */ (inside.closest("[data-row]"));
  if (row.nextElementSibling?.matches("[data-of-field]")) row.nextElementSibling.remove();
  const neighbour = row.nextElementSibling?.matches("[data-row]") ? row.nextElementSibling : row.previousElementSibling;
  row.remove();
  const adds = list.querySelector("[data-add-row]") ?? chipOf(list);
  const next = neighbour?.querySelector("input") ?? adds;
  /** @type {HTMLElement | null} */ (next)?.focus();
  list.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** @param {HTMLElement} list @returns {Element | null | undefined} the chip that adds a row to it */
const chipOf = (list) => list.closest("form")?.querySelector(`[data-add-row-to="${list.dataset.rows}"]`);
