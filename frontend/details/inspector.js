/**
 * The cell inspector: the state of a computed cell and the reason for it, its whole value, and every attempt. It follows
 * the active cell.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("../grid/types.d.ts").Cell} Cell
 * @typedef {import("./drawer.js").Drawer} Drawer
 * @typedef {import("./attempts.js").Attempt} Attempt
 * @typedef {{ cell: Cell, attempts: Attempt[], same_as: { row_id: number, position: number } | null,
 *   condition: import("./cell-words.js").Condition }} CellHistory
 */

import { isComputed, lookOf, plainText } from "../grid/cells.js";
import { startRun } from "../runs/run-menu.js";
import { api, reasonOf } from "../ui/api.js";
import { copy } from "../ui/copy.js";
import { button, make } from "../ui/elements.js";
import { toast } from "../ui/notices.js";
import { attemptList, attemptParts } from "./attempts.js";
import { stateSentence } from "./cell-words.js";
import { newTree } from "./json-tree.js";

const SETTLE_MS = 120; // rows walked past within this time are not fetched

export class Inspector {
  #row = -1;
  #columnId = 0;
  /** @type {CellHistory | undefined} */
  #history;
  #attempt = 0;
  #raw = false;
  #search = "";
  /** The cell as the grid had it when its history was requested. @type {Cell | undefined} */
  #seen;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Number of the latest request; responses to older ones are dropped. */
  #request = 0;
  #exchange = make("div", "");

