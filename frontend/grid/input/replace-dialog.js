/**
 * The dialog of find and replace: what, where, and how many cells it would change, counted while somebody types.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../edit/replacing.js").Search} Search
 * @typedef {import("../edit/replacing.js").Found} Found
 */

import { reasonOf } from "../../ui/api.js";
import { button, make } from "../../ui/elements.js";
import { plural } from "../../ui/format.js";
import { toast } from "../../ui/notices.js";
import { isComputed } from "../cells.js";
import { count, replaceAll } from "../edit/replacing.js";

const SETTLE_MS = 250; // after the last key
const MOST_ROWS = 10_000; // of a selection, unless it is of whole columns

/** @param {Column} column */
const isReplaceable = (column) => !isComputed(column) && column.type !== "checkbox";

export class ReplaceDialog {
  #find = newField("Find");
  #replace = newField("Replace with");
  #where = make("select", "in");
  #matchCase = make("input", { type: "checkbox" });
  #wholeCell = make("input", { type: "checkbox" });
  #outcome = make("p", { className: "hint outcome", role: "status" });
  #submit = make("button", { type: "submit", className: "btn primary", disabled: true }, "Replace all");
  #dialog = make("dialog", "replace");
  #counting = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** The rows of the selection, once they are read. @type {number[] | undefined} */
  #ids;

  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
    this.area = grid.selection.area;
  }

  open() {
    const title = make("h2", { id: "replace-title" }, "Find and replace");
    this.#dialog.setAttribute("aria-labelledby", title.id);
    this.#dialog.append(title, this.#form());
    this.#dialog.addEventListener("close", () => {
      clearTimeout(this.#timer);
      this.#counting.abort();
      this.#dialog.remove();
      this.grid.sheet.focus({ preventScroll: true });
    });
    document.body.append(this.#dialog);
    this.#find.input.value = this.grid.view.spec.search;
    this.#dialog.showModal();
    this.#find.input.select();
    this.#countSoon();
  }

  #form() {
    this.#where.append(...this.#places().map(([value, text]) => make("option", { value }, text)));
    this.#where.value = this.grid.selection.isSingle || this.area.top < 0 ? "all" : "selection";
    const form = make(
      "form",
      "stack",
      this.#find.field,
      this.#replace.field,
      make("label", "field", "In", this.#where),
      make("div", "checks", newCheck(this.#matchCase, "Match case"), newCheck(this.#wholeCell, "Whole cell")),
      this.#outcome,
      make(
        "div",
        "buttons",
        button("Cancel", "btn", () => this.#dialog.close()),
        this.#submit,
      ),
    );
    form.addEventListener("input", () => this.#countSoon());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const search = this.#search();
      this.#dialog.close();
      void replaceAll(this.grid, search);
    });
    return form;
  }

  get #selected() {
    return this.area.columns.map((index) => this.grid.columns.list[index]);
  }

  /** Where can be looked: all columns, the selection, or one column. @returns {[string, string][]} */
  #places() {
    const { columns, rows, selection } = this.grid;
    const { top, bottom } = this.area;
    const isWhole = top <= 0 && bottom === rows.total - 1;
    const cells = (bottom - top + 1) * this.area.columns.length;
    const chosen = this.#selected.some(isReplaceable);
    const isChoice = !selection.isSingle && top >= 0 && chosen && (isWhole || bottom - top < MOST_ROWS);
    return [
      ["all", "All columns"],
      ...(isChoice ? /** @type {[string, string][]} */ ([["selection", `Selection (${plural(cells, "cell")})`]]) : []),
      ...columns.list
        .filter(isReplaceable)
        .map(({ id, name }) => /** @type {[string, string]} */ ([String(id), `Column “${name}”`])),
    ];
  }

  /** @returns {Search} */
  #search() {
    return {
      ...this.grid.view.query,
      find: this.#find.input.value,
      replace: this.#replace.input.value,
      match_case: this.#matchCase.checked,
      whole_cell: this.#wholeCell.checked,
      columns: this.#columns(),
      ...this.#rows(),
    };
  }

  #columns() {
    if (this.#where.value === "all") return [];
    if (this.#where.value !== "selection") return [Number(this.#where.value)];
    return this.#selected.filter(isReplaceable).map(({ id }) => id);
  }

  /** The rows of a selection, unless it has all that are shown. */
  #rows() {
    const { rows } = this.grid;
    const isAll = this.area.top <= 0 && this.area.bottom === rows.total - 1;
    if (this.#where.value !== "selection" || isAll) return {};
    return { ids: this.#ids };
  }

  #countSoon() {
    clearTimeout(this.#timer);
    this.#counting.abort();
    this.#submit.disabled = true;
    this.#outcome.textContent = this.#find.input.value ? "Counting…" : "";
    if (this.#find.input.value) this.#timer = setTimeout(() => void this.#count(), SETTLE_MS);
  }

  async #count() {
    this.#counting = new AbortController();
    const { signal } = this.#counting;
    try {
      await this.#readRows();
      const found = await count(this.grid, this.#search(), signal);
      if (signal.aborted) return;
      this.#outcome.textContent = `${wordsOf(found)}${this.grid.view.narrows ? " Only rows that are shown count." : ""}`;
      this.#submit.disabled = found.cells === found.refused;
    } catch (error) {
      if (!signal.aborted) this.#outcome.textContent = reasonOf(error);
    }
  }

  /** Fetches the ids of the rows that are selected, once. */
  async #readRows() {
    const { top, bottom } = this.area;
    if (this.#ids || this.#where.value !== "selection" || bottom - top >= MOST_ROWS) return;
    this.#ids = (await this.grid.rows.range(top, bottom)).map(({ id }) => id);
  }
}

/** "12 cells in 9 rows will change. 2 cells will stay: …" @param {Found} found */
export function wordsOf({ cells, rows, refused, reason, complete }) {
  if (!cells) return "No cell would change.";
  const changed = cells - refused;
  if (!changed) return `No cell would change: ${reason}`;
  const more = complete ? "" : "More than ";
  const left = refused ? ` ${plural(refused, "cell")} will stay as before: ${reason}` : "";
  return `${more}${plural(changed, "cell")} in ${plural(rows, "row")} will change.${left}`;
}

/** @param {string} text */
function newField(text) {
  const input = make("input", { className: "in", autocomplete: "off", spellcheck: false });
  return { input, field: make("label", "field", text, input) };
}

/** @param {HTMLInputElement} box @param {string} text */
const newCheck = (box, text) => make("label", "check", box, text);

/** Ctrl+H opens it. @param {Grid} grid */
export function listenToReplace(grid) {
  document.addEventListener("keydown", (event) => {
    const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!command || event.key.toLowerCase() !== "h" || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    openReplace(grid);
  });
}

/** @param {Grid} grid */
export function openReplace(grid) {
  if (!grid.canEdit) return toast("You can only look at this table. Ask an owner for the editor role.");
  if (!grid.columns.list.some(isReplaceable)) return toast("This table has no column of typed values.");
  new ReplaceDialog(grid).open();
}
