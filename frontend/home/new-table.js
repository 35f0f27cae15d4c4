/** The dialog for a new, empty table. */

import { api, reasonOf } from "../ui/api.js";

/** @param {HTMLDialogElement} dialog */
export function listenToNewTable(dialog) {
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const part = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (dialog.querySelector(`[data-part="${name}"]`));
  for (const button of document.querySelectorAll("[data-new-table]")) {
    button.addEventListener("click", () => dialog.showModal());
  }
  part("cancel").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    const create = /** @type {HTMLButtonElement} */ (part("create"));
    create.disabled = true;
    try {
      const columns = namesIn(String(fields.get("columns"))).map((name) => ({ name, type: "text" }));
      const table = await api("POST", "/tables", { name: String(fields.get("name")), columns });
      location.assign(`/tables/${table.id}`);
    } catch (error) {
      part("problem").textContent = reasonOf(error);
      part("problem").hidden = false;
      create.disabled = false;
    }
  });
}

/** Reads names from lines, or from the cells of a header row as a spreadsheet copies it. @param {string} text */
const namesIn = (text) =>
  text
    .split(/[\n\t]/)
    .map((name) => name.trim())
    .filter(Boolean);
