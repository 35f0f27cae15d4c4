/**
 * How long attempts are kept, and how many of each cell, with what that does to those that there are.
 *
 * @typedef {{ attempt_days: number | null, attempts_per_cell: number | null }} Limits null: no limit
 * @typedef {{ attempts: number, bytes: number, deleted: number, bytes_deleted: number, is_estimate: boolean }} Effect
 */

import { api, reasonOf } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { bytesText, formatNumber, plural } from "../ui/format.js";

const DAYS = [7, 30, 90, 365];
const PER_CELL = [1, 3, 5, 10, 25];

export class AttemptLimits {
  #days = make("select", { id: "settings-attempt-days", className: "in" });
  #perCell = make("select", { id: "settings-attempts-per-cell", className: "in" });
  #words = make("p", { className: "hint", role: "status" });
  /** What the limits that are chosen would do, once the server has said so. @type {Effect | undefined} */
  effect;
  /** Number of the latest question; answers to older ones are dropped. */
  #question = 0;

  /** @param {number} tableId @param {Limits} limits */
  constructor(tableId, limits) {
    this.tableId = tableId;
    fill(this.#days, DAYS, limits.attempt_days, (days) => `for ${plural(days, "day")}`, "for ever");
    fill(this.#perCell, PER_CELL, limits.attempts_per_cell, (number) => `at most ${number}`, "all");
    const days = make("label", { htmlFor: this.#days.id }, "Keep attempts");
    const perCell = make("label", { htmlFor: this.#perCell.id }, "Of each cell");
    this.element = make(
      "div",
      "attempt-limits",
      make("div", "field", days, this.#days),
      make("div", "field", perCell, this.#perCell),
      this.#words,
    );
    for (const select of [this.#days, this.#perCell]) select.addEventListener("change", () => void this.look());
  }

  /** @returns {Limits} */
  get limits() {
    return { attempt_days: chosen(this.#days), attempts_per_cell: chosen(this.#perCell) };
  }

  /** Asks what the chosen limits would do, and says it. */
  async look() {
    this.#question += 1;
    const question = this.#question;
    this.effect = undefined;
    this.#words.textContent = "Counting attempts…";
    const query = new URLSearchParams(
      Object.entries(this.limits).flatMap(([name, limit]) => (limit === null ? [] : [[name, String(limit)]])),
    );
    try {
      /** @type {Effect} */
      const effect = await api("GET", `/tables/${this.tableId}/attempts?${query}`);
      if (question !== this.#question) return;
      this.effect = effect;
      this.#words.textContent = effectWords(effect);
    } catch (error) {
      if (question === this.#question) this.#words.textContent = `Can't count the attempts. ${reasonOf(error)}`;
    }
  }
}

/** @param {HTMLSelectElement} select @returns {number | null} */
const chosen = (select) => (select.value ? Number(select.value) : null);

/**
 * Fills a select with choices, and with the present one if it is none of these.
 * @param {HTMLSelectElement} select @param {number[]} choices @param {number | null} now
 * @param {(choice: number) => string} name @param {string} without the name of no limit
 */
function fill(select, choices, now, name, without) {
  const all = now === null || choices.includes(now) ? choices : [...choices, now].sort((a, b) => a - b);
  const options = all.map((choice) => make("option", { value: String(choice) }, name(choice)));
  select.append(...options, make("option", { value: "" }, without));
  select.value = String(now ?? "");
}

/** Says what there is, and what would be deleted. @param {Effect} effect */
export function effectWords({ attempts, bytes, deleted, bytes_deleted: freed, is_estimate: isEstimate }) {
  if (!attempts) return "There are no attempts yet.";
  const about = isEstimate ? "About " : "";
  const there = `${about}${plural(attempts, "attempt")} ${attempts === 1 ? "takes" : "take"} about ${bytesText(bytes)}.`;
  const going = deleted
    ? `${about}${formatNumber(deleted)} of them would be deleted for good, about ${bytesText(freed)}. The last one of each cell stays.`
    : "None would be deleted now.";
  return [there, going, ...(isEstimate ? ["Estimated from a sample."] : [])].join(" ");
}

/** Says what goes; a sample may have missed it. @param {Effect} [effect] */
export function deletedWords(effect) {
  if (!effect?.deleted) return "attempts that are beyond these limits";
  const about = effect.is_estimate ? "about " : "";
  return `${about}${plural(effect.deleted, "attempt")}, about ${bytesText(effect.bytes_deleted)}`;
}

/** Whether limits keep less than others did. @param {Limits} limits @param {Limits} before */
export function isShorter(limits, before) {
  const infinite = (/** @type {number | null} */ limit) => limit ?? Number.POSITIVE_INFINITY;
  return (
    infinite(limits.attempt_days) < infinite(before.attempt_days) ||
    infinite(limits.attempts_per_cell) < infinite(before.attempts_per_cell)
  );
}
