/**
 * The row that the address names (`?row=`), which opens as a record: so a mention leads to its row.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */

import { openRecord } from "../grid/signals.js";
import { api, reasonOf } from "../ui/api.js";
import { toast } from "../ui/notices.js";

/** @returns {string} the id of the row, which is taken out of the address: a reload opens it no more */
function takeName() {
  const address = new URL(location.href);
  const id = address.searchParams.get("row") ?? "";
  address.searchParams.delete("row");
  history.replaceState(history.state, "", address);
  return id;
}

/** Lets the next load of the page open a row. @param {number} id */
export function nameRow(id) {
  const address = new URL(location.href);
  address.searchParams.set("row", String(id));
  history.replaceState(history.state, "", address);
}

/** Resolves when the rows of the view have been opened. @param {Grid} grid */
function viewIsOpen({ view, rows }) {
  if (!view.active || rows.view) return Promise.resolve();
  return new Promise((resolve) => view.addEventListener("open", () => resolve(undefined), { once: true }));
}

/** Opens the row; a view that leaves it out makes room for all rows. @param {Grid} grid */
export async function openNamedRow(grid) {
  const id = takeName();
  if (!/^\d+$/.test(id)) return;
  const { rows, view, selection, viewport } = grid;
  try {
    const row = await api("GET", `/tables/${grid.table.id}/rows/${id}`);
    await viewIsOpen(grid);
    let index = await rows.indexOf(row.id, row.position);
    if (index < 0) {
      await view.show("", { filters: [], sorts: [], search: "", errors: false });
      index = row.position;
    }
    selection.move(index, 0);
    viewport.reveal(index, 0);
    openRecord(index);
  } catch (error) {
    toast(`Can't open the row. ${reasonOf(error)}`);
  }
}
