/**
 * The list of past runs, and the notice when a run ends.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("./progress.js").Progress} Progress
 */

import { openErrors } from "../grid/signals.js";
import { reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { formatNumber, timeText } from "../ui/format.js";
import { place } from "../ui/menu.js";
import { showNotice, toast } from "../ui/notices.js";
import { startRun } from "./run-menu.js";
import { didText, endedCount, errorsOf, errorText, isOpen, scopeText } from "./run-words.js";

const SHOWN = 20;

/** @param {Progress} progress @param {HTMLElement} opener */
export function listenToHistory(progress, opener) {
  const list = make("div", "floating menu run-history");
  list.popover = "auto";
  list.tabIndex = -1;
  list.setAttribute("role", "region");
  list.setAttribute("aria-label", "Runs of this table");
  document.body.append(list);
  const offer = () => (opener.hidden = !progress.grid.columns.list.some(({ type }) => type === "http"));
  progress.grid.columns.addEventListener("change", offer);
  offer();
  opener.addEventListener("click", () => void open(progress, list, opener));
  progress.addEventListener("end", (event) => showEnd(progress, /** @type {CustomEvent<Run>} */ (event).detail));
}

/** @param {Progress} progress @param {HTMLElement} list @param {HTMLElement} opener */
async function open(progress, list, opener) {
  try {
    const runs = await progress.recent(SHOWN);
    const items = runs.map((run) => newItem(progress, run, () => list.hidePopover()));
    list.replaceChildren(make("h2", "", "Runs"), ...(items.length ? items : [make("p", "hint", "No runs yet.")]));
    list.showPopover();
    place(list, opener.getBoundingClientRect());
    list.focus();
  } catch (error) {
    toast(`Can't show the runs. ${reasonOf(error)}`);
  }
}

/** @param {Progress} progress @param {Run} run @param {() => void} close */
function newItem(progress, run, close) {
  const words = isOpen(run)
    ? `${formatNumber(endedCount(run))} of ${formatNumber(run.counts.total)} so far`
    : didText(run);
  const when = run.started_at ? timeText(run.started_at) : "not started";
  const item = make(
    "article",
    "",
    make("p", "", make("b", "", progress.nameOf(run)), ` · ${run.automatic ? "Auto-update" : scopeText(run.scope)}`),
    make("p", "hint", `${when} · ${words}`),
  );
  if (errorsOf(run)) {
    const showErrors = button(errorText(errorsOf(run)), "btn small", () => {
      close();
      openErrors(run.column_id, run.id);
    });
    item.append(showErrors);
  }
  return item;
}

/** The notice of the last run; a newer one replaces it. @type {HTMLElement | undefined} */
let notice;

/**
 * Shows what a run did; if something failed, until it is dismissed. The grid shows it for a single cell and for a run that
 * began by itself.
 * @param {Progress} progress @param {Run} run
 */
function showEnd(progress, run) {
  if (run.automatic || run.counts.total <= 1) return;
  const column = progress.grid.columns.byId(run.column_id);
  const actions = [];
  if (errorsOf(run)) actions.push({ label: "Show errors", run: () => openErrors(run.column_id, run.id) });
  if (run.counts.failed && column && progress.grid.canEdit) {
    actions.push({ label: "Run failed again", run: () => void startRun(column, "failed") });
  }
  if (!notice?.matches(":hover, :focus-within")) notice?.remove(); // unless the user is about to press one of its buttons
  notice = showNotice(`${progress.nameOf(run)}: ${didText(run)}`, { actions, stays: actions.length > 0 });
}
