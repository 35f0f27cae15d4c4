/**
 * One cell: the words for its state and value, and the DOM that shows them.
 *
 * @typedef {import("./types.d.ts").Cell} Cell
 * @typedef {import("./types.d.ts").Column} Column
 * @typedef {import("./types.d.ts").State} State
 */

import { make } from "../ui/elements.js";
import { groupDigits } from "../ui/format.js";
import { prettyJson } from "./pretty-json.js";
import { cut, isNumeric, summary } from "./summary.js";

const COMPUTED = new Set(["formula", "extract", "http", "lookup"]);
const LONGEST_SHOWN = 300; // characters; the rest is in the editor or the details
const LINES = 5; // of JSON in a tall row

/** The class of each state. A result is plain text: colours and signs are for what somebody should look at. @type {Record<State, string>} */
const LOOK = {
  empty: "none",
  queued: "queued",
  waiting: "queued",
  limited: "queued",
  running: "run",
  done: "ok",
  no_data: "none",
  skipped: "none",
  missing_input: "none",
  failed: "bad",
  unknown: "stale",
  cancelled: "none",
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

/** Says whether the result belongs to inputs that have changed; a cell that is about to run again does not count. @param {Cell} cell */
const isStale = ({ stale, state = "done" }) =>
  Boolean(stale) && !["queued", "waiting", "limited", "running"].includes(state);

/** Describes the state of a computed cell. @param {Cell} cell */
export const stateText = (cell) => (isStale(cell) ? `Out of date · ${resultText(cell)}` : resultText(cell));

/** @param {Cell} cell */
function resultText(cell) {
  const state = cell.state ?? "done";
  if (state === "done") return summary(cell.value).join(" · ");
  if (state === "running") return triesText(cell);
  if (state === "failed") return cell.error?.message || WORD.failed;
  if (["waiting", "missing_input", "limited", "no_data"].includes(state)) return cell.error?.message || WORD[state];
  return WORD[state];
}

/** @param {Cell} cell */
function triesText({ attempts, max_attempts: most }) {
  if (!attempts) return WORD.running;
  return most ? `${WORD.running} · try ${attempts + 1} of ${most}` : `${WORD.running} · try ${attempts + 1}`;
}

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
  const text = cut(plainText(value), LONGEST_SHOWN).replace(/\s+/g, " ");
  return column.type === "number" ? groupDigits(text) : text;
}

/**
 * Fills the element of a cell.
 * @param {HTMLElement} element @param {Column} column @param {Cell | undefined} cell
 * @param {{ row: number, canEdit: boolean, isTall?: boolean }} place a tall one sets JSON out in lines
 */
export function paintCell(element, column, cell, place) {
  element.classList.toggle("num", column.type === "number" || isNumeric(cell?.value));
  if (element.title) element.removeAttribute("title");
  if (column.type === "checkbox") return paintCheckbox(element, column, cell, place);
  if (!cell) return element.replaceChildren();
  const json = place.isTall && isShape(cell) ? make("span", "json", prettyJson(cell.value, LINES)) : undefined;
  if (isComputed(column)) paintState(element, column, cell, json);
  else if (json) element.replaceChildren(json);
  else showText(element, typedText(column, cell.value));
}

/** Shows a text; one that is there already isn't laid out again. @param {HTMLElement} element @param {string} text */
function showText(element, text) {
  const shown = element.firstChild;
  if (!(shown instanceof Text) || shown.nextSibling) element.textContent = text;
  else if (shown.data !== text) shown.data = text;
}

/** Says whether a cell holds an object or a list. @param {Cell} cell */
const isShape = ({ value, state = "done" }) => state === "done" && value !== null && typeof value === "object";

/** Says whether the cell failed only because a column that it refers to did. @param {Cell} cell */
export const isHandedDown = ({ state, error }) => state === "failed" && error?.code === "input";

/** Says whether somebody should look: it failed by itself, or may have been sent. @param {Cell} cell */
export const isError = (cell) => cell.state === "unknown" || (cell.state === "failed" && !isHandedDown(cell));

/** The class that gives the words of a computed cell their colour and sign. @param {Cell} cell */
export function lookOf(cell) {
  if (isStale(cell)) return "stale";
  return isHandedDown(cell) ? "none" : LOOK[cell.state ?? "done"];
}

/** Of results that a bound of the column has cut short, or whose characters may be others, or are. @type {Readonly<Record<string, string>>} */
const PARTS = {
  incomplete: "not all",
  maybe_incomplete: "maybe not all",
  guessed_letters: "letters are a guess",
  replaced_characters: "characters replaced",
};

/** Says in what way the API may have something else than the result holds, if it may. @param {Cell} cell @returns {string | undefined} */
export const partOf = ({ state, error }) => (state === "done" && error ? PARTS[error.code] : undefined);

/** @param {Cell} cell */
const partText = (cell) => `${resultText(cell)} · ${cell.error?.message ?? ""}`;

/** @param {HTMLElement} element @param {Column} column @param {Cell} cell @param {HTMLElement} [json] shown in place of the first values */
function paintState(element, column, cell, json) {
  const look = lookOf(cell);
  const [first = "", ...rest] = json ? [json] : shownParts(column, cell);
  const more = rest.length ? [make("span", "more", ` · ${rest.join(" · ")}`)] : [];
  const part = partOf(cell);
  // At the start, because the end of long values is out of sight.
  const shown = [...(part ? [make("span", "doubt", part), json ? "" : " · "] : []), first, ...more];
  if (look === "ok" && typeof first === "string" && shown.length === 1) showText(element, first);
  else if (look === "ok") element.replaceChildren(...shown);
  else
    element.replaceChildren(
      make("span", `s ${look}${cell.state === "waiting" ? " waiting" : ""}`, make("span", "words", ...shown)),
    );
  if (first && (cell.state ?? "done") !== "empty") element.title = part ? partText(cell) : stateText(cell);
}

/** What a computed cell shows, in parts of which the first counts most: fewer words than its tip and its details. @param {Column} column @param {Cell} cell @returns {string[]} */
function shownParts(column, cell) {
  const state = cell.state ?? "done";
  // What a field is taken from says why there is nothing to take.
  if (column.type === "extract" && (state === "missing_input" || isHandedDown(cell))) return [WORD.empty];
  if (state === "done") return summary(cell.value);
  if (isHandedDown(cell)) return [`– ${handedDownText(cell.error?.message ?? "")}`];
  if (state === "cancelled") return [WORD.empty];
  if (state === "skipped") return ["Skipped"];
  if (state === "missing_input") return [(cell.error?.message || WORD[state]).replace(/^Missing input: /, "Missing ")];
  return [resultText(cell)];
}

/** All that a cell shows, to measure it. @param {Column} column @param {Cell | undefined} cell */
export function cellText(column, cell) {
  if (!cell || column.type === "checkbox") return "";
  return isComputed(column) ? shownParts(column, cell).join(" · ") : typedText(column, cell.value);
}

/** "Profile failed: 404 · Not found" → "Profile failed" @param {string} message */
const handedDownText = (message) => message.match(/^.*? failed(?=:)/)?.[0] ?? message;

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
