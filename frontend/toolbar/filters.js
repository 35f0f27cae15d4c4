/**
 * The popover of the filters: column, test and value, applied while they are edited.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Filter} Filter
 */

import { button, make } from "../ui/elements.js";
import { isComplete, newFilter, operatorOf, operatorsBeside, STATES, withOperator } from "./operators.js";
import { fillOnOpen, newSelect } from "./popover.js";

const TYPING_MS = 350;

export class Filters {
  /** The filters as they are edited; some may not be complete. @type {Filter[]} */
  #drafts = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Grid} grid @param {HTMLElement} popover @param {HTMLElement} button */
  constructor(grid, popover, button) {
    this.grid = grid;
    this.popover = popover;
    fillOnOpen(popover, button, () => this.#begin());
    popover.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault(); // otherwise the key presses the button that gets the focus, which opens it again
      popover.hidePopover();
    });
    popover.addEventListener(
      "beforetoggle",
      (event) => /** @type {ToggleEvent} */ (event).newState === "closed" && this.#flush(),
    );
  }

  #begin() {
    const [first] = this.grid.columns.list;
    this.#drafts = [...this.grid.view.spec.filters];
    if (!this.#drafts.length && first) this.#drafts.push(newFilter(first));
    this.#build();
    this.#focus(this.#drafts.length - 1);
  }

  #build() {
    const lines = this.#drafts.map((draft, at) => this.#newLine(draft, at));
    const add = button("+ Add filter", "btn ghost", () => this.#add());
    const clear = button("Clear all", "btn ghost", () => this.#set([]));
    clear.disabled = !this.#drafts.length;
    const hint = this.#drafts.length > 1 ? "Rows match all of these." : "Show only the rows where";
    this.popover.replaceChildren(make("p", "hint", hint), ...lines, make("div", "foot", add, clear));
  }

  /** @param {Filter} draft @param {number} at */
  #newLine(draft, at) {
    const { columns } = this.grid;
    const column = columns.byId(draft.column) ?? columns.all[0];
    const operator = operatorOf(column, draft.op);
    const operators = operatorsBeside(column, draft.op);
    const what = newSelect(
      `Column of filter ${at + 1}`,
      columns.all.map(({ id, name }) => [String(id), name]),
      String(column.id),
      (id) => {
        const other = columns.byId(Number(id));
        if (other) this.#put(at, newFilter(other));
      },
    );
    const test = newSelect(
      `Test of filter ${at + 1}`,
      operators.map(({ op, words }) => [op, words]),
      operator.op,
      (op) => {
        this.#put(at, withOperator(column, operatorOf(column, /** @type {Filter["op"]} */ (op)), draft.value));
      },
    );
    const remove = button("✕", "btn ghost", () => this.#set(this.#drafts.toSpliced(at, 1)), {
      ariaLabel: `Remove filter ${at + 1}`,
    });
    return make("div", "one", what, test, this.#newValue(draft, at, operator.input), remove);
  }

  /** @param {Filter} draft @param {number} at @param {import("./operators.js").Operator["input"]} input */
  #newValue(draft, at, input) {
    const label = `Value of filter ${at + 1}`;
    if (!input) return make("span", "");
    if (input === "state")
      return newSelect(label, STATES, String(draft.value), (value) => this.#put(at, { ...draft, value }));
    const field = make("input", {
      className: "in",
      type: input === "date" ? "date" : "text",
      value: String(draft.value ?? ""),
      ariaLabel: label,
    });
    if (input === "number") field.inputMode = "decimal";
    field.addEventListener("input", () => {
      this.#drafts[at] = { ...draft, value: field.value.trim() };
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#apply(), TYPING_MS);
    });
    return field;
  }

  /** @param {number} at @param {Filter} filter */
  #put(at, filter) {
    this.#set(this.#drafts.with(at, filter));
    this.#focus(at);
  }

  /** @param {Filter[]} drafts */
  #set(drafts) {
    this.#drafts = drafts;
    this.#build();
    this.#apply();
  }

  #add() {
    const [first] = this.grid.columns.list;
    if (first) this.#set([...this.#drafts, newFilter(first)]);
    this.#focus(this.#drafts.length - 1);
  }

  /** Focuses what is to be filled in next: the value or, without one, the test. @param {number} at */
  #focus(at) {
    const line = this.popover.querySelectorAll(".one")[at];
    const fields = line?.querySelectorAll("select, input") ?? [];
    /** @type {HTMLElement | undefined} */ (fields[fields.length - 1])?.focus();
  }

  #flush() {
    if (this.#timer !== undefined) this.#apply();
  }

  #apply() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const filters = this.#drafts.filter(isComplete);
    if (JSON.stringify(filters) !== JSON.stringify(this.grid.view.spec.filters))
      void this.grid.view.change({ filters });
  }
}
