/**
 * The export menu: the rows of the view that is shown, or all rows of the table.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */

import { ApiError, api } from "../ui/api.js";
import { plural } from "../ui/format.js";

/** @param {Grid} grid @param {HTMLElement} menu */
export function offerExport(grid, menu) {
  const { rows, view } = grid;
  const choice = /** @type {HTMLFieldSetElement} */ (menu.querySelector("fieldset"));
  const [shown, all] = choice.querySelectorAll("input");
  const paint = () => {
    choice.hidden = !rows.view;
    const these = rows.total === 1 ? "This 1 row" : `These ${plural(rows.total, "row")}`;
    setText(shown, view.narrows ? these : "As sorted here");
    setText(all, view.narrows ? `All ${plural(rows.tableTotal, "row")}` : "In the order of the table");
    for (const link of menu.querySelectorAll("a")) {
      const { searchParams } = new URL(link.href);
      if (rows.view && shown.checked) searchParams.set("view", rows.view);
      else searchParams.delete("view");
      link.search = searchParams.toString();
    }
  };
  rows.addEventListener("total", paint);
  choice.addEventListener("change", paint);
  menu.addEventListener("beforetoggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") void ensureView(grid);
  });
  paint();
}

/** @param {HTMLInputElement} radio @param {string} words */
function setText(radio, words) {
  /** @type {HTMLElement} */ (radio.nextElementSibling).textContent = words;
}

/** Opens a view that has expired again, because a download could not report that. @param {Grid} grid */
async function ensureView({ rows, table, view }) {
  if (!rows.view) return;
  try {
    await api("GET", `/tables/${table.id}/rows?view=${rows.view}&limit=0`);
  } catch (error) {
    if (error instanceof ApiError && error.code === "view_gone") await view.refresh();
  }
}
