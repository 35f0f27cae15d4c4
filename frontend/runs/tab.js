/**
 * The browser's tab: its title shows how far the runs are. When one ends while another tab is in front, of a column or a
 * source, title and icon say so until somebody looks, and so does a notification of the browser, once somebody has asked for
 * it by a click.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("./progress.js").Progress} Progress
 * @typedef {{ id: number, state: "done" | "failed" | "cancelled", error: string | null, added: number, updated: number,
 *   skipped: number, rejected: number }} Fetch the import that a run of a source is
 */

import { button } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { toast } from "../ui/notices.js";
import { didText, isOpen, percent } from "./run-words.js";

const link = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=icon]"));
const calm = link?.href ?? "";
/** What the tab says of an end. @type {Record<string, string>} */
const ENDS = { "is done": "Done", stopped: "Stopped", "has failed": "Failed" };

export class Tab {
  /** What ended while nobody looked. */
  #ended = "";
  #ask = button("", "btn ghost small", () => void this.#allow(), { hidden: true });

  /** @param {Progress} progress @param {HTMLElement} place of the button that asks for notifications */
  constructor(progress, place) {
    this.progress = progress;
    this.#ask.append(icon("notify"), "Notify me");
    this.#ask.title = "Show a notification of the browser when a run ends";
    place.append(this.#ask);
    progress.addEventListener("change", () => this.#show());
    progress.addEventListener("end", (event) => this.#end(/** @type {CustomEvent<Run>} */ (event).detail));
    document.addEventListener("marl:fetched", (event) => this.#fetched(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.#ended = "";
      this.#show();
    });
  }

  #show() {
    const { runs, grid } = this.progress;
    const open = runs.filter(isOpen);
    const paused = open.length > 0 && open.every(({ state }) => state === "paused");
    const how = open.length ? (paused ? "Paused" : `${percent(...open)}%`) : this.#ended;
    document.title = how ? `${how} · ${grid.table.name}` : `${grid.table.name} – Marl`;
    if (link) link.href = this.#ended ? (link.dataset.ended ?? calm) : calm;
    const mayAsk = "Notification" in window && Notification.permission === "default";
    this.#ask.hidden = !mayAsk || !open.some(({ automatic }) => !automatic);
  }

  async #allow() {
    const answer = await Notification.requestPermission();
    if (answer === "granted") toast("The browser will tell you when a run ends.");
    this.#show();
  }

  /** @param {Run} run */
  #end(run) {
    if (run.automatic) return;
    const how = run.state === "done" ? "is done" : "stopped";
    this.#tell(this.progress.nameOf(run), how, didText(run), `run-${run.id}`);
  }

  /** @param {{ source: string, import: Fetch }} ended */
  #fetched({ source, import: found }) {
    if (found.state === "cancelled") return;
    const hasFailed = found.state === "failed";
    const counts = /** @type {const} */ (["added", "updated", "skipped", "rejected"])
      .filter((name) => found[name])
      .map((name) => `${formatNumber(found[name])} ${name}`);
    const what = hasFailed ? (found.error ?? "") : counts.join(", ") || "no rows";
    this.#tell(source, hasFailed ? "has failed" : "is done", what, `fetch-${found.id}`);
  }

  /** Says what has ended, unless somebody looks. @param {string} name @param {string} how @param {string} what @param {string} tag */
  #tell(name, how, what, tag) {
    if (!document.hidden) return;
    this.#ended = `${ENDS[how]}: ${name}`;
    this.#show();
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const body = `${this.progress.grid.table.name}: ${what}`;
    const notice = new Notification(`${name} ${how}`, { body, icon: calm, tag });
    notice.addEventListener("click", () => window.focus());
  }
}
