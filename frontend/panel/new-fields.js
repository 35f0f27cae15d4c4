/** Columns that are made of fields when their column is saved: a list in its form. */

import { addRow, removeRow } from "./rows.js";

/** @typedef {import("../answers/field-columns.js").NewField} NewField */

/** @param {HTMLFormElement} form @returns {HTMLElement | null} */
const listIn = (form) => form.querySelector('[data-rows="new_fields"]');

/** @param {HTMLFormElement} form */
function rowsIn(form) {
  const rows = /** @type {HTMLElement[]} */ ([...(listIn(form)?.querySelectorAll("[data-row]") ?? [])]);
  return rows.map((row) => {
    const [name, path] = row.querySelectorAll("input");
    return { row, name: name.value, path: path.value };
  });
}

/** Their names by path. @param {HTMLFormElement} form @returns {Map<string, string>} */
export const newFieldsOf = (form) => new Map(rowsIn(form).map(({ name, path }) => [path, name]));

/** @param {HTMLFormElement} form @param {NewField[]} fields */
export function listNewFields(form, fields) {
  const list = listIn(form);
  for (const { name, path } of fields) if (list && !newFieldsOf(form).has(path)) addRow(list, name, path);
}

/** @param {HTMLFormElement} form @param {string} path */
export function dropNewField(form, path) {
  const list = listIn(form);
  const found = rowsIn(form).find((row) => row.path === path);
  if (list && found) removeRow(list, found.row);
}

/** Tells the trees of answers that the list has changed. @param {Event} event */
export function announceNewFields(event) {
  const field = /** @type {HTMLElement} */ (event.target);
  if (field.closest('[data-rows="new_fields"]'))
    field.closest("form")?.dispatchEvent(new CustomEvent("marl:new-fields"));
}
