/** How runs are described. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  costText,
  didText,
  endedCount,
  endText,
  errorsOf,
  errorsSoFarText,
  errorText,
  isOpen,
  leftText,
  notRunCount,
  outcomes,
  pausedItself,
  percent,
  scopeText,
  sentBeforeText,
  slowedText,
} from "../../../frontend/runs/run-words.js";

const NONE = {
  total: 0,
  done: 0,
  no_data: 0,
  skipped: 0,
  missing_input: 0,
  failed: 0,
  unknown: 0,
  cancelled: 0,
  pending: 0,
};
const START = { started_at: "2026-01-01T10:00:00Z", finished_at: "2026-01-01T10:08:00Z" };

const run = (state, counts = {}, more = {}) => ({
  state,
  counts: { ...NONE, ...counts },
  rate_per_s: null,
  seconds_left: null,
  stop_reason: null,
  resumes_at: null,
  slowed_to: null,
  started_at: null,
  finished_at: null,
  ...more,
});

test("a run is open until it is stopped or done", () => {
  const open = ["planning", "running", "paused", "stopped", "done"].filter((state) => isOpen(run(state)));
  assert.deepEqual(open, ["planning", "running", "paused"]);
});

test("rows that are pending or were cancelled have not ended", () => {
  assert.equal(endedCount(run("stopped", { total: 10, pending: 2, cancelled: 3 })), 5);
  assert.equal(endedCount(run("planning", { total: 0, pending: 2 })), 0);
});

test("the percentage is over all rows of the runs, and 100 only at the end", () => {
  assert.equal(percent(run("running", { total: 1000, pending: 1 })), 99);
  assert.equal(percent(run("running", { total: 10, pending: 10 }), run("running", { total: 30, pending: 0 })), 75);
  assert.equal(percent(run("planning")), 0);
});

test("rows that may have been sent count as errors", () => {
  assert.equal(errorsOf(run("done", { total: 9, failed: 2, unknown: 1 })), 3);
  assert.equal(errorText(1), "1 error");
  assert.equal(errorText(1234), "1,234 errors");
});

test("what is left is said by state", () => {
  assert.equal(leftText(run("planning")), "Starting…");
  assert.equal(leftText(run("planning"), "Profile"), "Waiting for Profile");
  assert.equal(leftText(run("running", {}, { seconds_left: 120 }), "Profile"), "2\u00a0min left");
  assert.equal(leftText(run("running"), "Profile"), "Waiting for Profile");
  assert.equal(leftText(run("paused")), "Paused");
  assert.equal(leftText(run("stopped", {}, { stop_reason: "Too many errors" })), "Stopped: Too many errors");
  assert.equal(leftText(run("done")), "Done");
});

test("a run that paused itself says why, and until when in the user's time", () => {
  const moment = new Date();
  moment.setHours(14, 5, 0);
  const reason = "The API asks to wait until 29 November 2026, 12:05 UTC.";
  const waits = run("paused", {}, { stop_reason: reason, resumes_at: moment.toISOString() });
  const time = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  assert.equal(leftText(waits), `The API asks to wait until ${time}`);
  moment.setDate(moment.getDate() + 1);
  const tomorrow = run("paused", {}, { stop_reason: reason, resumes_at: moment.toISOString() });
  assert.equal(leftText(tomorrow), `The API asks to wait until ${time} on ${moment.toLocaleDateString()}`);
  const used = run("paused", {}, { stop_reason: "After 10 waits, …" });
  assert.equal(leftText(used), "After 10 waits, …");
  assert.deepEqual([waits, used, run("paused"), run("running")].map(pausedItself), [true, true, false, false]);
});

test("a run that its API slowed says so while it runs and when it is over", () => {
  assert.equal(slowedText(run("running", {}, { slowed_to: 4.5 })), "Slowed to 4.5/s by the API");
  assert.equal(slowedText(run("running")), "");
  const done = run("done", { total: 120, done: 120 }, { ...START, slowed_to: 7 });
  assert.equal(didText(done), "120 done in 8\u00a0min, slowed to 7/s by the API");
});

test("what a run would send is said with what it leaves out", () => {
  const cost = (more = {}) =>
    costText({
      exact: true,
      at_least: false,
      requests: 5,
      would_run: 5,
      duplicates: 0,
      skipped: 0,
      missing_input: 0,
      failed: 0,
      seconds: null,
      sent_before: 0,
      ...more,
    });
  assert.equal(cost(), "5 requests");
  assert.equal(
    cost({ requests: 1, would_run: 1, skipped: 2, missing_input: 3, failed: 1 }),
    "1 request, 2 skipped, 3 missing input, 1 invalid request",
  );
  assert.equal(cost({ would_run: 2000, duplicates: 1995, exact: false }), "About 5 requests for 2,000 rows");
  assert.equal(cost({ at_least: true, requests: 6 }), "At least 6 requests");
  assert.equal(cost({ duplicates: 2, seconds: 120 }), "5 requests, 2 of them identical (send once: off) · 2\u00a0min");
});

test("what an API may have already is warned of before it is sent again", () => {
  assert.equal(sentBeforeText(0), "");
  assert.match(sentBeforeText(1), /^1 row may have been sent already, and is sent again\. .* have it twice\.$/);
  assert.match(
    sentBeforeText(2000),
    /^2,000 rows may have been sent already, and are sent again\. .* have them twice\.$/,
  );
});

test("an ended run says what became of its rows, and how long it took", () => {
  assert.equal(
    didText(run("done", { total: 98_157, done: 98_120, failed: 37 }, START)),
    "98,120 done, 37 failed in 8\u00a0min",
  );
  assert.equal(didText(run("done")), "nothing to do");
});

test("a stopped run says why", () => {
  const stopped = run("stopped", { total: 5, done: 2, cancelled: 3 }, { stop_reason: "the key was refused" });
  assert.equal(didText(stopped), "2 done, 3 not run, stopped because: the key was refused");
});

test("rows that a stopped run did not come to are those missing from its total", () => {
  const stopped = run("stopped", { total: 290, done: 74, failed: 8, cancelled: 54 });
  assert.equal(notRunCount(stopped), 208);
  assert.deepEqual(outcomes(stopped), ["74 done", "8 failed", "208 not run"]);
});

test("failures of another column are not counted as the run's own", () => {
  const held = run("done", { total: 30, done: 27, failed: 3, handed_down: 2 });
  assert.equal(errorsOf(held), 1);
  assert.deepEqual(outcomes(held), ["27 done", "1 failed", "2 not sent, because another column failed"]);
});

test("the end of a run is told with its rows or its time", () => {
  const end = { finished_at: new Date(Date.now() - 130_000).toISOString(), scope: "all" };
  assert.equal(endText(run("done", {}, end)), "finished 2\u00a0min ago");
  assert.equal(endText(run("done", {}, { ...end, scope: { first: 10 } })), "first 10 rows");
  assert.equal(endText(run("stopped", {}, end)), "stopped");
  assert.equal(endText(run("stopped", {}, { ...end, stop_reason: "no key" })), "stopped: no key");
});

test("the rows that a run was for are named", () => {
  assert.equal(scopeText("missing"), "Rows with no result");
  assert.equal(scopeText("all"), "All rows");
  assert.equal(scopeText({ first: 10 }), "First 10 rows");
  assert.equal(scopeText({ all_but: [1, 2] }), "All rows but 2");
  assert.equal(scopeText({ ids: [1] }), "One row");
  assert.equal(scopeText({ ids: [1, 2, 3] }), "3 selected rows");
});

test("a large share of errors is said in words, once enough rows have ended", () => {
  const errors = (failed, done) =>
    errorsSoFarText(run("running", { total: 500, failed, done, pending: 500 - failed - done }));
  assert.equal(errors(3, 2), "3 errors");
  assert.equal(errors(3, 97), "3 errors");
  assert.equal(errors(12, 28), "12 errors, 30% of the rows so far");
});
