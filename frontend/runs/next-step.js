/**
 * What to do after a run: run the other rows, or those that failed, or mend the connection that stopped it. It counts the
 * rows when the run has ended.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("../grid/types.d.ts").Scope} Scope
 * @typedef {import("./progress.js").Progress} Progress
 */

import { api } from "../ui/api.js";
import { button } from "../ui/elements.js";
import { formatNumber, plural } from "../ui/format.js";
import { startRun } from "./run-menu.js";
import { errorsOf, isOpen, notRunCount } from "./run-words.js";

export class NextStep {
  /** The run that it was counted for: its id, its state, and what is known of why it stopped. */
  #of = "";
  /** @type {Scope} */
  #scope = "missing";
  /** @type {number | null} */
  #connection = null;
  element = button("", "btn small next", () => void this.#take());

  /** @param {Progress} progress */
  constructor(progress) {
    this.progress = progress;
    this.element.hidden = true;
  }

  /** @param {Run} run */
  fill(run) {
    const of = `${run.id}:${run.state}:${run.connection_to_mend}`;
    if (of === this.#of) return;
    this.#of = of;
    this.columnId = run.column_id;
    this.element.hidden = true;
    this.#connection = run.connection_to_mend;
    if (isOpen(run) || !this.progress.grid.canEdit) return;
    if (this.#connection) this.#show("missing", "Open connection");
    else void this.#count(run, of);
  }

  /** @param {Run} run @param {string} of */
  async #count(run, of) {
    /** @type {{ missing: number, failed: number } | null} */
    const choices = await api("GET", `/columns/${run.column_id}/choices`).catch(() => null); // the run menu offers the same
    if (!choices || of !== this.#of) return;
    const isFirst = typeof run.scope === "object" && "first" in run.scope;
    if (isFirst && run.state === "done" && choices.missing) {
      const words = errorsOf(run) ? "Run the other" : "Looks good, run the other";
      this.#show("missing", `${words} ${formatNumber(choices.missing)}`);
    } else if (notRunCount(run) && choices.missing)
      this.#show("missing", `Run the rest, ${plural(choices.missing, "row")}`);
    else if (errorsOf(run) && choices.failed) this.#show("failed", "Run failed again");
  }

  /** @param {Scope} scope @param {string} words */
  #show(scope, words) {
    this.#scope = scope;
    this.element.textContent = words;
    this.element.hidden = false;
  }

  async #take() {
    if (this.#connection) return location.assign(`/connections/${this.#connection}/edit`);
    const column = this.columnId === undefined ? undefined : this.progress.grid.columns.byId(this.columnId);
    this.progress.grid.sheet.focus({ preventScroll: true });
    if (column) await startRun(column, this.#scope);
  }
}
