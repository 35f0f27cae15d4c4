/**
 * The bar above the grid: filters, sorts, columns, errors and search, and a chip for each filter and sort.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */

import { button, make } from "../ui/elements.js";
import { plural } from "../ui/format.js";
import { Filters } from "./filters.js";
import { OnlyErrors } from "./only-errors.js";
import { wordsOf } from "./operators.js";
import { listenToSearch } from "./row-search.js";
import { ShownColumns } from "./shown-columns.js";
import { Sorts } from "./sorts.js";

/** @param {Grid} grid @param {HTMLElement} bar */
export function startToolbar(grid, bar) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (bar.querySelector(`[data-part="${name}"]`));
  const popover = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (document.getElementById(`${name}-popover`));
  new Filters(grid, popover("filter"), part("filter"));
  new Sorts(grid, popover("sort"), part("sort"));
  new ShownColumns(grid, popover("columns"), part("columns"));
  new OnlyErrors(grid, part("errors"));
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
    if (!grid.view.spec.search && document.activeElement !== search) search.value = "";
    search.placeholder = `Search ${plural(grid.rows.tableTotal, "row")}`;
    part("refresh").hidden = !grid.view.outdated;
    part("chips").replaceChildren(...chips(grid, part));
    mark(part("columns"), "Columns", grid.columns.all.length - grid.columns.count, "hidden");
  };
  grid.view.addEventListener("change", paint);
  grid.columns.addEventListener("change", paint);
  grid.rows.addEventListener("total", paint);
  paint();
}

/** @param {HTMLElement} button @param {string} name @param {number} count @param {string} word */
function mark(button, name, count, word) {
  button.textContent = count ? `${name} · ${count} ${word}` : name;
}

/** @param {Grid} grid @param {(name: string) => HTMLElement} part */
function chips({ view, columns, sheet }, part) {
  const { filters, sorts } = view.spec;
  /** @param {string} words @param {string} of @param {() => void} remove */
  const chip = (words, of, remove) => {
    const open = button(words, "words", () => {
      part(of).focus(); // the chip may be gone when the popover closes
      part(of).click();
    });
    const onRemove = () => {
      remove();
      sheet.focus({ preventScroll: true });
    };
    return make("span", "chip", open, button("✕", "close", onRemove, { ariaLabel: `Remove: ${words}` }));
  };
  return [
    ...filters.flatMap((filter, at) => {
      const column = columns.byId(filter.column);
      return column
        ? [chip(wordsOf(column, filter), "filter", () => void view.change({ filters: filters.toSpliced(at, 1) }))]
        : [];
    }),
    ...sorts.flatMap(({ column: id, desc }, at) => {
      const column = columns.byId(id);
      return column
        ? [
            chip(
              `${desc ? "↓" : "↑"} ${column.name}`,
              "sort",
              () => void view.change({ sorts: sorts.toSpliced(at, 1) }),
            ),
          ]
        : [];
    }),
  ];
}
