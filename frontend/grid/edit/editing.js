/**
 * The editor of a cell. It is inside the cell, and the elements of its row stay until it closes.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 */

import { toast } from "../../ui/notices.js";
import { isComputed, isTrue, plainText } from "../cells.js";
import { edit } from "./edits.js";

const ISO_DATE = /^(\d{4}-\d{2}-\d{2})?$/;

export class Editing {
  /** @type {{ close: (save: boolean) => void } | undefined} */
  #open;

  /** @param {Grid} grid @param {(row: number, column: number) => void} showDetails of cells that cannot be typed into */
  constructor(grid, showDetails) {
    this.grid = grid;
    this.showDetails = showDetails;
  }

  get isOpen() {
    return this.#open !== undefined;
  }

  /** Opens the active cell. `typed`: a character is about to arrive, so the editor starts empty. @param {{ typed?: boolean }} [how] */
  open({ typed = false } = {}) {
    const { rows, columns, selection, viewport, canEdit } = this.grid;
    const { row, column: at } = selection;
    const column = columns.list[at];
    const data = rows.at(row);
    if (!column || row < 0) return;
    if (isComputed(column)) return typed ? undefined : this.showDetails(row, at);
    if (!canEdit) return toast("View only. Ask an owner for the editor role to change this.");
    if (!data) return;
    if (column.type === "checkbox") return typed ? undefined : this.toggle();
    viewport.reveal(row, at);
    const cell = viewport.cellElement(row, at);
    if (!cell) return;
    const before = data.cells[column.id]?.value;
    this.#edit(cell, { row, column, rowId: data.id, before, typed });
  }

  /** Ticks or unticks the active checkbox. */
  toggle() {
    const { rows, columns, selection } = this.grid;
    const column = columns.list[selection.column];
    const data = rows.at(selection.row);
    if (!data || column?.type !== "checkbox") return;
    const before = data.cells[column.id]?.value;
    void edit(
      this.grid,
      [{ rowId: data.id, columnId: column.id, before, after: !isTrue(before) }],
      `edit of ${column.name}`,
      { typing: true },
    );
  }

  /** Closes the editor, if one is open, and saves its value. */
  finish() {
    this.#open?.close(true);
  }

  /** @param {HTMLElement} cell @param {{ row: number, column: Column, rowId: number, before: unknown, typed: boolean }} what */
  #edit(cell, { row, column, rowId, before, typed }) {
    const { viewport, sheet } = this.grid;
    const unpin = viewport.pin(row);
    const editor = newEditor(column, row, before, typed);
    const shown = [...cell.childNodes];
    cell.replaceChildren(editor);
    cell.classList.add("edited"); // until the row's elements go, with the editor
    editor.focus();
    if (!typed && editor instanceof HTMLTextAreaElement)
      editor.setSelectionRange(editor.value.length, editor.value.length);
    /** @param {boolean} save */
    const close = (save) => {
      if (!this.#open) return;
      this.#open = undefined;
      removeEventListener("beforeunload", ask);
      forget();
      const change = typedChange();
      const hadFocus = editor.contains(document.activeElement);
      cell.replaceChildren(...shown);
      unpin();
      if (hadFocus) sheet.focus({ preventScroll: true });
      if (save && change) void edit(this.grid, [change], `edit of ${column.name}`, { typing: true });
    };
    const typedChange = () =>
      editor.value === plainText(before)
        ? undefined
        : { rowId, columnId: column.id, before: before ?? null, after: editor.value };
    const forget = this.grid.unsaved.keep(() => {
      const change = typedChange();
      return change && { changes: [change], added: [] };
    });
    /** @param {BeforeUnloadEvent} event */
    const ask = (event) => {
      if (typedChange() && !this.grid.unsaved.isSignedOut) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    this.#open = { close };
    editor.addEventListener("keydown", (event) => this.#key(/** @type {KeyboardEvent} */ (event), editor, typed));
    editor.addEventListener("input", () => this.grid.openRows.key(rowId));
    editor.addEventListener("blur", () => close(true));
  }

  /** @param {KeyboardEvent} event @param {HTMLInputElement | HTMLTextAreaElement} editor @param {boolean} typed */
  #key(event, editor, typed) {
    event.stopPropagation();
    if (event.isComposing) return;
    const newLine = event.key === "Enter" && (event.shiftKey || event.altKey);
    // Arrows leave the editor only when it was opened by typing, as in a spreadsheet.
    const leaves = typed && !event.shiftKey && LEAVE[event.key];
    if (newLine && editor instanceof HTMLTextAreaElement) {
      event.preventDefault();
      editor.setRangeText("\n", editor.selectionStart, editor.selectionEnd, "end");
    } else if (event.key === "Escape") this.#end(event, false, 0, 0);
    else if (event.key === "Enter") this.#end(event, true, 1, 0);
    else if (event.key === "Tab") this.#end(event, true, 0, event.shiftKey ? -1 : 1);
    else if (leaves) this.#end(event, true, ...leaves);
  }

  /** @param {Event} event @param {boolean} save @param {number} down @param {number} right */
  #end(event, save, down, right) {
    event.preventDefault();
    this.#open?.close(save);
    const { selection, viewport } = this.grid;
    if (!down && !right) return;
    selection.move(Math.max(0, selection.row + down), selection.column + right);
    viewport.reveal(selection.row, selection.column);
  }
}

/** @type {Record<string, [number, number]>} rows down and columns right */
const LEAVE = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Makes the control for a value of a column. @param {Column} column @param {number} row @param {unknown} before @param {boolean} typed */
export function newEditor(column, row, before, typed) {
  const text = plainText(before);
  const calendar = column.type === "date" && !typed && ISO_DATE.test(text);
  const editor = document.createElement(calendar ? "input" : "textarea");
  if (editor instanceof HTMLInputElement) editor.type = "date";
  else editor.rows = 1;
  editor.className = "editor";
  editor.value = typed ? "" : text;
  editor.setAttribute("aria-label", `${column.name}, row ${row + 1}`);
  if (column.type === "number") editor.inputMode = "decimal";
  if (column.type === "date" && !calendar) editor.setAttribute("placeholder", "2026-12-31");
  editor.spellcheck = false;
  return editor;
}
