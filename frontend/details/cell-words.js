/**
 * The state of a cell in a sentence, with the reason for it.
 *
 * @typedef {import("../grid/types.d.ts").Cell} Cell
 * @typedef {"to_come" | "no_result_yet" | "waiting" | "running" | "skipped" | "missing_input" | "failed"} MissingReason
 * @typedef {{ name: string, value: string, missing?: MissingReason | null }} ConditionValue a column that the run condition
 *   refers to; `missing` says why it has no result in this row
 * @typedef {{ text: string, values: ConditionValue[] } | null} Condition
 */

import { partOf, stateText } from "../grid/cells.js";

/**
 * Describes the state of a cell.
 * @param {Cell} cell @param {Condition} [condition] of a skipped cell @param {boolean} [isOfEarlierSettings]
 */
export function stateSentence(cell, condition = null, isOfEarlierSettings = false) {
  const words = sentence(cell, condition);
  if (!cell.stale || cell.state === "queued" || cell.state === "running") return words;
  return isOfEarlierSettings
    ? `Out of date, because it was made with earlier settings: ${words}`
    : `Out of date, because an input has changed: ${words}`;
}

/** @param {Cell} cell @param {Condition} condition @returns {string} */
function sentence(cell, condition) {
  switch (cell.state) {
    case "empty":
      return "Not run yet";
    case "done":
      if (partOf(cell)) return `Done, but ${partOf(cell)}. ${cell.error?.message}`;
      return cell.http_status ? `Done. The server answered ${cell.http_status}` : "Done";
    case "skipped":
      return condition ? `Run condition not met: ${valuesText(condition)}` : "Run condition not met";
    case "unknown":
      return "May have been sent. Check before you run it again";
    case "cancelled":
      return "Stopped before it was sent";
    case "queued":
      return "Queued. It runs automatically";
    default:
      return stateText({ ...cell, stale: false });
  }
}

/** @param {NonNullable<Condition>} condition */
const valuesText = ({ text, values }) => (values.length ? values.map(valueText).join(", ") : text);

/** @type {Record<MissingReason, string>} */
const MISSING = {
  to_come: "is still to come",
  no_result_yet: "has no result yet",
  waiting: "is waiting for another column",
  running: "is still running",
  skipped: "was skipped",
  missing_input: "has no result",
  failed: "failed",
};

/** @param {ConditionValue} value */
function valueText({ name, value, missing }) {
  return `{{${name}}} ${missing ? MISSING[missing] : `is ${value || "empty"}`}`;
}
