/**
 * The line below the rows: a button that adds one, and under each column a summary of it, counted by the server over the
 * rows that are shown.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("./summary-kinds.js").Kind} Kind
 * @typedef {{ kind: Kind, value?: unknown, isKnown: boolean }} Shown
 */

import { api, reasonOf } from "../../ui/api.js";
import { button, make } from "../../ui/elements.js";
import { formatNumber } from "../../ui/format.js";
import { iconButton } from "../../ui/icons.js";
import { openMenu } from "../../ui/menu.js";
import { toast } from "../../ui/notices.js";
import { kindsOf, shownValue, usualKind, wordOf } from "./summary-kinds.js";

const SOON_MS = 50;
const SOONEST_MS = 1000; // between two counts while rows change
const SHARE = 10; // counting takes at most one part in so many of the time

export class SummaryLine {
  /** @type {Map<number, HTMLButtonElement>} by column id */
  #buttons = new Map();
  /** @type {Map<number, Shown>} by column id */
  #shown = new Map();
  /** @type {AbortController | undefined} */
  #request;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #countedAt = 0;
  #took = 0;
  #built = "";

  /** @param {Grid} grid @param {HTMLElement} line @param {Record<string, Kind>} chosen by column id @param {(event: MouseEvent) => void} addRow */
  constructor(grid, line, chosen, addRow) {
    this.grid = grid;
    this.line = line;
    this.chosen = chosen;
    this.addRow = addRow;
    grid.columns.addEventListener("change", () => {
      this.#build();
      this.#countSoon();
    });
    grid.columns.addEventListener("widths", () => this.#layOut());
    grid.rows.addEventListener("total", () => this.#paint());
    grid.view.addEventListener("open", () => this.#countAgain());
    grid.rows.addEventListener("announced", () => this.#countSoon());
    document.addEventListener("visibilitychange", () => this.#timer || this.#request || this.#countSoon());
    line.addEventListener("keydown", (event) => this.#key(event));
    this.#build();
    this.#countAgain();
  }

  #build() {
    const { columns, canEdit } = this.grid;
    const built = JSON.stringify(columns.list.map(({ id, name, type, pinned }) => [id, name, type, pinned]));
    if (built !== this.#built) {
      this.#built = built;
      const corner = make("div", "n");
      if (canEdit) corner.append(iconButton("add", "Add row", "add", this.addRow));
      this.#buttons = new Map(columns.list.map((column) => [column.id, this.#newButton(column)]));
      this.line.replaceChildren(corner, ...this.#buttons.values());
    }
    this.#layOut();
  }

  /** @param {Column} column */
  #newButton(column) {
    const made = button("", "sum", () => this.#openMenu(column.id), { ariaHasPopup: "menu" });
    made.tabIndex = this.grid.columns.list[0] === column ? 0 : -1;
    return made;
  }

  #layOut() {
    const { columns } = this.grid;
    this.line.style.setProperty("--columns", columns.template);
    this.line.style.width = `${columns.fullWidth}px`;
    columns.list.forEach(({ id }, index) => {
      const shown = this.#buttons.get(id);
      if (shown) columns.stick(shown, index);
    });
    this.#paint();
  }

  /** @param {Column} column */
  #kindOf(column) {
    const { columns, rows } = this.grid;
    return this.chosen[column.id] ?? usualKind(column, columns.indexOf(column.id), rows.tableTotal);
  }

  #paint() {
    for (const column of this.grid.columns.list) {
      const shown = this.#buttons.get(column.id);
      if (shown) this.#paintOne(shown, column);
    }
  }

  /** @param {HTMLButtonElement} shown @param {Column} column */
  #paintOne(shown, column) {
    const kind = this.#kindOf(column);
    const word = wordOf(kind, column);
    const text = kind === "none" ? "" : this.#valueText(column, kind);
    shown.ariaLabel = kind === "none" ? `${column.name}: no summary` : `${column.name}: ${word} ${text}`;
    shown.title = kind === "none" ? "" : `${word} ${text}`;
    shown.classList.toggle("num", column.type === "number");
    shown.classList.toggle("none", kind === "none");
    if (kind === "none") shown.replaceChildren(make("span", "word", "Summary"));
    else shown.replaceChildren(make("span", "word", word), make("span", "value", text));
  }

  /** @param {Column} column @param {Kind} kind */
  #valueText(column, kind) {
    if (kind === "rows") return formatNumber(this.grid.rows.total);
    const known = this.#shown.get(column.id);
    return known?.kind === kind && known.isKnown ? shownValue(known.value) : "…";
  }

  /** Forgets what was counted: other rows are shown now. */
  #countAgain() {
    this.#shown.clear();
    this.#paint();
    this.#plan(SOON_MS);
  }

  /** Counts again after rows have changed, and rarely where that takes long. */
  #countSoon() {
    if (this.#timer || document.hidden) return; // a hidden page counts when it is looked at
    this.#plan(Math.max(SOON_MS, this.#countedAt + Math.max(SOONEST_MS, SHARE * this.#took) - Date.now()));
  }

  /** @param {number} wait ms */
  #plan(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#count();
    }, wait);
  }

  /** The summaries that the server counts, by column id. @returns {Record<string, Kind>} */
  #asked() {
    const kinds = this.grid.columns.list.map((column) => [column.id, this.#kindOf(column)]);
    return Object.fromEntries(kinds.filter(([, kind]) => kind !== "none" && kind !== "rows"));
  }

  async #count() {
    const { table, view } = this.grid;
    const columns = this.#asked();
    this.#request?.abort();
    if (!Object.keys(columns).length) return;
    const request = new AbortController();
    this.#request = request;
    const started = Date.now();
    const body = { ...view.query, columns };
    const found = await api("POST", `/tables/${table.id}/summaries`, body, { signal: request.signal }).catch(
      () => null,
    );
    if (request.signal.aborted) return;
    this.#request = undefined;
    [this.#countedAt, this.#took] = [Date.now(), Date.now() - started];
    for (const [id, kind] of Object.entries(columns))
      this.#shown.set(Number(id), { kind, value: found?.columns[id], isKnown: true });
    this.#paint();
  }

  /** @param {number} columnId */
  #openMenu(columnId) {
    const column = this.grid.columns.byId(columnId);
    const opener = this.#buttons.get(columnId);
    if (!column || !opener) return;
    const chosen = this.#kindOf(column);
    const items = kindsOf(column).map((kind) => ({
      text: wordOf(kind, column),
      checked: kind === chosen,
      run: () => void this.#choose(columnId, kind),
    }));
    openMenu(opener, items, { label: `Summary of ${column.name}`, back: opener });
  }

  /** @param {number} columnId @param {Kind} kind */
  async #choose(columnId, kind) {
    this.chosen[columnId] = kind;
    this.#paint();
    this.#plan(0);
    try {
      await api("PUT", `/tables/${this.grid.table.id}/summaries`, { columns: this.chosen });
    } catch (error) {
      toast(`The summary is shown, but won't be remembered. ${reasonOf(error)}`);
    }
  }

  /** Arrows go along the line; it is one stop of the Tab key. @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const buttons = [...this.line.querySelectorAll("button")];
    const now = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = step === undefined ? undefined : buttons[now + step];
    if (!next) return;
    event.preventDefault();
    for (const each of this.#buttons.values()) each.tabIndex = each === next ? 0 : -1;
    next.focus();
  }
}
