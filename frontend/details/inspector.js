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
 *   condition: import("./cell-words.js").Condition, earlier_settings: boolean,
 *   can_ask_again: boolean, fix: string | null, rows: import("./attempts.js").Places,
 *   deleted_attempts: import("./attempts.js").Deleted | null }} CellHistory
 */

import { openListRows } from "../answers/list-rows.js";
import { AnswerTree, newMemory } from "../answers/tree.js";
import { isComputed, lookOf, plainText } from "../grid/cells.js";
import { openSettings } from "../grid/signals.js";
import { startRun } from "../runs/run-menu.js";
import { api, reasonOf } from "../ui/api.js";
import { copy } from "../ui/copy.js";
import { button, make } from "../ui/elements.js";
import { icon } from "../ui/icons.js";
import { toast } from "../ui/notices.js";
import { attemptList, attemptParts, deletedSentence } from "./attempts.js";
import { stateSentence } from "./cell-words.js";

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
  /** What is ticked and opened in the trees of a column. */
  #memory = { value: newMemory(), response: newMemory() };

  /** @param {Grid} grid @param {Drawer} drawer @param {import("../answers/field-columns.js").FieldColumns} fields */
  constructor(grid, drawer, fields) {
    this.grid = grid;
    this.drawer = drawer;
    this.fields = fields;
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
    if (this.#columnId !== column.id) this.#memory = { value: newMemory(), response: newMemory() };
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
    this.drawer.keepFocus(() => {
      this.#fillExchange();
      this.drawer.show(this, {
        title: `${column.name}, row ${this.#row + 1}`,
        note: name.slice(0, 60),
        body: [...this.#statePart(history), ...this.#valuePart(history.cell), ...this.#attemptsPart(history)],
        foot: this.#footPart(column),
      });
    });
  }

  /** @param {CellHistory} history @returns {Node[]} */
  #statePart({ cell, same_as: same, condition, earlier_settings: isOfEarlierSettings }) {
    const words = stateSentence(cell, condition, isOfEarlierSettings);
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
  #attemptsPart({ attempts, cell, fix, deleted_attempts: deleted }) {
    if (!attempts.length) return cell.state === "failed" ? this.#unsentPart(fix) : [];
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
      ...(deleted ? [make("p", "hint", deletedSentence(deleted))] : []),
      list,
      make("div", "tools", search, raw),
      this.#exchange,
    ];
  }

  /** @param {string | null} fix what the edit of the settings is called that mends the row @returns {Node[]} */
  #unsentPart(fix) {
    const words = make("p", "hint", "Nothing was sent.");
    return fix && this.grid.canEdit ? [words, button(`${fix}…`, "btn fix", () => this.#openSettings())] : [words];
  }

  /** Opens the settings of the column, where its panel shows the request of this row. */
  #openSettings() {
    const position = this.grid.rows.at(this.#row)?.position;
    if (this.#column) openSettings(this.#column, (position ?? 0) + 1);
  }

  #fillExchange() {
    const attempt = this.#history?.attempts[this.#attempt];
    const fields = { target: this.#target, memory: this.#memory.response };
    const how = { raw: this.#raw, search: this.#search, fields };
    this.#exchange.replaceChildren(...(attempt ? attemptParts(attempt, how, this.#history?.rows ?? []) : []));
  }

  /** What becomes of the fields of an answer, for those who may change the table. */
  get #target() {
    const id = this.#columnId;
    if (!this.grid.canEdit) return undefined;
    return {
      columns: () => this.fields.list(id),
      add: (/** @type {import("../answers/field-columns.js").NewField[]} */ fields) => this.fields.add(id, fields),
    };
  }

  /** @param {Cell} cell @returns {Node[]} */
  #valuePart({ value }) {
    if (value === null || value === undefined) return [];
    const text = typeof value === "object" ? JSON.stringify(value, null, 2) : plainText(value);
    const copyAll = button("Copy value", "btn small", () => void copy(text, "Copied the value."));
    const head = make("header", "", make("h3", "", "Value"), copyAll);
    const expand = (/** @type {string} */ path) => void openListRows(this.#columnId, path, this.grid.table.id);
    const target = this.#target && { ...this.#target, expand };
    const how = { label: "Value", target, memory: this.#memory.value };
    const shown = typeof value === "object" ? new AnswerTree(value, how).element : make("p", "plain-value", text);
    return [make("section", "exchange", head, shown)];
  }

  /** @param {Column} column @returns {Node[]} */
  #footPart(column) {
    const rows = [newKey("ascending", "Arrow up"), newKey("descending", "Arrow down"), "other rows"];
    const attempts = [newKey("left", "Arrow left"), newKey("right", "Arrow right"), "other attempts"];
    const hasOthers = (this.#history?.attempts.length ?? 0) > 1;
    const keys = make("span", "hint keys", ...rows, ...(hasOthers ? attempts : []));
    const settings = button("Open settings", "btn", () => this.#openSettings());
    if (column.type !== "http" || !this.grid.canEdit) return [keys, settings];
    const again = button("Run again", "btn", () => void this.#runAgain(column));
    if (!this.#history?.can_ask_again) return [keys, settings, again];
    return [
      keys,
      settings,
      again,
      button("Ask again", "btn primary", () => void this.#runAgain(column, { ask_again: true })),
    ];
  }

  /** @param {Column} column @param {{ ask_again?: boolean }} [how] asking sends nothing that the API has already */
  async #runAgain(column, how) {
    const row = this.grid.rows.at(this.#row);
    if (row) await startRun(column, { ids: [row.id] }, how);
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

/** @param {import("../ui/icon-names.js").IconName} sign @param {string} name */
const newKey = (sign, name) => make("kbd", { title: name }, icon(sign), make("span", "visually-hidden", name));
