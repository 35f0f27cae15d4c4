/**
 * The tab "Errors n": the rows in which an HTTP column failed by itself or may have sent, counted while runs are open.
 * Shown when there are any, and while it is open. The first column with errors comes into sight.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */

import { isError } from "../grid/cells.js";
import { api } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";

const INTERVAL_MS = 1500; // at least, between two counts

export class OnlyErrors {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
    this.count = 0;
    this.tab = make("a", { className: "view-tab", href: `${location.pathname}?view=errors`, hidden: true });
    this.tab.dataset.view = "errors";
    this.tab.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of its own
      event.preventDefault();
      if (grid.view.id !== "errors") void this.#show();
    });
    grid.view.addEventListener("change", () => this.#paint());
    grid.columns.addEventListener("change", () => this.#countSoon());
    grid.rows.addEventListener("announced", () => this.#countSoon());
    void this.#fetch();
  }

  async #show() {
    const { view, columns, rows, selection, viewport } = this.grid;
    await view.show("errors");
    const [row] = rows.total ? await rows.range(0, 0).catch(() => []) : [];
    const index = columns.list.findIndex(({ id }) => row?.cells[id] && isError(row.cells[id]));
    if (index < 0) return;
    selection.move(0, index);
    viewport.reveal(0, index);
  }

  get #hasHttp() {
    return this.grid.columns.all.some(({ type }) => type === "http");
  }

  #countSoon() {
    this.#timer ??= setTimeout(() => void this.#fetch(), INTERVAL_MS);
  }

  async #fetch() {
    try {
      this.count = this.#hasHttp ? (await api("GET", `/tables/${this.grid.table.id}/errors`)).rows : 0;
    } catch {
      // The last number stays until the next event.
    }
    this.#timer = undefined;
    this.#paint();
  }

  #paint() {
    const idle = !this.count && this.grid.view.id !== "errors";
    if (idle && document.activeElement === this.tab) this.grid.sheet.focus({ preventScroll: true });
    this.tab.hidden = idle;
    this.tab.replaceChildren("Errors ", make("span", "count errors", formatNumber(this.count)));
  }
}
