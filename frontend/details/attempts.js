/**
 * The attempts of a cell in order, and the details of one of them.
 *
 * @typedef {object} Attempt
 * @property {number} number
 * @property {number | null} run_id
 * @property {string} started_at
 * @property {number | null} duration_ms
 * @property {import("./exchange.js").SentRequest | null} request
 * @property {import("./exchange.js").ReceivedResponse | null} response
 * @property {{ code: string, message: string } | null} error
 */

import { button, make } from "../ui/elements.js";
import { timeText } from "../ui/format.js";
import { requestPart, responsePart } from "./exchange.js";

/** @param {Attempt} attempt */
function outcome({ response, error }) {
  if (error?.message) return error.message;
  return response ? String(response.status) : "no response";
}

/** Says why an attempt was made again; empty for the first one of a run. @param {Attempt[]} attempts @param {number} index */
function whyAgain(attempts, index) {
  const [before, now] = [attempts[index - 1], attempts[index]];
  if (!before || before.run_id !== now.run_id) return "";
  return `again after ${outcome(before)}`;
}

/** @param {number | null} ms */
function took(ms) {
  if (ms === null) return "";
  return ms < 10_000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {Attempt[]} attempts @param {number} selected @param {(index: number) => void} select */
export function attemptList(attempts, selected, select) {
  const lastRun = attempts.at(-1)?.run_id;
  const items = attempts.map((attempt, index) => {
    const failed = Boolean(attempt.error);
    const notes = [whyAgain(attempts, index), attempt.run_id === lastRun ? "" : "earlier run"]
      .filter(Boolean)
      .join(" · ");
    const line = button("", "try", () => select(index));
    line.append(
      make("span", "number", `Try ${attempt.number}`),
      make("span", `s ${failed ? "bad" : "ok"}`, outcome(attempt)),
      make("span", "when", [timeText(attempt.started_at), took(attempt.duration_ms)].filter(Boolean).join(" · ")),
    );
    if (notes) line.append(make("span", "why", notes));
    if (index === selected) line.setAttribute("aria-current", "true");
    return make("li", "", line);
  });
  const list = make("ol", "tries", ...items);
  list.setAttribute("aria-label", "Attempts");
  return list;
}

/** @param {Attempt} attempt @param {{ raw: boolean, search: string }} how @returns {Node[]} */
export function attemptParts({ request, response, error }, how) {
  const parts = [];
  if (request) parts.push(requestPart(request, how));
  if (response) parts.push(responsePart(response, how));
  else parts.push(make("p", "problem", error?.message ?? "No response."));
  return parts;
}
