/**
 * The popover of the columns: which are shown, and which stay at the left. Many of them are searched.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 */

import { setHidden, setPinned } from "../grid/display.js";
import { button, make } from "../ui/elements.js";
import { icon } from "../ui/icons.js";
import { fillOnOpen } from "./popover.js";

const SEARCHED_FROM = 15; // columns, which fit without scrolling

export class ShownColumns {
  #search = make("input", {
    type: "search",
    className: "in",
    ariaLabel: "Search columns",
    placeholder: "Search columns",
  });
  #lines = make("div", "");

  /** @param {Grid} grid @param {HTMLElement} popover @param {HTMLElement} button */
  constructor(grid, popover, button) {
    this.grid = grid;
    this.popover = popover;
    popover.append(this.#search, this.#lines);
    fillOnOpen(popover, button, () => {
      this.#search.hidden = grid.columns.all.length < SEARCHED_FROM;
      this.#search.value = "";
      this.#build();
      /** @type {HTMLElement | null} */ (popover.querySelector("input:not([hidden])"))?.focus();
    });
    this.#search.addEventListener("input", () => this.#build());
    grid.columns.addEventListener("change", () => popover.matches(":popover-open") && this.#build());
    popover.addEventListener("keydown", (event) => this.#move(event));
  }

  #build() {
    const focused = document.activeElement?.id;
    const found = this.#found();
    const hidden = found.filter((column) => column.hidden);
    const all = button(this.#words ? "Show these" : "Show all", "btn ghost", () => {
      void setHidden(this.grid, hidden, false);
    });
    all.disabled = !hidden.length;
    const none = make("p", { className: "hint", role: "status" }, "No column has this in its name.");
    this.#lines.replaceChildren(...(found.length ? found.map((column) => this.#newLine(column)) : [none]));
    this.#lines.append(make("div", "foot", all));
    if (focused) document.getElementById(focused)?.focus();
  }

  get #words() {
    return this.#search.value.trim().toLocaleLowerCase();
  }

  #found() {
    return this.grid.columns.ordered.filter(({ name }) => name.toLocaleLowerCase().includes(this.#words));
  }

  /** @param {Column} column */
  #newLine(column) {
    const { grid } = this;
    const box = make("input", { type: "checkbox", id: `shown-${column.id}`, checked: !column.hidden });
    box.disabled = grid.columns.count === 1 && !column.hidden; // one must stay
    box.addEventListener("change", () => void setHidden(grid, [column], !box.checked));
    const sign = make("span", { className: "type", ariaHidden: "true" }, icon(column.type));
    const label = make("label", "check", box, sign, make("span", "name", column.name));
    const pin = button(column.pinned ? "Pinned" : "Pin", "pin", () => void setPinned(grid, column, !column.pinned), {
      id: `pinned-${column.id}`,
      ariaLabel: `Pin ${column.name}`,
      ariaPressed: String(column.pinned),
      disabled: !grid.canEdit || column.hidden,
    });
    return make("div", "shown", label, pin);
  }

  /** Moves up and down among the same controls of the columns. @param {KeyboardEvent} event */
  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const target = /** @type {Element} */ (event.target);
    const kind = target.matches("input") ? "input:not([hidden])" : target.matches(".pin") ? ".pin" : undefined;
    if (!step || !kind) return;
    event.preventDefault();
    const all = /** @type {HTMLElement[]} */ ([...this.popover.querySelectorAll(`${kind}:enabled`)]);
    all[(all.indexOf(/** @type {HTMLElement} */ (target)) + step + all.length) % all.length]?.focus();
  }
}
