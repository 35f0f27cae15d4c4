/**
 * One cell: the words for its state and value, and the DOM that shows them.
 *
 * @typedef {import("./types.d.ts").Cell} Cell
 * @typedef {import("./types.d.ts").Column} Column
 * @typedef {import("./types.d.ts").State} State
 */

import { make } from "../ui/elements.js";

const COMPUTED = new Set(["formula", "extract", "http"]);
const LONGEST_SHOWN = 300; // characters; the rest is in the editor or the details
const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 15 });

/** The class of each state: the colour and shape of its dot. @type {Record<State, string>} */
const LOOK = {
  empty: "none",
  queued: "queued",
  waiting: "queued",
  limited: "queued",
  running: "run",
  done: "ok",
  no_data: "skip",
  skipped: "skip",
  missing_input: "skip",
  failed: "bad",
  unknown: "stale",
  cancelled: "skip",
};

/** @type {Record<State, string>} */
const WORD = {
  empty: "–",
  queued: "Queued",
  waiting: "Waiting for another column",
  limited: "Waiting for the rate limit",
  running: "Running",
  done: "",
  no_data: "No data",
  skipped: "Run condition not met",
  missing_input: "Missing input",
  failed: "Failed",
  unknown: "May have been sent",
  cancelled: "Stopped",
};

/** @param {Column} column */
export const isComputed = (column) => COMPUTED.has(column.type);

/** Writes any JSON value in one line. @param {unknown} value @returns {string} */
function brief(value) {
  if (value === null || value === undefined) return "";
  if (isNumeric(value)) return String(value);
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "string") return value.slice(0, LONGEST_SHOWN).replace(/\s+/g, " ");
  if (Array.isArray(value)) return value.length === 1 ? `[ ${brief(value[0])} ]` : `[ ${value.length} items ]`;
  return briefObject(/** @type {Record<string, unknown>} */ (value));
}

/** @param {Record<string, unknown>} value */
function briefObject(value) {
  const keys = Object.keys(value);
  if (keys.length === 1) return `${keys[0]} ${brief(value[keys[0]])}`;
  return keys.length > 3 ? `{ ${keys.slice(0, 3).join(", ")}, … }` : `{ ${keys.join(", ")} }`;
}

/** Says whether the result belongs to inputs that have changed; a cell that is about to run again does not count. @param {Cell} cell */
const isStale = ({ stale, state = "done" }) =>
  Boolean(stale) && !["queued", "waiting", "limited", "running"].includes(state);

/** Describes the state of a computed cell. @param {Cell} cell */
export const stateText = (cell) => (isStale(cell) ? `Out of date · ${resultText(cell)}` : resultText(cell));

/** @param {Cell} cell */
function resultText(cell) {
  const state = cell.state ?? "done";
  if (state === "done") return brief(cell.value);
  if (state === "running") return triesText(cell);
  if (state === "failed") return cell.error?.message || WORD.failed;
  if (state === "waiting" || state === "missing_input" || state === "limited")
    return cell.error?.message || WORD[state];
  return WORD[state];
}

/** @param {Cell} cell */
function triesText({ attempts, max_attempts: most }) {
  if (!attempts) return WORD.running;
  return most ? `${WORD.running} · try ${attempts + 1} of ${most}` : `${WORD.running} · try ${attempts + 1}`;
}

/** @param {unknown} value */
const isNumeric = (value) => typeof value === "number" || typeof value === "bigint";

/** Writes a value as it is edited and copied. @param {unknown} value */
export function plainText(value) {
  if (value === null || value === undefined) return "";
  if (value === true) return "TRUE";
  if (value === false) return "FALSE";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Writes a cell for the clipboard. @param {Column} column @param {Cell | undefined} cell */
export function copyText(column, cell) {
  if (!cell) return "";
  return isComputed(column) && cell.state !== "done" ? "" : plainText(cell.value);
}

/** @param {Column} column @param {unknown} value */
function typedText(column, value) {
  const text = plainText(value);
  // "0042" and "1.10" stay as typed: only text that a number would print itself gets separators.
  if (column.type === "number" && text && String(Number(text)) === text) return grouped.format(Number(text));
  return text.slice(0, LONGEST_SHOWN).replace(/\s+/g, " ");
}

/**
 * Fills the element of a cell.
 * @param {HTMLElement} element @param {Column} column @param {Cell | undefined} cell
 * @param {{ row: number, canEdit: boolean }} place
 */
export function paintCell(element, column, cell, place) {
  element.classList.toggle("num", column.type === "number" || isNumeric(cell?.value));
  if (element.title) element.removeAttribute("title");
  if (column.type === "checkbox") return paintCheckbox(element, column, cell, place);
  if (!cell) return element.replaceChildren();
  if (!isComputed(column)) element.textContent = typedText(column, cell.value);
  else paintState(element, column, cell);
}

/** The class that gives the words of a computed cell their colour and sign. @param {Cell} cell */
export const lookOf = (cell) => (isStale(cell) ? "stale" : LOOK[cell.state ?? "done"]);

/** @param {HTMLElement} element @param {Column} column @param {Cell} cell */
function paintState(element, column, cell) {
  const state = cell.state ?? "done";
  if (state === "done" && column.type !== "http" && !isStale(cell)) {
    element.textContent = brief(cell.value);
    return;
  }
  const words = make("span", `s ${lookOf(cell)}`, stateText(cell));
  element.replaceChildren(words);
  if (words.textContent) element.title = words.textContent;
}

/** @param {HTMLElement} element @param {Column} column @param {Cell | undefined} cell @param {{ row: number, canEdit: boolean }} place */
function paintCheckbox(element, column, cell, { row, canEdit }) {
  const box = element.querySelector("input") ?? make("input", "");
  box.type = "checkbox";
  box.tabIndex = -1;
  box.disabled = !canEdit || !cell;
  box.checked = isTrue(cell?.value);
  box.setAttribute("aria-label", `${column.name}, row ${row + 1}`);
  if (!box.parentElement) element.replaceChildren(box);
}

/** @param {unknown} value */
export const isTrue = (value) => value === true || /^(true|yes|1|x)$/i.test(String(value ?? ""));
