/**
 * The popover of the filters: conditions and groups of them, applied while they are edited.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("../grid/types.d.ts").Filter} Filter
 * @typedef {import("./drafts.js").Draft} Draft
 */

import { button, make } from "../ui/elements.js";
import { iconButton } from "../ui/icons.js";
import { isDraft, toDraft, toFilters } from "./drafts.js";
import { newValue } from "./filter-value.js";
import { newFilter, operatorOf, operatorsBeside, withOperator } from "./operators.js";
import { fillOnOpen, newSelect, placeAgain } from "./popover.js";

const TYPING_MS = 350;
const DEEPEST = 2; // groups in the whole

/** @type {[string, string][]} */
const WAYS = [
  ["all", "and"],
  ["any", "or"],
];

export class Filters {
  /** @type {Draft} */
  #draft = { holds: "all", items: [] };
  /** The conditions in the order of the popover. @type {Filter[]} */
  #shown = [];
  /** A filter to begin with. @type {Filter | undefined} */
  #asked;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Grid} grid @param {HTMLElement} popover @param {HTMLElement} opener */
  constructor(grid, popover, opener) {
    this.grid = grid;
    this.popover = popover;
    this.opener = opener;
    fillOnOpen(popover, opener, () => this.#begin());
    popover.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault(); // otherwise the key presses the button that gets the focus, which opens it again
      popover.hidePopover();
    });
    popover.addEventListener(
      "beforetoggle",
      (event) => /** @type {ToggleEvent} */ (event).newState === "closed" && this.#flush(),
    );
    document.addEventListener("marl:filter-by", (event) => {
      const column = grid.columns.byId(/** @type {CustomEvent} */ (event).detail.columnId);
      if (!column) return;
      this.#asked = newFilter(column);
      opener.focus();
      opener.click();
    });
  }

  #begin() {
    const { filters } = this.grid.view.spec;
    const [first] = this.grid.columns.list;
    this.#draft = toDraft(structuredClone(filters)); // edited in place
    const next = this.#asked ?? (filters.length || !first ? undefined : newFilter(first));
    if (next && this.#asked && this.#draft.holds === "any") this.#draft = { holds: "all", items: [this.#draft, next] };
    else if (next) this.#draft.items.push(next);
    this.#asked = undefined;
    this.#build();
    this.#focus(this.#shown.at(-1));
  }

  #build() {
    this.#shown = [];
    const whole = this.#newLines(this.#draft, 0);
    const clear = button("Clear all", "btn ghost", () => this.#update(() => (this.#draft = toDraft([]))));
    clear.disabled = !this.#draft.items.length;
    const hint = make("p", "hint", "Show only the rows where");
    const add = button("+ Add filter", "btn ghost", () => this.#add(this.#draft));
    const group = button("+ Add group", "btn ghost", () => this.#addGroup(this.#draft));
    this.popover.replaceChildren(...[hint, ...whole, make("div", "foot", make("span", "", add, group), clear)]);
    placeAgain(this.popover, this.opener);
  }

  /** @param {Draft} draft @param {number} depth @returns {HTMLElement[]} */
  #newLines(draft, depth) {
    return draft.items.map((item, at) => {
      const joint = this.#newJoint(draft, at);
      const line = isDraft(item) ? this.#newGroup(draft, item, depth + 1) : this.#newLine(draft, item);
      return make("div", "part", joint, line);
    });
  }

  /** "Where", then "and" or "or", which one choice sets for all of the group. @param {Draft} draft @param {number} at */
  #newJoint(draft, at) {
    if (at === 0) return make("span", "joint", "Where");
    if (at > 1) return make("span", "joint", draft.holds === "any" ? "or" : "and");
    const name = draft === this.#draft ? "How filters are joined" : "How filters of the group are joined";
    return newSelect(name, WAYS, draft.holds, (holds) =>
      this.#update(() => (draft.holds = holds === "any" ? "any" : "all"), name),
    );
  }

  /** @param {Draft} parent @param {Draft} draft @param {number} depth */
  #newGroup(parent, draft, depth) {
    const add = button("+ Add to group", "btn ghost", () => this.#add(draft));
    const nest = button("+ Group in group", "btn ghost", () => this.#addGroup(draft));
    const remove = iconButton("close", "Remove group", "btn ghost icon-only", () => this.#remove(parent, draft));
    const foot = make("div", "foot", make("span", "", add, ...(depth < DEEPEST ? [nest] : [])), remove);
    const group = make("div", "filter-group", ...this.#newLines(draft, depth), foot);
    group.role = "group";
    group.ariaLabel = "Group of filters";
    return group;
  }

  /** @param {Draft} parent @param {Filter} filter */
  #newLine(parent, filter) {
    const { columns } = this.grid;
    const number = this.#shown.push(filter);
    const column = columns.byId(filter.column) ?? columns.all[0];
    const operator = operatorOf(column, filter.op);
    /** @param {Filter} other */
    const put = (other) => this.#update(() => this.#replace(parent, filter, other), other);
    const what = newSelect(
      `Column of filter ${number}`,
      columns.all.map(({ id, name }) => [String(id), name]),
      String(column.id),
      (id) => put(newFilter(columns.byId(Number(id)) ?? column)),
    );
    const test = newSelect(
      `Test of filter ${number}`,
      operatorsBeside(column, filter.op).map(({ op, words }) => [op, words]),
      operator.op,
      (op) => put(withOperator(column, operatorOf(column, /** @type {Filter["op"]} */ (op)), filter.value)),
    );
    const value = newValue(operator, filter, `alue of filter ${number}`, (given, isTyped) => {
      if (!isTyped) return put({ ...filter, value: given });
      filter.value = given;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#apply(), TYPING_MS);
    });
    const remove = iconButton("close", `Remove filter ${number}`, "btn ghost icon-only", () =>
      this.#remove(parent, filter),
    );
    return make("div", "one", what, test, value, remove);
  }

  /** @param {Draft} parent @param {Filter} filter @param {Filter} other */
  #replace(parent, filter, other) {
    parent.items[parent.items.indexOf(filter)] = other;
  }

  /** @param {Draft} parent @param {Filter | Draft} item */
  #remove(parent, item) {
    this.#update(() => parent.items.splice(parent.items.indexOf(item), 1));
    const last = this.popover.querySelector(".foot:last-child button");
    if (document.activeElement === document.body) /** @type {HTMLElement | null} */ (last)?.focus();
  }

  /** @param {Draft} draft */
  #add(draft) {
    const [first] = this.grid.columns.list;
    if (!first) return;
    const filter = newFilter(first);
    this.#update(() => draft.items.push(filter), filter);
  }

  /** @param {Draft} draft */
  #addGroup(draft) {
    const [first] = this.grid.columns.list;
    if (!first) return;
    const filter = newFilter(first);
    this.#update(() => draft.items.push({ holds: draft.holds === "any" ? "all" : "any", items: [filter] }), filter);
  }

  /** @param {() => void} change @param {Filter | string} [focused] a condition, or the name of a field */
  #update(change, focused) {
    change();
    this.#build();
    this.#apply();
    if (focused) this.#focus(focused);
  }

  /** Focuses what is to be filled in next: the value or, without one, the test. @param {Filter | string | undefined} focused */
  #focus(focused) {
    const fields = /** @type {HTMLElement[]} */ ([...this.popover.querySelectorAll("select, input, textarea")]);
    if (typeof focused === "string") return fields.find(({ ariaLabel }) => ariaLabel === focused)?.focus();
    const line = this.popover.querySelectorAll(".one")[focused ? this.#shown.indexOf(focused) : -1];
    fields.findLast((field) => line?.contains(field) && !field.ariaLabel?.startsWith("Upper"))?.focus();
  }

  #flush() {
    if (this.#timer !== undefined) this.#apply();
  }

  #apply() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { view, columns } = this.grid;
    const filters = toFilters(structuredClone(this.#draft), (id) => columns.byId(id));
    if (JSON.stringify(filters) !== JSON.stringify(view.spec.filters)) void view.change({ filters });
  }
}
