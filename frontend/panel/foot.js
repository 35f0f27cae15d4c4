/**
 * The foot of the panel: once a run of its column has ended, it says what came of it, and counts the rows that are left. The
 * result beside it may be of before the end, or not there yet.
 */

import htmx from "htmx.org";
import { didText, isOpen } from "../runs/run-words.js";
import { fetchStoredSoon } from "./stored-answer.js";

/** @typedef {import("../grid/types.d.ts").Run} Run */

/** Runs that have ended, by id: a short one may before the foot that tells of it is here. @type {Map<string, Run>} */
const ended = new Map();

/** @param {HTMLElement} aside @param {Run} run as the server announced it */
export function noteRun(aside, run) {
  if (isOpen(run)) return;
  ended.set(String(run.id), run);
  const notice = noticeOf(aside);
  const isOfColumn = aside.querySelector(`[data-panel][data-column-id="${run.column_id}"]`);
  if (notice?.dataset.run) noteEnd(aside);
  else if (notice && isOfColumn) tell(aside, notice, run);
}

/** @param {HTMLElement} aside */
const noticeOf = (aside) => /** @type {HTMLElement | null} */ (aside.querySelector(".panel-foot .notice"));

/** Says what came of the run that the foot tells of, if it has ended. @param {HTMLElement} aside */
export function noteEnd(aside) {
  const notice = noticeOf(aside);
  const run = ended.get(notice?.dataset.run ?? "");
  if (notice && run) tell(aside, notice, run);
}

/** @param {HTMLElement} aside @param {HTMLElement} notice @param {Run} run */
function tell(aside, notice, run) {
  notice.removeAttribute("data-run");
  notice.textContent = `Saved. ${didText(run)}`;
  const estimate = aside.querySelector("#estimate");
  if (estimate) htmx.trigger(estimate, "recount");
  const result = /** @type {HTMLElement | null} */ (aside.querySelector("#test-result"));
  const isTest = result?.querySelector(".answer:not([data-stored])");
  if (result && !isTest) fetchStoredSoon(result);
}
