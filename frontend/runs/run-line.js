/**
 * One run in one line: its progress, its throughput, the time left, its errors, and the buttons to pause and stop it.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("./progress.js").Progress} Progress
 */

import { openErrors } from "../grid/signals.js";
import { button, make } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";
import { endedCount, errorsOf, errorText, isOpen, leftText, percent } from "./run-words.js";

const PENDING = { pause: "Pausing…", resume: "Resuming…", stop: "Stopping…" };

export class RunLine {
  /** @type {Run | undefined} */
  #run;
  #name = make("span", "name");
  #bar = make("progress", "bar");
  #count = make("span", "");
  #rate = make("span", "");
  #left = make("span", "left");
  #errors = button("", "errors", () => this.#run && openErrors(this.#run.column_id, this.#run.id));
  #buttons = {
    pause: button("Pause", "btn ghost", () => this.#act("pause")),
    resume: button("Resume", "btn ghost", () => this.#act("resume")),
    stop: button("Stop", "btn ghost", () => this.#act("stop")),
  };

  /** @param {Progress} progress */
  constructor(progress) {
    this.progress = progress;
    const actions = make("span", "actions", ...Object.values(this.#buttons));
    this.element = make(
      "div",
      "run-line",
      this.#name,
      this.#bar,
      this.#count,
      this.#rate,
      this.#left,
      this.#errors,
      actions,
    );
  }

  /** @param {import("./progress.js").Action} action */
  #act(action) {
    if (this.#run) void this.progress.act(this.#run, action);
  }

  /** @param {Run} run */
  fill(run) {
    const { progress } = this;
    const pending = progress.pendingAction(run);
    const name = progress.nameOf(run);
    this.#run = run;
    this.#bar.max = Math.max(1, run.counts.total);
    this.#bar.value = endedCount(run);
    this.#bar.setAttribute("aria-label", `${name}: ${percent(run)} %`);
    this.#name.textContent = name;
    this.#count.textContent = `${formatNumber(endedCount(run))} of ${formatNumber(run.counts.total)}`;
    this.#rate.textContent = run.state === "running" && run.rate_per_s ? `${formatNumber(run.rate_per_s)} / s` : "";
    this.#left.textContent = pending ? PENDING[pending] : leftText(run, progress.waitsFor(run));
    this.#errors.textContent = errorsOf(run) ? errorText(errorsOf(run)) : "";
    this.#errors.hidden = !errorsOf(run);
    this.element.classList.toggle("held", run.state === "paused" || run.state === "stopped");
    this.#offer(run, Boolean(pending));
  }

  /** @param {Run} run @param {boolean} isPending */
  #offer(run, isPending) {
    const { pause, resume, stop } = this.#buttons;
    const had = Object.values(this.#buttons).find((one) => one === document.activeElement);
    const may = this.progress.grid.canEdit && isOpen(run);
    pause.hidden = !may || run.state === "paused";
    resume.hidden = !may || run.state !== "paused";
    stop.hidden = !may;
    for (const one of [pause, resume, stop]) one.ariaDisabled = String(isPending);
    if (had?.hidden) (pause.hidden ? resume : pause).focus();
  }
}
