/**
 * The values of the column that a view is grouped by, with the number of rows of each; one that is picked shows its rows
 * alone. They stand beside the grid and not between its rows, so that a million rows keep their places and indexes.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("../grid/types.d.ts").ValueGroup} ValueGroup
 * @typedef {import("../ui/menu.js").Item} Item
 */

import { keyOf } from "../grid/columns.js";
import { forApi } from "../grid/conditions.js";
import { api, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";
import { iconButton } from "../ui/icons.js";
import { openMenu } from "../ui/menu.js";

/** Dispatches `change` when there are other groups. */
export class Groups extends EventTarget {
  /** @type {ValueGroup[]} */
  items = [];
  #problem = "";
  /** What the groups were counted for. */
  #key = "";
  #picked = "";
  #request = 0;

  /** @param {Grid} grid @param {HTMLElement} aside */
  constructor(grid, aside) {
    super();
    this.grid = grid;
    this.aside = aside;
    aside.addEventListener("keydown", (event) => this.#move(event));
    grid.view.addEventListener("change", () => this.#follow());
    grid.view.addEventListener("open", () => this.#refresh());
    grid.columns.addEventListener("change", () => this.#paint());
    this.#follow();
  }

  get column() {
    const { group } = this.grid.view.spec;
    return group === null ? undefined : this.grid.columns.byId(group);
  }

  /** Says which group is picked, in words. */
  get words() {
    const picked = this.items.find((item) => this.#isPicked(item));
    const name = this.column?.name ?? "";
    return picked ? `${name}: ${wordsOf(picked)}` : `Grouped by ${name}`;
  }

  /** Opens the groups as a menu. @param {HTMLElement} opener */
  openMenu(opener) {
    const { view } = this.grid;
    /** @type {Item[]} */
    const items = this.items.map((item) => ({
      text: wordsOf(item),
      note: formatNumber(item.count),
      checked: this.#isPicked(item),
      run: () => void view.pick(item.filter),
    }));
    const all = { text: "All groups", checked: view.picked === null, run: () => void view.pick(null) };
    openMenu(opener, [all, "line", ...items], { label: "Groups", back: opener });
  }

  /** Counts again when something else is shown. */
  #follow() {
    const { group, filters, search, errors } = this.grid.view.spec;
    const key = JSON.stringify([group, filters, search, errors]);
    if (key !== this.#key) void this.#load(key);
    else this.#paint();
  }

  /** Counts again when the same view was opened again, but not when a group was picked. */
  #refresh() {
    const picked = JSON.stringify(this.grid.view.picked);
    if (picked === this.#picked && this.column) void this.#load(this.#key);
    this.#picked = picked;
  }

  /** @param {string} key */
  async #load(key) {
    this.#key = key;
    this.#request += 1;
    const request = this.#request;
    const { column } = this;
    this.aside.ariaBusy = String(column !== undefined);
    try {
      const items = column ? await this.#count(column) : [];
      if (request !== this.#request) return;
      [this.items, this.#problem] = [items, ""];
    } catch (error) {
      if (request !== this.#request) return;
      [this.items, this.#problem] = [[], `Can't count the groups. ${reasonOf(error)}`];
    }
    this.aside.ariaBusy = "false";
    this.#paint();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Column} column @returns {Promise<ValueGroup[]>} */
  async #count({ id }) {
    const { filters, search, errors } = this.grid.view.spec;
    const filter = JSON.stringify(forApi(filters));
    const query = new URLSearchParams({ column: keyOf(id), filter, search, errors: String(errors) });
    return (await api("GET", `/tables/${this.grid.table.id}/groups?${query}`)).items;
  }

  /** @param {ValueGroup} item */
  #isPicked({ filter }) {
    return JSON.stringify(filter) === JSON.stringify(this.grid.view.picked);
  }

  #paint() {
    const { column, aside } = this;
    const { view } = this.grid;
    const focused = document.activeElement?.getAttribute("data-group");
    aside.hidden = column === undefined;
    if (!column) return aside.replaceChildren();
    const ungroup = iconButton("close", "Remove grouping", "btn ghost icon-only", () => {
      void view.change({ group: null });
      this.grid.sheet.focus({ preventScroll: true });
    });
    const all = this.#newButton("All groups", view.picked === null, null);
    const list = this.items.map((item) =>
      this.#newButton(wordsOf(item), this.#isPicked(item), item.filter, formatNumber(item.count)),
    );
    const problem = this.#problem ? [make("p", "hint", this.#problem)] : [];
    aside.replaceChildren(make("div", "title", make("h2", "", column.name), ungroup), ...problem, all, ...list);
    if (focused)
      /** @type {HTMLElement | null} */ (aside.querySelector(`[data-group='${CSS.escape(focused)}']`))?.focus();
  }

  /** @param {string} words @param {boolean} isPicked @param {ValueGroup["filter"] | null} filter @param {string} [count] */
  #newButton(words, isPicked, filter, count) {
    const made = button("", "group", () => void this.grid.view.pick(filter), { ariaPressed: String(isPicked) });
    made.dataset.group = filter ? JSON.stringify(filter) : "all";
    made.append(make("span", { className: "name", title: words }, words));
    if (count) made.append(make("span", "count", count));
    return made;
  }

  /** Arrow keys move among the groups. @param {KeyboardEvent} event */
  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = /** @type {HTMLElement[]} */ ([...this.aside.querySelectorAll(".group")]);
    const now = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    all[(now + step + all.length) % all.length]?.focus();
  }
}

/** @param {ValueGroup} item */
function wordsOf({ value }) {
  if (typeof value === "boolean") return value ? "Ticked" : "Not ticked";
  return value === "" ? "(empty)" : value;
}
