/**
 * The reasons why rows of a column have no result, grouped by kind, in the drawer.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("./drawer.js").Drawer} Drawer
 * @typedef {{ state: "failed" | "unknown" | "missing_input", http_status: number | null, code: string, message: string,
 *   count: number, row_ids: number[], positions: number[] }} Kind
 */

import { startRun } from "../runs/run-menu.js";
import { api, reasonOf } from "../ui/api.js";
import { ask } from "../ui/ask.js";
import { copy } from "../ui/copy.js";
import { button, make } from "../ui/elements.js";
import { formatNumber, plural } from "../ui/format.js";
import { toast } from "../ui/notices.js";

const AT_ONCE = 10_000; // rows of one kind in one run
const HANDED_DOWN = "input"; // the code of rows that failed only because another column did
const WORD = { failed: "Failed", unknown: "May have been sent", missing_input: "Missing input" };

export class Errors {
  #columnId = 0;
  /** @type {number | undefined} */
  #runId;

  /** @param {Grid} grid @param {Drawer} drawer @param {EventTarget} progress dispatches `end` when a run has changed the errors */
  constructor(grid, drawer, progress) {
    this.grid = grid;
    this.drawer = drawer;
    document.addEventListener("marl:show-errors", (event) => {
      ({ columnId: this.#columnId, runId: this.#runId } = /** @type {CustomEvent} */ (event).detail);
      void this.#load();
    });
    progress.addEventListener("end", (event) => {
      if (drawer.isShowing(this) && /** @type {CustomEvent} */ (event).detail.column_id === this.#columnId)
        void this.#load();
    });
  }

  async #load() {
    const column = this.grid.columns.byId(this.#columnId);
    if (!column) return toast("This column was deleted.");
    try {
      const ofRun = this.#runId === undefined ? "" : `&run=${this.#runId}`;
      /** @type {{ items: Kind[] }} */
      const { items } = await api("GET", `/columns/${column.id}/failures?limit=100${ofRun}`);
      this.#paint(column, items);
    } catch (error) {
      toast(`Can't show the errors. ${reasonOf(error)}`);
    }
  }

  /** @param {Column} column @param {Kind[]} all */
  #paint(column, all) {
    const kinds = all.filter(({ code }) => code !== HANDED_DOWN);
    const total = countOf(kinds);
    const handedDown = countOf(all) - total;
    const rows = plural(total, "row");
    /** @type {HTMLElement[]} */
    const body = [make("p", "hint", total ? `${rows} without a result, by reason.` : "No errors in this column.")];
    if (kinds.length) body.push(make("ul", "kinds", ...kinds.map((kind) => this.#kind(column, kind, total))));
    if (handedDown) {
      const words = `${plural(handedDown, "row")} had nothing to send, because another column failed there.`;
      body.push(make("p", "hint", words));
    }
    if (this.#runId !== undefined) body.push(this.#allButton());
    this.drawer.show(this, {
      title: `Errors in ${column.name}`,
      note: this.#runId === undefined ? "" : "of one run",
      body,
    });
  }

  #allButton() {
    return button("Errors of all runs", "link", () => {
      this.#runId = undefined;
      void this.#load();
    });
  }

  /** @param {Column} column @param {Kind} kind @param {number} total */
  #kind(column, kind, total) {
    const { count, state, positions } = kind;
    const message = kind.message || WORD[state];
    const share = Math.round((100 * count) / total);
    const bar = make("div", "share");
    bar.style.setProperty("--share", `${(100 * count) / total}%`);
    const amount = make(
      "div",
      "amount",
      make("b", "", formatNumber(count)),
      make("span", "hint", `${share || "< 1"} % · ${WORD[state]}`),
    );
    const rows = positions.map((at, i) =>
      button(String(at + 1), "btn small", () => void this.#go(column, at, kind.row_ids[i]), {
        ariaLabel: `Show row ${at + 1}`,
      }),
    );
    const item = make("li", "", make("p", `s ${state === "failed" ? "bad" : "stale"}`, message), amount, bar);
    if (rows.length)
      item.append(
        make("div", "rows", make("span", "hint", count > rows.length ? "For example rows" : "Rows"), ...rows),
      );
    item.append(make("div", "actions", ...this.#actions(column, kind, message)));
    return item;
  }

  /** @param {Column} column @param {Kind} kind @param {string} message */
  #actions(column, kind, message) {
    const buttons = [
      button("Show these rows", "btn small", () => void this.#show(column, kind, message)),
      button("Copy message", "btn small", () => void copy(message, "Copied the message.")),
    ];
    if (column.type !== "http" || !this.grid.canEdit) return buttons;
    const words = kind.count > AT_ONCE ? `Run ${formatNumber(AT_ONCE)} of these again` : "Run these again";
    return [button(words, "btn small", () => void runAgain(column, kind)), ...buttons];
  }

  /** Shows only the rows of one kind in the grid. @param {Column} column @param {Kind} kind @param {string} message */
  #show(column, { row_ids: [like] }, message) {
    return this.grid.view.showOnly({ column: column.id, op: "like", value: String(like), message });
  }

  /** @param {Column} column @param {number} position in the table @param {number} id of the row */
  async #go(column, position, id) {
    const { selection, viewport, columns, rows, view } = this.grid;
    try {
      let row = await rows.indexOf(id, position);
      if (row < 0) {
        await view.show("", { filters: [], sorts: [], search: "" });
        toast("That row isn't in this view, so all rows are shown again.");
        row = position;
      }
      selection.move(row, columns.indexOf(column.id));
      viewport.reveal(selection.row, selection.column);
    } catch (error) {
      toast(`Can't show that row. ${reasonOf(error)}`);
    }
  }
}

/** @param {Kind[]} kinds */
const countOf = (kinds) => kinds.reduce((sum, { count }) => sum + count, 0);

/** @param {Column} column @param {Kind} kind */
async function runAgain(column, { state, count, row_ids: [like] }) {
  const sure =
    state !== "unknown" ||
    (await ask({
      title: "Run these rows again?",
      text: "Their requests may have arrived already. Check the API first: anything that arrived would be done twice.",
      confirm: "Run again",
      danger: true,
    }));
  if (!sure) return;
  await startRun(column, { like });
  if (count > AT_ONCE) toast(`At most ${formatNumber(AT_ONCE)} rows run at once. Run the rest when these are done.`);
}
