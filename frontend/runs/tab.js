/**
 * The browser's tab: its title shows how far the runs are. When one ends while another tab is in front, title and icon say
 * so until somebody looks, and so does a notification of the browser, once somebody has asked for it by a click.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("./progress.js").Progress} Progress
 */

import { button } from "../ui/elements.js";
import { icon } from "../ui/icons.js";
import { toast } from "../ui/notices.js";
import { didText, isOpen, percent } from "./run-words.js";

const link = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=icon]"));
const calm = link?.href ?? "";

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
    if (run.automatic || !document.hidden) return;
    const name = this.progress.nameOf(run);
    this.#ended = `${run.state === "done" ? "Done" : "Stopped"}: ${name}`;
    this.#show();
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const { table } = this.progress.grid;
    const title = `${name} ${run.state === "done" ? "is done" : "stopped"}`;
    const notice = new Notification(title, {
      body: `${table.name}: ${didText(run)}`,
      icon: calm,
      tag: `run-${run.id}`,
    });
    notice.addEventListener("click", () => window.focus());
  }
}
