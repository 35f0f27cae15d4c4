/**
 * One value of a record: its column's name and a control to edit it, or the result of a computed column.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("../grid/types.d.ts").Cell} Cell
 * @typedef {import("../grid/types.d.ts").Row} Row
 */

import { isComputed, isTrue, lookOf, plainText, stateText } from "../grid/cells.js";
import { newEditor } from "../grid/edit/editing.js";
import { edit } from "../grid/edit/edits.js";
import { cut } from "../grid/summary.js";
import { button, make } from "../ui/elements.js";
import { icon } from "../ui/icons.js";

const LONGEST = 1000; // characters of a result; the inspector has the rest

/** The words for a result: its state, or all of a value that is neither an object nor a list. @param {Cell} cell */
export function resultText(cell) {
  const isWhole = lookOf(cell) === "ok" && typeof cell.value !== "object";
  return cut((isWhole ? plainText(cell.value) : stateText(cell)) || "–", LONGEST);
}

export class RecordField {
  element = make("div", "record-field");
  #value = make("div", "record-value");
  /** The cell as it is drawn; null before the first time. @type {Cell | undefined | null} */
  #cell = null;
  /** @type {HTMLInputElement | HTMLTextAreaElement | undefined} */
  #control;
  /** The text of the control when it was drawn: what differs was typed. */
  #shown = "";

  /** @param {Grid} grid @param {Column} column @param {number} rowId @param {(columnIndex: number) => void} inspect */
  constructor(grid, column, rowId, inspect) {
    this.grid = grid;
    this.column = column;
    this.rowId = rowId;
    this.inspect = inspect;
    const name = make(isComputed(column) ? "div" : "label", "record-name", icon(column.type), column.name);
    if (name instanceof HTMLLabelElement) name.htmlFor = this.#id;
    if (column.hidden) name.append(make("span", "hint", "hidden"));
    this.element.append(name, this.#value);
  }

  get #id() {
    return `record-${this.column.id}`;
  }

  get isTyped() {
    return this.#control !== undefined && this.#control.value !== this.#shown;
  }

  /** Shows the cell, unless it is shown already or somebody is typing over it. @param {Row} row */
  draw(row) {
    const cell = row.cells[this.column.id];
    if (cell === this.#cell || this.isTyped) return;
    const isSame = this.#control !== undefined && plainText(cell?.value) === plainText(this.#cell?.value);
    this.#cell = cell;
    if (isSame) return; // it was fetched again: the cursor stays where it is
    this.#value.replaceChildren(...(isComputed(this.column) ? this.#result() : [this.#newControl()]));
  }

  focus() {
    this.#control?.focus();
  }

  /** The edit that leaving the control would save. @returns {import("../grid/types.d.ts").Change | undefined} */
  get typed() {
    return this.isTyped ? this.#changeTo(this.#control?.value) : undefined;
  }

  /** Saves what was typed. */
  finish() {
    if (!this.#control || !this.isTyped) return;
    this.#shown = this.#control.value;
    this.#save(this.#control.value);
  }

  /** @param {unknown} after */
  #changeTo(after) {
    return { rowId: this.rowId, columnId: this.column.id, before: this.#cell?.value ?? null, after };
  }

  /** @param {unknown} after */
  #save(after) {
    void edit(this.grid, [this.#changeTo(after)], `edit of ${this.column.name}`, { typing: true });
  }

  #newControl() {
    const control = this.column.type === "checkbox" ? this.#newCheckbox() : this.#newText();
    control.id = this.#id;
    control.setAttribute("aria-label", this.column.name);
    this.#control = control;
    this.#shown = control.value;
    return control;
  }

  #newCheckbox() {
    const checked = isTrue(this.#cell?.value);
    const box = make("input", { type: "checkbox", checked, disabled: !this.grid.canEdit });
    box.addEventListener("change", () => this.#save(box.checked));
    return box;
  }

  #newText() {
    const control = newEditor(this.column, 0, this.#cell?.value, false);
    control.className = "in";
    control.readOnly = !this.grid.canEdit;
    control.addEventListener("blur", () => this.finish());
    control.addEventListener("input", () => this.grid.openRows.key(this.rowId));
    control.addEventListener("keydown", (event) => this.#key(/** @type {KeyboardEvent} */ (event)));
    return control;
  }

  /** Enter saves, and Esc takes back what was typed before it closes the record. @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || !this.#control) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) this.finish();
    else if (event.key === "Escape" && this.isTyped) {
      this.#control.value = this.#shown;
      event.stopPropagation();
    } else return;
    event.preventDefault();
  }

  #result() {
    const cell = this.#cell ?? { value: null, state: "empty" };
    const parts = [make("p", `s state ${lookOf(cell)}`, resultText(cell))];
    const index = this.grid.columns.indexOf(this.column.id);
    if (index < 0) return parts; // the inspector is for columns that are shown
    const ariaLabel = `Inspect ${this.column.name}`;
    return [...parts, button("Inspect", "btn small", () => this.inspect(index), { ariaLabel })];
  }
}
