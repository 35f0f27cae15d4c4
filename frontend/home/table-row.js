/** A row of the list of tables: renames, copies and deletes its table. */

import { announce, newItem, watchImport } from "../imports/under-way.js";
import { api, reasonOf } from "../ui/api.js";
import { toast } from "../ui/notices.js";
import { renameInPlace } from "../ui/rename.js";

const ACTIONS = { rename: "Rename", duplicate: "Duplicate", delete: "Delete" };

/** @param {HTMLElement} row */
const linkOf = (row) => /** @type {HTMLElement} */ (row.querySelector(".name a"));

/** @param {HTMLElement} row */
export function listenToRow(row) {
  const cell = /** @type {HTMLElement} */ (row.querySelector(".name"));
  const startRename = () =>
    renameInPlace(cell, {
      label: "Table name",
      name: row.dataset.name ?? "",
      save: (name) => rename(row, name),
    });
  row.querySelector("[data-rename]")?.addEventListener("click", startRename);
  row.querySelector("[data-duplicate]")?.addEventListener("click", () => void duplicate(row));
  row.querySelector("[data-delete]")?.addEventListener("click", () => void remove(row));
}

/** @param {HTMLElement} row @param {string} name */
async function rename(row, name) {
  try {
    const table = await api("PATCH", `/tables/${row.dataset.table}`, { name });
    row.dataset.name = table.name;
    linkOf(row).textContent = table.name;
    for (const [action, word] of Object.entries(ACTIONS)) {
      row.querySelector(`[data-${action}]`)?.setAttribute("aria-label", `${word} ${table.name}`);
    }
  } catch (error) {
    toast(`The table was not renamed. ${reasonOf(error)}`);
  }
}

/** @param {HTMLElement} row */
async function remove(row) {
  const { table, name } = row.dataset;
  try {
    await api("DELETE", `/tables/${table}`);
  } catch (error) {
    toast(`The table was not deleted. ${reasonOf(error)}`);
    return;
  }
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const parent = row.parentElement;
  row.remove();
  if (neighbour) linkOf(/** @type {HTMLElement} */ (neighbour)).focus();
  toast(`Deleted “${name}” and stopped its runs.`, { undo: () => void restore(row, parent, neighbour) });
}

/** @param {HTMLElement} row @param {HTMLElement | null} parent @param {Element | null} neighbour */
async function restore(row, parent, neighbour) {
  try {
    await api("POST", `/tables/${row.dataset.table}/restore`);
    parent?.insertBefore(row, neighbour?.parentElement === parent ? neighbour : null);
    linkOf(row).focus();
    announce(`Restored ${row.dataset.name}.`);
  } catch (error) {
    toast(`The table wasn't restored. ${reasonOf(error)}`);
  }
}

/** @param {HTMLElement} row */
async function duplicate(row) {
  try {
    const started = await api("POST", `/tables/${row.dataset.table}/duplicate`);
    void watchImport(newItem(started.name), started, {});
  } catch (error) {
    toast(`The table was not duplicated. ${reasonOf(error)}`);
  }
}
