/**
 * The state of a cell in a sentence, with why.
 *
 * @typedef {import("../grid/types.d.ts").Cell} Cell
 * @typedef {{ text: string, values: { name: string, value: string }[] } | null} Condition
 */
import { stateText } from "../grid/cells.js";

/** @param {Cell} cell @param {Condition} [condition] of a skipped cell */
export function stateSentence(cell, condition = null) {
  const words = sentence(cell, condition);
  return cell.stale && cell.state !== "queued" && cell.state !== "running"
    ? `Out of date, an input has changed since: ${words}`
    : words;
}

/** @param {Cell} cell @param {Condition} condition @returns {string} */
function sentence(cell, condition) {
  switch (cell.state) {
    case "empty":
      return "Not run yet";
    case "done":
      return cell.http_status ? `Done, the server answered ${cell.http_status}` : "Done";
    case "skipped":
      return condition ? `Run condition not met: ${valuesText(condition)}` : "Run condition not met";
    case "unknown":
      return "May have been sent: look before you run it again";
    case "cancelled":
      return "Stopped before it was sent";
    case "queued":
      return "Queued: its turn comes by itself";
    default:
      return stateText({ ...cell, stale: false });
  }
}

/** @param {NonNullable<Condition>} condition */
function valuesText({ text, values }) {
  if (!values.length) return text;
  return values.map(({ name, value }) => `{{${name}}} ${isWords(value) ? value : `is ${value || "empty"}`}`).join(", ");
}

/** A column without a result says that in words of its own. @param {string} value */
const isWords = (value) => value.startsWith("has no result");
