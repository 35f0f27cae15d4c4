/**
 * The foot of the panel: once the run that it tells of has ended, it says what came of it, and counts the rows that are left.
 * The result beside it may be of before the end, or not there yet.
 */

import htmx from "htmx.org";
import { didText, isOpen } from "../runs/run-words.js";
import { fetchStoredSoon } from "./stored-answer.js";

/** @param {HTMLElement} aside @param {import("../grid/types.d.ts").Run} run as the server announced it */
export function noteRun(aside, run) {
  const notice = aside.querySelector(`.panel-foot .notice[data-run="${run.id}"]`);
  if (!notice || isOpen(run)) return;
  notice.removeAttribute("data-run");
  notice.textContent = `Saved. ${didText(run)}`;
  const estimate = aside.querySelector("#estimate");
  if (estimate) htmx.trigger(estimate, "recount");
  const result = /** @type {HTMLElement | null} */ (aside.querySelector("#test-result"));
  const isTest = result?.querySelector(".answer:not([data-stored])");
  if (result && !isTest) fetchStoredSoon(result);
}
