/**
 * The server's events while the page is open: one EventSource, resumed where it broke off.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Cell} Cell
 * @typedef {import("./types.d.ts").Run} Run
 */

import { ApiError } from "../ui/api.js";
import { parseJson } from "../ui/json.js";
import { recountMentions } from "../ui/unread-mentions.js";

const SLOWEST_RETRY_MS = 30_000;

/**
 * Dispatches `run` (detail: a run), `fetch` (detail: a run of a source that has ended), `offline` and `online`, `reset` (events may have been missed), `deleted` and `restored` of
 * the table, `access` when it is for other people than before, and `gone` when it isn't there for this one.
 */
export class Live extends EventTarget {
  /** @type {[number, number, Cell][]} cells of this animation frame */
  #batch = [];
  #wait = 1000;
  #isGone = false;
  /** Whether there is an event to resume after; otherwise everything is fetched when the stream opens. */
  #resumes;

  /** @param {Grid} grid @param {string} position of the events that the page was made with, or empty */
  constructor(grid, position) {
    super();
    this.grid = grid;
    this.#resumes = position !== "";
    this.#connect(position && `?last_event_id=${position}`);
    void this.#reloadColumns(); // the page came without their settings and counts
  }

  /** @param {string} [query] */
  #connect(query = "") {
    const source = new EventSource(`/api/v1/tables/${this.grid.table.id}/events${query}`);
    source.addEventListener("open", () => this.#opened());
    source.addEventListener("error", () => this.#failed(source));
    for (const type of ["cells", "run", "rows", "columns", "views", "comments", "table", "access", "fetch"]) {
      source.addEventListener(type, ({ lastEventId }) => (this.#resumes ||= lastEventId !== ""));
    }
    source.addEventListener("cells", ({ data }) => this.#cells(parseJson(data).cells));
    source.addEventListener("run", ({ data }) =>
      this.dispatchEvent(new CustomEvent("run", { detail: JSON.parse(data) })),
    );
    source.addEventListener("fetch", ({ data }) =>
      this.dispatchEvent(new CustomEvent("fetch", { detail: JSON.parse(data) })),
    );
    source.addEventListener("rows", ({ data }) => this.#rows(JSON.parse(data)));
    source.addEventListener("columns", () => void this.#columns());
    source.addEventListener("views", () => void this.grid.view.reloadSaved());
    source.addEventListener("comments", ({ data }) => this.#comments(JSON.parse(data)));
    source.addEventListener("table", ({ data }) => this.#table(JSON.parse(data).deleted));
    source.addEventListener("access", () => this.dispatchEvent(new Event("access")));
    source.addEventListener("reset", () => this.#reset());
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  #opened() {
    this.#wait = 1000;
    this.dispatchEvent(new Event("online"));
    if (this.#isGone) this.#table(false);
    if (!this.#resumes) this.#reset();
  }

  /** The browser reconnects by itself, except after an error response: then we do, and fetch everything again. @param {EventSource} source */
  #failed(source) {
    this.dispatchEvent(new Event("offline"));
    if (source.readyState !== EventSource.CLOSED) return;
    this.#resumes = false;
    void this.#reloadColumns(); // which tells whether the table is still there
    setTimeout(() => this.#connect(), this.#wait);
    this.#wait = Math.min(SLOWEST_RETRY_MS, this.#wait * 2);
  }

  /** @param {[number, number, Cell][]} cells */
  #cells(cells) {
    if (!this.#batch.length) {
      requestAnimationFrame(() => {
        const batch = this.#batch;
        this.#batch = [];
        this.grid.rows.announce(batch);
      });
    }
    this.#batch.push(...cells);
  }

  /** @param {{ row_count?: number, added?: number, deleted?: number[] }} change */
  #rows({ row_count: total, deleted }) {
    if (deleted?.length) this.grid.selectedRows.forget(deleted);
    if (total === undefined) this.#reset();
    else this.grid.rows.resized(total);
  }

  /** @param {{ row_id: number, comments: number, named: number[] }} change `named` are users who have other mentions now */
  #comments({ row_id: rowId, comments, named }) {
    this.grid.rows.announceComments(rowId, comments);
    recountMentions(named).catch(() => {}); // the next page counts them
  }

  async #columns() {
    if (await this.#reloadColumns()) this.grid.rows.refresh();
  }

  /** @returns {Promise<boolean>} whether the table is still there */
  async #reloadColumns() {
    try {
      await this.grid.columns.reload();
    } catch (error) {
      const isGone = error instanceof ApiError && error.status === 404;
      if (isGone) this.lose(); // otherwise the next event, or a reload of the page, fetches them
      return !isGone;
    }
    return true;
  }

  /** Notes that the table was deleted, or is not shared with whoever looks at it any more. */
  lose() {
    this.#isGone = true;
    this.dispatchEvent(new Event("gone"));
  }

  /** @param {boolean} isDeleted */
  #table(isDeleted) {
    this.dispatchEvent(new Event(isDeleted ? "deleted" : "restored"));
  }

  #reset() {
    void this.#columns();
    void this.grid.view.reloadSaved();
    this.dispatchEvent(new Event("reset"));
  }
}
