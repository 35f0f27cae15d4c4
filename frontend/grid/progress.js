/**
 * The footer: how far the running run is, and the buttons that hold it.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Run} Run
 */
import { api, toast } from "../api.js";
import { reasonOf } from "./edits.js";
import { duration } from "./run-menu.js";

const OPEN = new Set(["planning", "running", "paused"]);
const SAID_EVERY_MS = 10_000; // to screen readers
const KEPT_MS = 15_000; // an ended run stays readable this long

/** @param {number} n */
const text = (n) => n.toLocaleString("en");

/** @param {Run} run */
export const isOpen = (run) => OPEN.has(run.state);

/** @param {Run} run rows that have ended */
export const ended = ({ counts }) => Math.max(0, counts.total - counts.pending - counts.cancelled);

/** @param {Run} run 0 to 100 */
export const percent = (run) => (run.counts.total ? Math.floor((100 * ended(run)) / run.counts.total) : 0);

export class Progress extends EventTarget {
  /** @type {Map<number, Run>} */
  #runs = new Map();
  #saidAt = 0;
  /** @type {number | undefined} */
  #kept;

  /** @param {Grid} grid @param {HTMLElement} footer */
  constructor(grid, footer) {
    super();
    this.grid = grid;
    this.footer = footer;
    this.part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (footer.querySelector(`[data-part="${name}"]`));
    for (const action of /** @type {const} */ (["pause", "resume", "stop"])) {
      this.part(action).addEventListener("click", () => void this.#act(action));
    }
  }

  /** Reads the runs that are under way. */
  async load() {
    try {
      /** @type {{ items: Run[] }} */
      const { items } = await api("GET", `/tables/${this.grid.table.id}/runs?limit=50`);
      const open = items.filter(isOpen);
      for (const run of this.#runs.values()) if (!open.some(({ id }) => id === run.id)) this.#runs.delete(run.id);
      for (const run of open) this.#runs.set(run.id, run);
      this.#paint();
    } catch (error) {
      toast(`Runs cannot be shown. ${reasonOf(error)}`);
    }
  }

  /** @param {Run} run as the server announced it */
  take(run) {
    const before = this.#runs.get(run.id);
    const justEnded = !isOpen(run) && before !== undefined && isOpen(before);
    if (isOpen(run) || before) this.#runs.set(run.id, run);
    // Queued cells are not announced one by one: they follow from the run.
    if ((!before && isOpen(run)) || justEnded) this.grid.rows.refresh();
    if (justEnded) this.#end(run);
    this.#paint();
  }

  /** @param {Run} run */
  #end(run) {
    this.#say(endText(run, this.#nameOf(run)));
    setTimeout(() => {
      this.#runs.delete(run.id);
      this.#paint();
    }, KEPT_MS);
  }

  /** The run of a column that is under way. @param {number} columnId */
  ofColumn(columnId) {
    return [...this.#runs.values()].find((run) => run.column_id === columnId && isOpen(run));
  }

  /** @param {Run} run */
  #nameOf(run) {
    return this.grid.columns.byId(run.column_id)?.name ?? "A deleted column";
  }

  /** @returns {Run | undefined} the newest, those under way first */
  #shown() {
    const runs = [...this.#runs.values()].sort((a, b) => b.id - a.id);
    return runs.find(isOpen) ?? runs[0];
  }

  #paint() {
    const run = this.#shown();
    this.#kept = run?.id;
    this.footer.hidden = !run;
    if (run) this.#fill(run);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Run} run */
  #fill(run) {
    const open = isOpen(run);
    const others = [...this.#runs.values()].filter((other) => isOpen(other) && other.id !== run.id).length;
    const errors = run.counts.failed + run.counts.unknown;
    const bar = /** @type {HTMLProgressElement} */ (this.part("bar"));
    bar.max = Math.max(1, run.counts.total);
    bar.value = ended(run);
    bar.setAttribute("aria-label", `${this.#nameOf(run)}: ${percent(run)} %`);
    this.part("name").textContent = this.#nameOf(run) + (others ? ` and ${others} more` : "");
    this.part("count").textContent = `${text(ended(run))} of ${text(run.counts.total)}`;
    this.part("rate").textContent = run.state === "running" && run.rate_per_s ? `${text(run.rate_per_s)} / s` : "";
    this.part("left").textContent = leftText(run);
    this.part("errors").textContent = errors ? `${text(errors)} ${errors === 1 ? "error" : "errors"}` : "";
    this.part("pause").hidden = !this.grid.canEdit || !open || run.state === "paused";
    this.part("resume").hidden = !this.grid.canEdit || run.state !== "paused";
    this.part("stop").hidden = !this.grid.canEdit || !open;
    if (open && Date.now() - this.#saidAt > SAID_EVERY_MS) this.#say(`${this.#nameOf(run)}: ${percent(run)} percent`);
  }

  /** @param {string} words */
  #say(words) {
    this.#saidAt = Date.now();
    this.part("said").textContent = words;
  }

  /** @param {"pause" | "resume" | "stop"} action */
  async #act(action) {
    if (this.#kept === undefined) return;
    try {
      this.take(await api("POST", `/runs/${this.#kept}/${action}`));
    } catch (error) {
      toast(`The run did not ${action}. ${reasonOf(error)}`);
      void this.load();
    }
  }
}

/** @param {Run} run */
function leftText(run) {
  if (run.state === "planning") return "Starting…";
  if (run.state === "paused") return "Paused";
  if (run.state === "stopped") return run.stop_reason ? `Stopped: ${run.stop_reason}` : "Stopped";
  if (run.state === "done") return "Done";
  return run.seconds_left ? `${duration(run.seconds_left)} left` : "";
}

/** @param {Run} run @param {string} name */
function endText(run, name) {
  const errors = run.counts.failed + run.counts.unknown;
  const how = run.state === "done" ? "done" : "stopped";
  return `${name} is ${how}: ${text(run.counts.done)} results${errors ? `, ${text(errors)} errors` : ""}.`;
}
