/**
 * The bar above the grid: views, filters, sorts, columns, row height and search.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */

import { byId } from "../ui/elements.js";
import { plural } from "../ui/format.js";
import { Filters } from "./filters.js";
import { Groups } from "./groups.js";
import { showMissingColumns } from "./missing-columns.js";
import { OnlyErrors } from "./only-errors.js";
import { offerHeights } from "./row-height.js";
import { listenToSearch } from "./row-search.js";
import { ShownColumns } from "./shown-columns.js";
import { Sorts } from "./sorts.js";
import { startViewLine } from "./view-line.js";
import { ViewTabs } from "./view-tabs.js";

/** @param {Grid} grid @param {HTMLElement} bar */
export function startToolbar(grid, bar) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (bar.querySelector(`[data-part="${name}"]`));
  const popover = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (document.getElementById(`${name}-popover`));
  new ViewTabs(grid, part("views"), new OnlyErrors(grid).tab);
  new Filters(grid, popover("filter"), part("filter"));
  new Sorts(grid, popover("sort"), part("sort"));
  new ShownColumns(grid, popover("columns"), part("columns"));
  offerHeights(grid, part("row-height"));
  showMissingColumns(grid, byId("empty-missing"));
  startViewLine(grid, part("line"), part, new Groups(grid, byId("groups")));
  const search = /** @type {HTMLInputElement} */ (part("search"));
  search.value = grid.view.spec.search; // remembered from the last time
  listenToSearch(grid, search);
  part("refresh").addEventListener("click", () => {
    void grid.view.refresh();
    grid.sheet.focus({ preventScroll: true });
  });
  document.getElementById("clear-view")?.addEventListener("click", () => {
    void grid.view.clear();
    grid.sheet.focus({ preventScroll: true });
  });
  const paint = () => {
    if (document.activeElement !== search) search.value = grid.view.spec.search;
    search.placeholder = `Search ${plural(grid.rows.tableTotal, "row")}`;
    paintRefresh(part("refresh"), grid.view.outdated);
    mark(part("columns"), "Columns", grid.columns.all.length - grid.columns.count, "hidden");
  };
  grid.view.addEventListener("change", paint);
  grid.columns.addEventListener("change", paint);
  grid.rows.addEventListener("total", paint);
  paint();
}

const REFRESH = {
  changed: { text: "Rows changed · Refresh", title: "Filter and sort the rows as they are now" },
  cancelled: { text: "Cancelled · Try again", title: "Look through the rows again" },
};

/** @param {HTMLElement} button @param {"" | "changed" | "cancelled"} why */
function paintRefresh(button, why) {
  button.hidden = !why;
  if (!why) return;
  button.title = REFRESH[why].title;
  /** @type {HTMLElement} */ (button.querySelector("span")).textContent = REFRESH[why].text;
}

/** @param {HTMLElement} button @param {string} name @param {number} count @param {string} word */
function mark(button, name, count, word) {
  const text = count ? `${name} · ${count} ${word}` : name;
  button.ariaLabel = button.title = text;
  /** @type {HTMLElement} */ (button.querySelector(".words")).textContent = text;
}
