/**
 * Runs in words and numbers.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("../grid/types.d.ts").Scope} Scope
 * @typedef {{ exact: boolean, requests: number, would_run: number, duplicates: number, skipped: number,
 *   missing_input: number, failed: number, seconds: number | null }} Estimate
 */

import { durationText, formatNumber, plural } from "../ui/format.js";

const OPEN = new Set(["planning", "running", "paused"]);

/** @param {Run} run */
export const isOpen = (run) => OPEN.has(run.state);

/** Counts the rows that have ended. @param {Run} run */
export const endedCount = ({ counts }) => Math.max(0, counts.total - counts.pending - counts.cancelled);

/** Returns how much of the runs has ended, from 0 to 100. @param {Run[]} runs */
export function percent(...runs) {
  const total = runs.reduce((sum, run) => sum + run.counts.total, 0);
  return total ? Math.floor((100 * runs.reduce((sum, run) => sum + endedCount(run), 0)) / total) : 0;
}

/** @param {Run} run */
export const errorsOf = ({ counts }) => counts.failed + counts.unknown;

/** @param {number} errors */
export const errorText = (errors) => plural(errors, "error");

/** Describes what is left of a run. @param {Run} run @param {string} [waitsFor] name of the column whose run this one waits for */
export function leftText(run, waitsFor) {
  if (run.state === "planning") return waitsFor ? `Waiting for ${waitsFor}` : "Starting…";
  if (run.state === "paused") return "Paused";
  if (run.state === "stopped") return run.stop_reason ? `Stopped: ${run.stop_reason}` : "Stopped";
  if (run.state === "done") return "Done";
  if (run.seconds_left) return `${durationText(run.seconds_left)} left`;
  return waitsFor ? `Waiting for ${waitsFor}` : "";
}

/**
 * Describes what a run would send: "About 1,200 requests for 2,000 rows, 30 skipped · 2 min".
 * @param {Estimate} estimate
 */
export function costText({ exact, requests, would_run: rows, duplicates, skipped, missing_input, failed, seconds }) {
  const parts = [`${exact ? "" : "About "}${plural(requests, "request")}`];
  if (requests < rows) parts[0] += ` for ${plural(rows, "row")}`;
  else if (duplicates) parts.push(`${formatNumber(duplicates)} of them identical (send once: off)`);
  if (skipped) parts.push(`${formatNumber(skipped)} skipped`);
  if (missing_input) parts.push(`${formatNumber(missing_input)} missing input`);
  if (failed) parts.push(plural(failed, "invalid request"));
  return `${parts.join(", ")}${seconds ? ` · ${durationText(seconds)}` : ""}`;
}

/** @type {[keyof Run["counts"], string][]} */
const OUTCOMES = [
  ["done", "done"],
  ["no_data", "without data"],
  ["skipped", "skipped"],
  ["missing_input", "missing input"],
  ["failed", "failed"],
  ["unknown", "may have been sent"],
  ["cancelled", "not run"],
];

/** Describes what a run did: "98,120 done, 37 failed in 8 min". @param {Run} run */
export function didText({ counts, started_at: start, finished_at: end, state, stop_reason: reason }) {
  const parts = OUTCOMES.filter(([name]) => counts[name]).map(
    ([name, word]) => `${formatNumber(counts[name])} ${word}`,
  );
  const time = start && end ? ` in ${durationText((Date.parse(end) - Date.parse(start)) / 1000)}` : "";
  const how = state === "stopped" ? `, stopped${reason ? ` because: ${reason}` : ""}` : "";
  return `${parts.join(", ") || "nothing to do"}${time}${how}`;
}

/** Describes the rows that a run was for. @param {Run["scope"]} scope */
export function scopeText(scope) {
  if (scope === "missing") return "Rows with no result";
  if (scope === "failed") return "Failed rows";
  if (scope === "stale") return "Rows out of date";
  if (scope === "all") return "All rows";
  if ("first" in scope) return `First ${formatNumber(scope.first)} rows`;
  if ("all_but" in scope) return `All rows but ${formatNumber(scope.all_but.length)}`;
  return scope.ids.length === 1 ? "One row" : `${formatNumber(scope.ids.length)} selected rows`;
}
