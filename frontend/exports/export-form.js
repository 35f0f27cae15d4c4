/**
 * The popover that exports a table: its format, rows and columns. What the file looks like is remembered.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 */

import { keyOf } from "../grid/columns.js";
import { ApiError, api, reasonOf } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { plural } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { download } from "./download.js";

const REMEMBERED = "marl:export";
const SWITCHES = /** @type {const} */ (["flatten", "states", "mark"]);
const COMPUTED = ["formula", "extract", "http", "lookup"];

export class ExportForm {
  /** @type {Set<number>} ids of the columns that stay out of the file */
  #leftOut = new Set();

  /** @param {Grid} grid @param {HTMLFormElement} form */
  constructor(grid, form) {
    this.grid = grid;
    this.form = form;
    this.#recall();
    this.popover = /** @type {HTMLElement} */ (form.closest("[popover]"));
    this.popover.addEventListener("beforetoggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "open") this.#open();
    });
    this.popover.addEventListener("toggle", (event) => {
      const chosen = /** @type {HTMLElement | null} */ (form.querySelector("[name=format]:checked"));
      if (/** @type {ToggleEvent} */ (event).newState === "open") chosen?.focus({ preventScroll: true });
    });
    form.addEventListener("change", () => this.#paint());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#download();
    });
    this.#part("every").addEventListener("click", () => this.#choose(() => true));
    this.#part("none").addEventListener("click", () => this.#choose(() => false));
    grid.rows.addEventListener("total", () => this.#paint());
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return /** @type {HTMLElement} */ (this.form.querySelector(`[data-part="${name}"]`));
  }

  /** @param {string} name @returns {any} an input, a select or the radio buttons of this name */
  #field(name) {
    return this.form.elements.namedItem(name);
  }

  #open() {
    this.#showProblem("");
    this.#part("picks").replaceChildren(...this.grid.columns.all.map((column) => this.#newPick(column)));
    this.#paint();
    void this.#ensureView();
  }

  /** @param {Column} column */
  #newPick(column) {
    const box = make("input", { type: "checkbox", value: String(column.id), checked: !this.#leftOut.has(column.id) });
    box.addEventListener("change", () => this.#leftOut[box.checked ? "delete" : "add"](column.id));
    const sign = make("span", { className: "type", ariaHidden: "true" }, icon(column.type));
    const words = make("span", "name", column.name);
    return make("label", "check", box, sign, words, make("span", "hint", column.hidden ? "hidden" : ""));
  }

  /** @param {(column: Column) => boolean} isChosen */
  #choose(isChosen) {
    this.#leftOut = new Set(this.grid.columns.all.filter((column) => !isChosen(column)).map(({ id }) => id));
    for (const box of this.#part("picks").querySelectorAll("input"))
      box.checked = !this.#leftOut.has(Number(box.value));
    this.#paint();
  }

  #chosen() {
    return this.grid.columns.all.filter(({ id }) => !this.#leftOut.has(id));
  }

  #paint() {
    const { rows, view, columns } = this.grid;
    const format = this.#field("format").value;
    const these = rows.total === 1 ? "This 1 row" : `These ${plural(rows.total, "row")}`;
    this.#part("rows").hidden = !rows.view;
    this.#say("shown", view.narrows ? these : "As sorted here");
    this.#say("all", view.narrows ? `All ${plural(rows.tableTotal, "row")}` : "In the order of the table");
    const chosen = this.#chosen();
    const [some, all] = [chosen.length, columns.all.length];
    this.#part("column-count").textContent =
      some === all ? `All ${plural(all, "column")}` : `${some} of ${plural(all, "column")}`;
    this.#part("results").hidden = !chosen.some(({ type }) => COMPUTED.includes(type));
    this.#part("flatten").hidden = format.startsWith("json");
    this.#part("csv").hidden = format !== "csv";
    /** @type {HTMLButtonElement} */ (this.#part("download")).disabled = !some;
  }

  /** @param {string} rows the value of the radio button @param {string} words */
  #say(rows, words) {
    const radio = /** @type {Element} */ (this.form.querySelector(`[name="rows"][value="${rows}"]`));
    /** @type {Element} */ (radio.nextElementSibling).textContent = words;
  }

  /** Opens a view that has expired again, because a download could not report that. */
  async #ensureView() {
    const { rows, table, view } = this.grid;
    if (!rows.view) return;
    try {
      await api("GET", `/tables/${table.id}/rows?view=${rows.view}&limit=0`);
    } catch (error) {
      if (error instanceof ApiError && error.code === "view_gone") await view.refresh();
    }
  }

  #query() {
    const { rows } = this.grid;
    const format = this.#field("format").value;
    const query = new URLSearchParams({ format });
    const is = (/** @type {string} */ name) => this.#field(name).checked;
    if (this.#leftOut.size)
      query.set(
        "columns",
        this.#chosen()
          .map(({ id }) => keyOf(id))
          .join(),
      );
    if (is("states")) query.set("states", "1");
    if (is("flatten") && !format.startsWith("json")) query.set("flatten", "1");
    if (format === "csv") query.set("separator", this.#field("separator").value);
    if (format === "csv" && is("mark")) query.set("mark", "1");
    if (rows.view && this.#field("rows").value === "shown") query.set("view", rows.view);
    return query;
  }

  async #download() {
    const query = this.#query();
    this.#remember();
    this.#setBusy(true);
    try {
      await api("GET", `/tables/${this.grid.table.id}/export/check?${query}`);
    } catch (error) {
      this.#showProblem(reasonOf(error));
      return;
    } finally {
      this.#setBusy(false);
    }
    this.popover.hidePopover();
    void download(this.grid.table, this.form.action, query);
  }

  /** @param {boolean} isBusy */
  #setBusy(isBusy) {
    const submit = /** @type {HTMLButtonElement} */ (this.#part("download"));
    submit.disabled = isBusy;
    submit.textContent = isBusy ? "Looking at the rows…" : "Download";
  }

  /** @param {string} words none for no problem */
  #showProblem(words) {
    this.#part("problem").textContent = words;
    this.#part("problem").hidden = !words;
  }

  #remember() {
    const chosen = Object.fromEntries(SWITCHES.map((name) => [name, this.#field(name).checked]));
    const format = { format: this.#field("format").value, separator: this.#field("separator").value };
    localStorage.setItem(REMEMBERED, JSON.stringify({ ...format, ...chosen }));
  }

  #recall() {
    const stored = localStorage.getItem(REMEMBERED);
    if (!stored) return;
    const chosen = JSON.parse(stored);
    this.#field("format").value = chosen.format;
    this.#field("separator").value = chosen.separator;
    for (const name of SWITCHES) this.#field(name).checked = chosen[name];
  }
}
