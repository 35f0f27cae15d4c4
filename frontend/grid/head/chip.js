/**
 * The one chip in the head of an HTTP column: how far its run is, or how many rows somebody should look at. The tip of
 * the head tells the rest.
 *
 * @typedef {import("../types.d.ts").Column} Column
 * @typedef {import("../types.d.ts").Run} Run
 * @typedef {{ look: "run" | "held" | "errors" | "stale", sign?: import("../../ui/icon-names.js").IconName, text: string,
 *   label: string, filter?: "errors" | "stale" }} Chip
 */

import { isOpen, percent } from "../../runs/run-words.js";
import { button } from "../../ui/elements.js";
import { formatNumber, plural } from "../../ui/format.js";
import { icon } from "../../ui/icons.js";

/** The rows that failed by themselves or may have been sent. @param {Column} column */
export const ownErrors = ({ counts = {}, handed_down: handedDown = 0 }) =>
  Math.max(0, (counts.failed ?? 0) - handedDown) + (counts.unknown ?? 0);

/** What counts most. @param {Column} column @param {Run | undefined} run @returns {Chip | undefined} */
function chipOf(column, run) {
  if (run && isOpen(run)) {
    const text = `${percent(run)}\u00a0%`;
    return run.state === "paused"
      ? { look: "held", sign: "pause", text, label: `${column.name}: paused at ${text}` }
      : { look: "run", text, label: `${column.name}: ${text} done` };
  }
  const errors = ownErrors(column);
  if (errors)
    return {
      look: "errors",
      sign: "errors",
      text: formatNumber(errors),
      label: `${plural(errors, "error")} in ${column.name}: show these rows`,
      filter: "errors",
    };
  const { stale = 0 } = column;
  if (!stale) return undefined;
  return {
    look: "stale",
    sign: "out_of_date",
    text: formatNumber(stale),
    label: `${formatNumber(stale)} out of date in ${column.name}: show these rows`,
    filter: "stale",
  };
}

/** @param {(filter: "errors" | "stale") => void} onFilter */
export function newChip(onFilter) {
  const chip = button("", "count", () => {
    const { filter } = chip.dataset;
    if (filter === "errors" || filter === "stale") onFilter(filter);
  });
  chip.tabIndex = -1;
  chip.hidden = true;
  return chip;
}

/** @param {HTMLElement} head @param {Column} column @param {Run | undefined} run its newest one */
export function paintChip(head, column, run) {
  const element = /** @type {HTMLButtonElement | null} */ (head.querySelector(".count"));
  if (!element) return;
  const chip = chipOf(column, run);
  element.hidden = !chip;
  if (!chip || element.ariaLabel === chip.label) return;
  const { look, sign, text, label, filter } = chip;
  element.className = `count ${look}`;
  element.disabled = !filter;
  element.dataset.filter = filter ?? "";
  element.ariaLabel = label;
  element.replaceChildren(...(sign ? [icon(sign)] : []), text);
}
