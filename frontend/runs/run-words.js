/**
 * Runs in words and numbers.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("../grid/types.d.ts").Scope} Scope
 * @typedef {{ exact: boolean, at_least: boolean, requests: number, would_run: number, duplicates: number,
 *   skipped: number, missing_input: number, failed: number, seconds: number | null, sent_before: number }} Estimate
 */

import { agoText, clockText, durationText, formatNumber, plural } from "../ui/format.js";

const MANY_ROWS = 10; // before them a share says little
const LARGE_SHARE = 10; // per cent

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

/** The rows that failed by themselves or may have been sent. @param {Pick<Run, "counts">} run */
export const errorsOf = ({ counts }) => counts.failed - (counts.handed_down ?? 0) + counts.unknown;

/** The rows that an ended run did not come to. @param {Pick<Run, "counts">} run */
export const notRunCount = ({ counts }) =>
  Math.max(0, counts.total - OUTCOMES.reduce((sum, [name]) => sum + counts[name], 0));

/** @param {number} errors */
export const errorText = (errors) => plural(errors, "error");

/** The errors of a run under way, with their share once it is large: "12 errors, 30% of the rows so far". @param {Run} run */
export function errorsSoFarText(run) {
  const [errors, ended] = [errorsOf(run), endedCount(run)];
  const share = Math.floor((100 * errors) / Math.max(1, ended));
  return ended >= MANY_ROWS && share >= LARGE_SHARE
    ? `${errorText(errors)}, ${share}% of the rows so far`
    : errorText(errors);
}

/** Whether a run paused because of what its API says, and nobody has resumed it. @param {Run} run */
export const pausedItself = ({ state, stop_reason }) => state === "paused" && Boolean(stop_reason);

/** Says why a run is paused: "The API asks to wait until 14:05". @param {Run} run */
export function pauseText({ stop_reason: reason, resumes_at: moment }) {
  return moment ? `The API asks to wait until ${clockText(moment)}` : reason || "Paused";
}

/** "Slowed to 4.5/s by the API" @param {Run} run */
export const slowedText = ({ slowed_to: pace }) => (pace ? `Slowed to ${formatNumber(pace)}/s by the API` : "");

/** Describes what is left of a run. @param {Run} run @param {string} [waitsFor] name of the column whose run this one waits for */
export function leftText(run, waitsFor) {
  if (run.state === "planning") return waitsFor ? `Waiting for ${waitsFor}` : "Starting…";
  if (run.state === "paused") return pauseText(run);
  if (run.state === "stopped") return run.stop_reason ? `Stopped: ${run.stop_reason}` : "Stopped";
  if (run.state === "done") return "Done";
  if (run.seconds_left) return `${durationText(run.seconds_left)} left`;
  return waitsFor ? `Waiting for ${waitsFor}` : "";
}

/**
 * Describes what a run would send: "About 1,200 requests for 2,000 rows, 30 skipped · 2 min".
 * @param {Estimate} estimate
 */
export function costText(estimate) {
  const { exact, requests, would_run: rows, duplicates, skipped, missing_input, failed, seconds } = estimate;
  const parts = [`${estimate.at_least ? "At least " : exact ? "" : "About "}${plural(requests, "request")}`];
  if (requests < rows) parts[0] += ` for ${plural(rows, "row")}`;
  else if (duplicates) parts.push(`${formatNumber(duplicates)} of them identical (send once: off)`);
  if (skipped) parts.push(`${formatNumber(skipped)} skipped`);
  if (missing_input) parts.push(`${formatNumber(missing_input)} missing input`);
  if (failed) parts.push(plural(failed, "invalid request"));
  return `${parts.join(", ")}${seconds ? ` · ${durationText(seconds)}` : ""}`;
}

/** Warns of rows that a run would send again though the API may have them; empty without any. @param {number} rows */
export function sentBeforeText(rows) {
  if (!rows) return "";
  const them =
    rows === 1
      ? "1 row may have been sent already, and is"
      : `${formatNumber(rows)} rows may have been sent already, and are`;
  return `${them} sent again. Check with the API first if it must not have ${rows === 1 ? "it" : "them"} twice.`;
}

/** @type {[keyof Run["counts"], string][]} */
const OUTCOMES = [
  ["done", "done"],
  ["no_data", "without data"],
  ["skipped", "skipped"],
  ["missing_input", "missing input"],
  ["failed", "failed"],
  ["unknown", "may have been sent"],
];

/** Says in numbers what became of the rows: "98,120 done, 37 failed, 12 not run". @param {Pick<Run, "counts">} run @returns {string[]} */
export function outcomes(run) {
  const { handed_down: handedDown = 0 } = run.counts;
  const counts = { ...run.counts, failed: run.counts.failed - handedDown };
  const parts = OUTCOMES.filter(([name]) => counts[name]).map(
    ([name, word]) => `${formatNumber(counts[name])} ${word}`,
  );
  if (handedDown) parts.push(`${formatNumber(handedDown)} not sent, because another column failed`);
  const notRun = notRunCount(run);
  return notRun ? [...parts, `${formatNumber(notRun)} not run`] : parts;
}

/** Describes what a run did: "98,120 done, 37 failed in 8 min". @param {Run} run */
export function didText(run) {
  const { started_at: start, finished_at: end, state, stop_reason: reason } = run;
  const parts = outcomes(run);
  const time = start && end ? ` in ${durationText((Date.parse(end) - Date.parse(start)) / 1000)}` : "";
  const how = state === "stopped" ? `, stopped${reason ? ` because: ${reason}` : ""}` : "";
  const slowed = run.slowed_to ? `, s${slowedText(run).slice(1)}` : "";
  return `${parts.join(", ") || "nothing to do"}${time}${slowed}${how}`;
}

/** @param {number} rows */
const firstText = (rows) => (rows === 1 ? "first row" : `first ${formatNumber(rows)} rows`);

/** Says what came of a run, and when: "finished 2 min ago", "first 10 rows", "stopped: the sign-in was refused". @param {Run} run */
export function endText({ state, stop_reason: reason, finished_at: end, scope }) {
  if (state === "stopped") return reason ? `stopped: ${reason}` : "stopped";
  if (typeof scope === "object" && "first" in scope) return firstText(scope.first);
  return end ? `finished ${agoText(end)}` : "finished";
}

/** Describes the rows that a run was for. @param {Run["scope"]} scope */
export function scopeText(scope) {
  if (scope === "missing") return "Rows with no result";
  if (scope === "failed") return "Failed rows";
  if (scope === "stale") return "Rows out of date";
  if (scope === "all") return "All rows";
  if ("first" in scope) return firstText(scope.first).replace("f", "F");
  if ("all_but" in scope) return `All rows but ${formatNumber(scope.all_but.length)}`;
  return scope.ids.length === 1 ? "One row" : `${formatNumber(scope.ids.length)} selected rows`;
}
