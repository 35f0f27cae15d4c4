/**
 * The attempts of a cell in order, and the details of one of them.
 *
 * @typedef {object} Attempt
 * @property {number} number
 * @property {string} part what it was in its exchange; empty for the first request of a row
 * @property {number | null} run_id
 * @property {string} started_at
 * @property {number | null} duration_ms
 * @property {import("./exchange.js").SentRequest | null} request
 * @property {import("./exchange.js").Hop[]} hops
 * @property {import("./exchange.js").ReceivedResponse | null} response
 * @property {{ code: string, message: string } | null} error
 * @property {number[]} row_ids of a request for many rows, in its order; empty where it was for one
 *
 * @typedef {{ number: number, attempt_days: number | null, attempts_per_cell: number | null }} Deleted
 * @typedef {{ row_id: number, position: number }[]} Places where the rows of these are in the table, from the top
 */

import { button, make } from "../ui/elements.js";
import { plural, timeText } from "../ui/format.js";
import { callPart, requestPart, responsePart } from "./exchange.js";

const MOST_RANGES = 12; // that are read at a glance

/** @param {Attempt} attempt */
function outcome({ response, error }) {
  if (error?.message) return error.message;
  return response ? String(response.status) : "no response";
}

/** Says why an attempt was made again; empty for the first one of a run. @param {Attempt[]} attempts @param {number} index */
function whyAgain(attempts, index) {
  const [before, now] = [attempts[index - 1], attempts[index]];
  if (!before || before.run_id !== now.run_id || now.part) return "";
  return `again after ${outcome(before)}`;
}

/** Says how many questions before this one were not kept. @param {Attempt[]} attempts @param {number} index */
function leftOut(attempts, index) {
  const [before, now] = [attempts[index - 1], attempts[index]];
  if (!before?.part || before.run_id !== now?.run_id) return [];
  const missing = now.number - before.number - 1;
  return missing > 0 ? [make("li", "hint", `${missing.toLocaleString()} more in between`)] : [];
}

/** @param {string} text */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {number | null} ms */
function took(ms) {
  if (ms === null) return "";
  return ms < 10_000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {Attempt[]} attempts @param {number} selected @param {(index: number) => void} select */
export function attemptList(attempts, selected, select) {
  const lastRun = attempts.at(-1)?.run_id;
  const items = attempts.flatMap((attempt, index) => {
    const failed = Boolean(attempt.error);
    const notes = [whyAgain(attempts, index), attempt.run_id === lastRun ? "" : "earlier run"]
      .filter(Boolean)
      .join(" · ");
    const line = button("", "try", () => select(index));
    line.append(
      make("span", "number", attempt.part ? sentence(attempt.part) : `Attempt ${attempt.number}`),
      make("span", `s ${failed ? "bad" : "ok"}`, outcome(attempt)),
      make("span", "when", [timeText(attempt.started_at), took(attempt.duration_ms)].filter(Boolean).join(" · ")),
    );
    if (notes) line.append(make("span", "why", notes));
    if (index === selected) line.setAttribute("aria-current", "true");
    return [...leftOut(attempts, index), make("li", "", line)];
  });
  const list = make("ol", "tries", ...items);
  list.setAttribute("aria-label", "Attempts");
  return list;
}

/** Says how many attempts are gone, and what the table keeps now. @param {Deleted} deleted */
export function deletedSentence({ number, attempt_days: days, attempts_per_cell: perCell }) {
  const gone = `${plural(number, "older attempt")} ${number === 1 ? "was" : "were"} deleted.`;
  const forTime = days === null ? "" : `attempts for ${plural(days, "day")}`;
  const most = perCell === null ? "" : `at most ${plural(perCell, "attempt")} of a cell`;
  return `${gone} This table keeps ${[forTime, most].filter(Boolean).join(", and ") || "all attempts now"}.`;
}

/** Says which rows a request was for. @param {number[]} rowIds @param {Places} places */
export function rowsSentence(rowIds, places) {
  if (rowIds.length === 1) return "One request for this row alone, as a batch of one.";
  const ids = new Set(rowIds);
  const numbers = places.filter(({ row_id: id }) => ids.has(id)).map(({ position }) => position + 1);
  const gone = rowIds.length - numbers.length;
  const deleted = gone ? `, and ${plural(gone, "row")} deleted since` : "";
  return `One request for ${plural(rowIds.length, "row")}: ${ranges(numbers)}${deleted}.`;
}

/** "1–100, 105" @param {number[]} numbers in order */
function ranges(numbers) {
  /** @type {[number, number][]} */
  const found = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  const shown = found.slice(0, MOST_RANGES).map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  return shown.join(", ") + (found.length > MOST_RANGES ? "…" : "");
}

/** @param {Attempt} attempt @param {import("./exchange.js").How} how @param {Places} places @returns {Node[]} */
export function attemptParts({ part, request, hops, response, error, row_ids: rowIds }, how, places) {
  const parts = [];
  const isCall = part === "called back";
  if (rowIds.length) parts.push(make("p", "hint", rowsSentence(rowIds, places)));
  if (request) parts.push(isCall ? callPart(request) : requestPart(request, hops, how));
  // The fields of an answer for many rows are not those of a cell.
  const shown = rowIds.length ? { ...how, fields: undefined } : how;
  if (response) parts.push(responsePart(response, shown, isCall ? "What the API posted" : undefined));
  else parts.push(make("p", "problem", error?.message ?? "No response."));
  return parts;
}