  /** @param {Grid} grid @param {Drawer} drawer */
  constructor(grid, drawer) {
    this.grid = grid;
    this.drawer = drawer;
    grid.selection.addEventListener("change", () => this.#follow());
    grid.rows.addEventListener("change", () => this.#refresh());
    drawer.aside.addEventListener("keydown", (event) => this.#key(event));
  }

  get #isOpen() {
    return this.drawer.isShowing(this);
  }

  get #column() {
    return this.grid.columns.byId(this.#columnId);
  }

  /** @param {number} row @param {number} columnIndex */
  async open(row, columnIndex) {
    const column = this.grid.columns.list[columnIndex];
    if (!column || !isComputed(column) || !this.grid.rows.at(row)) return;
    this.#point(row, column);
    await this.#load();
  }

  /** @param {number} row @param {Column} column */
  #point(row, column) {
    this.#row = row;
    this.#columnId = column.id;
    this.#history = undefined;
  }

  /** Shows the cell that has become the active one. */
  #follow() {
    if (!this.#isOpen) return;
    const { row, column: at } = this.grid.selection;
    const column = this.grid.columns.list[at];
    if (row < 0 || !column || !isComputed(column) || (row === this.#row && column.id === this.#columnId)) return;
    this.#point(row, column);
    this.#loadSoon();
  }

  /** Fetches the history again if the cell has changed, or its row has arrived. */
  #refresh() {
    if (!this.#isOpen) return;
    const cell = this.grid.rows.at(this.#row)?.cells[this.#columnId];
    if (cell && cell !== this.#seen) this.#loadSoon();
  }

  #loadSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#isOpen && void this.#load(), SETTLE_MS);
  }

  async #load() {
    const row = this.grid.rows.at(this.#row);
    if (!row) return; // fetched when the row arrives
    this.#request += 1;
    const request = this.#request;
    this.#seen = row.cells[this.#columnId];
    try {
      /** @type {CellHistory} */
      const history = await api("GET", `/rows/${row.id}/cells/${this.#columnId}`);
      if (request === this.#request) this.#set(history);
    } catch (error) {
      if (request === this.#request) toast(`Can't show the cell. ${reasonOf(error)}`);
    }
  }

  /** @param {CellHistory} history */
  #set(history) {
    const isNew = history.attempts.length !== this.#history?.attempts.length;
    this.#history = history;
    if (isNew) this.#attempt = history.attempts.length - 1;
    this.#paint();
  }

  #paint() {
    const history = this.#history;
    const column = this.#column;
    if (!history || !column) return;
    const first = this.grid.columns.list.find((other) => !isComputed(other));
    const name = first ? plainText(this.grid.rows.at(this.#row)?.cells[first.id]?.value) : "";
    this.#fillExchange();
    this.drawer.show(this, {
      title: `${column.name}, row ${this.#row + 1}`,
      note: name.slice(0, 60),
      body: [...this.#statePart(history), ...valuePart(history.cell), ...this.#attemptsPart(history)],
      foot: this.#footPart(column),
    });
  }

  /** @param {CellHistory} history @returns {Node[]} */
  #statePart({ cell, same_as: same, condition }) {
    const words = stateSentence(cell, condition);
    const parts = [make("p", `s state ${lookOf(cell)}`, words)];
    if (condition) parts.push(make("p", "hint", "Condition: ", make("code", "", condition.text)));
    if (cell.error?.message && !words.includes(cell.error.message) && !condition)
      parts.push(make("p", "hint", cell.error.message));
    if (same) {
      const isOwn = same.position === this.#row;
      const there = button(`Same request as row ${same.position + 1}`, "link", () => this.#go(same.position));
      parts.push(make("p", "hint", isOwn ? "Reused from an earlier run." : there));
    }
    return parts;
  }

  /** @param {CellHistory} history @returns {Node[]} */
  #attemptsPart({ attempts }) {
    if (!attempts.length) return [];
    const list = attemptList(attempts, this.#attempt, (index) => this.#select(index));
    const search = make("input", "in");
    Object.assign(search, { type: "search", value: this.#search, placeholder: "Search in request and response" });
    search.setAttribute("aria-label", "Search in request and response");
    search.addEventListener("input", () => {
      this.#search = search.value;
      this.#fillExchange();
    });
    const raw = button("Raw", "btn small", () => {
      this.#raw = !this.#raw;
      raw.setAttribute("aria-pressed", String(this.#raw));
      this.#fillExchange();
    });
    raw.setAttribute("aria-pressed", String(this.#raw));
    return [
      make("h3", "", attempts.length === 1 ? "1 attempt" : `${attempts.length} attempts`),
      list,
      make("div", "tools", search, raw),
      this.#exchange,
    ];
  }

  #fillExchange() {
    const attempt = this.#history?.attempts[this.#attempt];
    this.#exchange.replaceChildren(...(attempt ? attemptParts(attempt, { raw: this.#raw, search: this.#search }) : []));
  }

  /** @param {Column} column @returns {Node[]} */
  #footPart(column) {
    const keys = make("span", "hint", "↑ ↓ other rows · ← → other attempts");
    if (column.type !== "http" || !this.grid.canEdit) return [keys];
    return [keys, button("Run again", "btn", () => void this.#runAgain(column))];
  }

  /** @param {Column} column */
  async #runAgain(column) {
    const row = this.grid.rows.at(this.#row);
    if (row) await startRun(column, { ids: [row.id] });
  }

  /** @param {number} index */
  #select(index) {
    const { attempts } = this.#history ?? { attempts: [] };
    if (index < 0 || index >= attempts.length || index === this.#attempt) return;
    this.#attempt = index;
    this.#paint();
    /** @type {HTMLElement | null} */ (this.drawer.aside.querySelector(".try[aria-current]"))?.focus();
  }

  /** @param {number} row */
  #go(row) {
    const { selection, viewport, columns, rows } = this.grid;
    if (row < 0 || row >= rows.total) return;
    selection.move(row, columns.indexOf(this.#columnId));
    viewport.reveal(selection.row, selection.column);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {Element} */ (event.target);
    if (
      !this.#isOpen ||
      event.defaultPrevented ||
      event.altKey ||
      event.ctrlKey ||
      event.metaKey ||
      target.matches("input, pre")
    )
      return;
    /** @type {Record<string, () => void>} */
    const ways = {
      ArrowUp: () => this.#go(this.#row - 1),
      ArrowDown: () => this.#go(this.#row + 1),
      ArrowLeft: () => this.#select(this.#attempt - 1),
      ArrowRight: () => this.#select(this.#attempt + 1),
    };
    if (!(event.key in ways)) return;
    event.preventDefault();
    ways[event.key]();
  }
}

/** @param {Cell} cell @returns {Node[]} */
function valuePart(cell) {
  if (cell.value === null || cell.value === undefined) return [];
  const text = typeof cell.value === "object" ? JSON.stringify(cell.value, null, 2) : plainText(cell.value);
  const head = make(
    "header",
    "",
    make("h3", "", "Value"),
    button("Copy value", "btn small", () => void copy(text, "Copied the value.")),
  );
  const shown = typeof cell.value === "object" ? newTree(cell.value) : make("p", "plain-value", text);
  return [make("section", "exchange", head, shown)];
}
