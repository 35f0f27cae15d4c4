/**
 * "Only errors · n": the rows in which an HTTP column failed or may have sent, counted while runs are open. Shown when
 * there are any, and while it is on.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */

import { api } from "../ui/api.js";
import { formatNumber } from "../ui/format.js";

const INTERVAL_MS = 1500; // at least, between two counts

export class OnlyErrors {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Grid} grid @param {HTMLElement} button */
  constructor(grid, button) {
    this.grid = grid;
    this.button = button;
    this.count = 0;
    button.addEventListener("click", () => void grid.view.change({ errors: !grid.view.spec.errors }));
    grid.view.addEventListener("change", () => this.#paint());
    grid.columns.addEventListener("change", () => this.#countSoon());
    grid.rows.addEventListener("announced", () => this.#countSoon());
    void this.#fetch();
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
    const { errors } = this.grid.view.spec;
    const idle = !this.count && !errors;
    if (idle && document.activeElement === this.button) this.grid.sheet.focus({ preventScroll: true });
    this.button.hidden = idle;
    this.button.textContent = `Only errors · ${formatNumber(this.count)}`;
    this.button.ariaPressed = String(errors);
  }
}
