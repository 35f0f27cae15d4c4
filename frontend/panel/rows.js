/** Adds and removes rows of lists: parameters, headers, paths, secrets. */

/**
 * @param {HTMLElement} button
 * @returns {boolean} whether it is a button of a list
 */
export function handleRowClick(button) {
  const list = /** @type {HTMLElement | null} */ (button.closest("[data-rows]"));
  if (!list) return false;
  if ("addRow" in button.dataset) addRow(list);
  else if ("removeRow" in button.dataset) removeRow(list, button);
  else return false;
  return true;
}

/**
 * @param {HTMLElement} list
 * @param {string} [text] of its first field
 */
export function addRow(list, text = "") {
  const template = /** @type {HTMLTemplateElement} */ (list.querySelector("template"));
  const row = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const field = /** @type {HTMLInputElement} */ (row.querySelector("input"));
  template.before(row);
  field.value = text;
  if (text) field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  else field.focus();
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} button
 */
function removeRow(list, button) {
  const row = /** @type {HTMLElement} */ (button.closest("[data-row]"));
  if (row.nextElementSibling?.matches("[data-of-field]")) row.nextElementSibling.remove();
  const neighbour = row.nextElementSibling?.matches("[data-row]") ? row.nextElementSibling : row.previousElementSibling;
  row.remove();
  const next = neighbour?.querySelector("input") ?? list.querySelector("[data-add-row]");
  /** @type {HTMLElement | null} */ (next)?.focus();
  list.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
