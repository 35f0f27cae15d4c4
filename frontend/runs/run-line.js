/**
 * One run in one line. While it is under way: its progress, its throughput, the time left, its errors, and the buttons to
 * pause and stop it. After that: what came of it, and the next step.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("./progress.js").Progress} Progress
 */

import { openErrors } from "../grid/signals.js";
import { button, make } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { NextStep } from "./next-step.js";
import {
  endedCount,
  endText,
  errorsOf,
  errorsSoFarText,
  isOpen,
  leftText,
  outcomes,
  pausedItself,
  percent,
  slowedText,
} from "./run-words.js";

const PENDING = { pause: "Pausing…", resume: "Resuming…", stop: "Stopping…" };

export class RunLine {
  /** @type {Run | undefined} */
  #run;
  #sign = make("span", "sign");
  #name = make("span", "name");
  #bar = make("progress", "bar");
  #count = make("span", "");
  #rate = make("span", "rate");
  #slowed = make("span", "rate");
  #left = make("span", "left");
  #errors = button("", "errors", () => this.#run && openErrors(this.#run.column_id, this.#run.id));
  #buttons = {
    pause: this.#newButton("pause", "Pause"),
    resume: this.#newButton("resume", "Resume"),
    stop: this.#newButton("stop", "Stop"),
  };

  /** @param {Progress} progress */
  constructor(progress) {
    this.progress = progress;
    this.next = new NextStep(progress);
    this.element = make(
      "div",
      "run-line",
      this.#sign,
      this.#name,
      this.#bar,
      this.#count,
      this.#rate,
      this.#slowed,
      this.#left,
      this.#errors,
      this.next.element,
      make("span", "actions", ...Object.values(this.#buttons)),
    );
  }

  /** @param {import("./progress.js").Action} action @param {string} words */
  #newButton(action, words) {
    const made = button("", "btn ghost small", () => this.#run && void this.progress.act(this.#run, action));
    made.append(icon(action), words);
    return made;
  }

  /** @param {Run} run */
  fill(run) {
    const name = this.progress.nameOf(run);
    this.#run = run;
    this.#name.textContent = name;
    this.#bar.max = Math.max(1, run.counts.total);
    this.#bar.value = endedCount(run);
    this.#bar.setAttribute("aria-label", `${name}: ${percent(run)} %`);
    this.#bar.hidden = !isOpen(run);
    this.element.classList.toggle("held", run.state === "paused");
    this.element.classList.toggle("refused", run.state === "stopped" && run.stop_reason !== null);
    if (isOpen(run)) this.#fillOpen(run);
    else this.#fillEnded(run);
    this.#errors.textContent = errorsOf(run) ? (isOpen(run) ? errorsSoFarText(run) : failedText(run)) : "";
    this.#errors.hidden = !errorsOf(run);
    this.next.fill(run);
    this.#offer(run);
  }

  /** @param {Run} run */
  #fillOpen(run) {
    const pending = this.progress.pendingAction(run);
    this.#sign.replaceChildren();
    this.#count.title = "";
    this.#count.textContent = `${formatNumber(endedCount(run))} of ${formatNumber(run.counts.total)}`;
    this.#rate.textContent = run.state === "running" && run.rate_per_s ? `${formatNumber(run.rate_per_s)} / s` : "";
    this.#slowed.textContent = run.state === "running" ? slowedText(run) : "";
    this.#left.textContent = pending ? PENDING[pending] : leftText(run, this.progress.waitsFor(run));
    this.#left.title = pausedItself(run) ? this.#left.textContent : ""; // it may not fit
  }

  /** @param {Run} run */
  #fillEnded(run) {
    const refused = run.state === "stopped" && run.stop_reason;
    this.#sign.replaceChildren(icon(run.state === "done" ? "done" : refused ? "bad" : "stop"));
    this.#count.textContent = endText(run);
    this.#count.title = refused ? this.#count.textContent : ""; // it may not fit
    this.#rate.textContent = this.#slowed.textContent = this.#left.title = "";
    this.#left.textContent = outcomes(run)
      .filter((words) => !words.endsWith(" failed"))
      .join(", ");
  }

  /** @param {Run} run */
  #offer(run) {
    const { pause, resume, stop } = this.#buttons;
    const had = Object.values(this.#buttons).find((one) => one === document.activeElement);
    const may = this.progress.grid.canEdit && isOpen(run);
    pause.hidden = !may || run.state === "paused";
    resume.hidden = !may || run.state !== "paused";
    resume.lastChild?.replaceWith(pausedItself(run) ? "Resume now" : "Resume");
    stop.hidden = !may;
    const isPending = this.progress.pendingAction(run) !== undefined;
    for (const one of [pause, resume, stop]) one.ariaDisabled = String(isPending);
    if (had?.hidden) (may ? (pause.hidden ? resume : pause) : this.progress.grid.sheet).focus({ preventScroll: true });
  }
}

/** @param {Run} run */
const failedText = (run) => `${formatNumber(errorsOf(run))} failed`;
