/**
 * A row as a record: all of its columns one below the other, hidden ones too, and the comments on it. It follows the active row.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Row} Row
 * @typedef {import("./drawer.js").Drawer} Drawer
 */

import { make } from "../ui/elements.js";
import { iconButton } from "../ui/icons.js";
import { RowComments } from "./comments.js";
import { nameRow } from "./named-row.js";
import { RecordField } from "./record-field.js";

export class RowRecord {
  #row = -1;
  /** @type {RecordField[]} */
  #fields = [];
  /** The row and the columns that the fields were made for. */
  #built = "";

  /** @param {Grid} grid @param {Drawer} drawer @param {(row: number, columnIndex: number) => void} inspect */
  constructor(grid, drawer, inspect) {
    this.grid = grid;
    this.drawer = drawer;
    this.inspect = inspect;
    this.comments = new RowComments(grid);
    grid.selection.addEventListener("change", () => this.#follow());
    grid.rows.addEventListener("change", () => this.#refresh());
    grid.columns.addEventListener("change", () => this.#refresh());
    drawer.aside.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("marl:open-record", (event) => this.#open(/** @type {CustomEvent} */ (event).detail.row));
    grid.unsaved.keep(() => {
      const changes = this.#fields.flatMap(({ typed }) => typed ?? []);
      return changes.length ? { changes, added: [] } : undefined;
    });
    addEventListener("marl:signed-out", () => this.#comeBack());
    addEventListener("beforeunload", (event) => {
      if (this.#isTyped && !grid.unsaved.isSignedOut) event.preventDefault();
    });
  }

  get #isOpen() {
    return this.drawer.isShowing(this);
  }

  get #isTyped() {
    return this.comments.isTyped || this.#fields.some((field) => field.isTyped);
  }

  /** Names the row in the address, to which the sign-in leads back: there is what was typed. */
  #comeBack() {
    const row = this.grid.rows.at(this.#row);
    if (this.#isOpen && this.#isTyped && row) nameRow(row.id);
  }

  /** Opens a row, at the field of the active cell. @param {number} row */
  #open(row) {
    const { selection, columns } = this.grid;
    this.#row = row;
    if (selection.row !== row) selection.move(row, selection.column);
    this.#show();
    const active = columns.list[selection.column];
    this.#fields.find(({ column }) => column === active)?.focus();
  }

  /** Shows the row that has become the active one. */
  #follow() {
    const { row } = this.grid.selection;
    if (!this.#isOpen || row < 0 || row === this.#row) return;
    this.#row = row;
    this.#show();
  }

  /** Draws what has changed. */
  #refresh() {
    if (!this.#isOpen) return;
    const row = this.grid.rows.at(this.#row);
    if (this.#built !== this.#shapeOf(row)) return this.#show();
    if (row) this.drawer.keepFocus(() => this.#draw(row));
  }

  /** @param {Row} row */
  #draw(row) {
    for (const field of this.#fields) field.draw(row);
    this.comments.follow(row);
  }

  /** @param {Row | undefined} row */
  #shapeOf(row) {
    return JSON.stringify([
      row?.id,
      this.grid.columns.all.map(({ id, name, type, hidden }) => [id, name, type, hidden]),
    ]);
  }

  #show() {
    this.#finish();
    const { rows, columns } = this.grid;
    const row = rows.at(this.#row);
    this.#built = this.#shapeOf(row);
    this.#fields = row ? columns.all.map((column) => this.#newField(column, row)) : [];
    const loading = make("p", "hint", "Loading…");
    if (row) this.comments.show(row);
    this.drawer.show(this, {
      title: `Row ${rows.numberAt(this.#row)}`,
      body: row ? [...this.#fields.map(({ element }) => element), this.comments.element] : [loading],
      foot: this.#footPart(),
    });
  }

  /** @param {import("../grid/types.d.ts").Column} column @param {Row} row */
  #newField(column, row) {
    const field = new RecordField(this.grid, column, row.id, (index) => this.inspect(this.#row, index));
    field.draw(row);
    return field;
  }

  /** @returns {Node[]} */
  #footPart() {
    const keys = make("span", "hint keys", make("kbd", "", "Alt+↑"), make("kbd", "", "Alt+↓"), "other rows");
    const above = iconButton("ascending", "Row above", "btn icon-only", () => this.#step(-1));
    const below = iconButton("descending", "Row below", "btn icon-only", () => this.#step(1));
    above.ariaDisabled = String(this.#row <= 0);
    below.ariaDisabled = String(this.#row >= this.grid.rows.total - 1);
    return [keys, above, below];
  }

  /** Saves what was typed, while its row is still the active one. */
  #finish() {
    for (const field of this.#fields) field.finish();
  }

  /** @param {number} by rows */
  #step(by) {
    const { selection, viewport, rows } = this.grid;
    const to = this.#row + by;
    if (to < 0 || to >= rows.total) return;
    this.#finish();
    selection.move(to, selection.column);
    viewport.reveal(selection.row, selection.column);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!this.#isOpen || !by || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.#step(by);
  }
}
