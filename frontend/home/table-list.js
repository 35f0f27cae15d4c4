/** The list of tables while the page is open: tables come in, and the first steps stand in its place without any. */

import { byId } from "../ui/elements.js";
import { listenToRow, showWhetherEmpty } from "./table-row.js";

/** @param {ParentNode} parent */
const rowsIn = (parent) => /** @type {HTMLElement[]} */ ([...parent.querySelectorAll("[data-table]")]);

/** @param {HTMLElement} row */
const listen = (row) => listenToRow(row, () => void refreshList());

/** Listens to the tables that the page came with. */
export const startList = () => rowsIn(document).forEach(listen);

/** Adds the tables that have come since, and takes out those that are gone; others keep their place, and the focus. */
export async function refreshList() {
  const response = await fetch(location.pathname).catch(() => null);
  if (!response?.ok) return; // the next load of the page has all of them
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const body = document.querySelector(".table-list tbody");
  const listed = new Map(rowsIn(document).map((row) => [row.dataset.table, row]));
  let next = null;
  for (const row of rowsIn(page).reverse()) {
    const known = listed.get(row.dataset.table);
    listed.delete(row.dataset.table);
    if (!known) {
      body?.insertBefore(row, next);
      listen(row);
    }
    next = known ?? row;
  }
  for (const gone of listed.values()) gone.remove();
  showWhetherEmpty();
  byId("search").dispatchEvent(new Event("input")); // narrows them by what is sought
}
