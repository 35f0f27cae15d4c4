/**
 * The popover of the sorts: the first one counts most.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Sort} Sort
 */

import { button, make } from "../ui/elements.js";
import { iconButton } from "../ui/icons.js";
import { fillOnOpen, newSelect } from "./popover.js";

/** @type {[string, string][]} */
const WAYS = [
  ["asc", "Ascending"],
  ["desc", "Descending"],
];

export class Sorts {
  /** @param {Grid} grid @param {HTMLElement} popover @param {HTMLElement} button */
  constructor(grid, popover, button) {
    this.grid = grid;
    this.popover = popover;
    fillOnOpen(popover, button, () => {
      this.#build();
      popover.querySelector("select")?.focus();
    });
  }

  #build() {
    const { sorts } = this.grid.view.spec;
    const lines = sorts.map((sort, at) => this.#newLine(sort, at));
    const clear = button("Clear all", "btn ghost", () => this.#set([]));
    clear.disabled = !sorts.length;
    const hint = make("p", "hint", sorts.length > 1 ? "The first sort counts most." : "Sort the rows by");
    const foot = make("div", "foot", ...(sorts.length ? [clear] : []));
    this.popover.replaceChildren(hint, ...lines, ...this.#newAdder(), foot, ...this.#newGrouping());
  }

  /** The column that the rows are grouped by; whole answers are all different. */
  #newGrouping() {
    const { view, columns } = this.grid;
    /** @type {[string, string][]} */
    const names = columns.all.filter(({ type }) => type !== "http").map(({ id, name }) => [String(id), name]);
    const group = String(view.spec.group ?? "");
    const choice = newSelect("Group by", [["", "No groups"], ...names], group, (id) =>
      view.change({ group: id ? Number(id) : null }),
    );
    return [make("p", "hint", "Group the rows by"), make("div", "one sort", choice)];
  }

  /** @param {Sort} sort @param {number} at */
  #newLine({ column, desc }, at) {
    const { sorts } = this.grid.view.spec;
    const others = new Set(sorts.filter((_, i) => i !== at).map((sort) => sort.column));
    const names = this.#names(others);
    const what = newSelect(`Column of sort ${at + 1}`, names, String(column), (id) =>
      this.#set(sorts.with(at, { column: Number(id), desc })),
    );
    const way = newSelect(`Order of sort ${at + 1}`, WAYS, desc ? "desc" : "asc", (key) =>
      this.#set(sorts.with(at, { column, desc: key === "desc" })),
    );
    const remove = iconButton("close", `Remove sort ${at + 1}`, "btn ghost icon-only", () =>
      this.#set(sorts.toSpliced(at, 1)),
    );
    return make("div", "one sort", what, way, remove);
  }

  /** @param {Set<number>} taken @returns {[string, string][]} */
  #names(taken) {
    return this.grid.columns.all.filter(({ id }) => !taken.has(id)).map(({ id, name }) => [String(id), name]);
  }

  /** Makes the select that adds a sort; none if every column has one. */
  #newAdder() {
    const { sorts } = this.grid.view.spec;
    const names = this.#names(new Set(sorts.map((sort) => sort.column)));
    if (!names.length) return [];
    const words = sorts.length ? "then by…" : "Choose a column…";
    const add = newSelect(
      "Add a sort",
      [["", words], ...names],
      "",
      (id) => id && this.#set([...sorts, { column: Number(id), desc: false }]),
    );
    return [make("div", "one sort", add)];
  }

  /** @param {Sort[]} sorts */
  #set(sorts) {
    void this.grid.view.change({ sorts });
    const focused = document.activeElement?.ariaLabel;
    this.#build();
    const again = [...this.popover.querySelectorAll("select, button")].find(
      ({ ariaLabel }) => ariaLabel && ariaLabel === focused,
    );
    /** @type {HTMLElement | null | undefined} */ (again ?? this.popover.querySelector("select"))?.focus();
  }
}
