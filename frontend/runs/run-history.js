/**
 * What was run before, and the notice when a run ends.
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
import { didText, ended, errorsOf, errorText, isOpen, scopeText } from "./run-words.js";

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
  progress.addEventListener("end", (event) => tellEnd(progress, /** @type {CustomEvent<Run>} */ (event).detail));
}

/** @param {Progress} progress @param {HTMLElement} list @param {HTMLElement} opener */
async function open(progress, list, opener) {
  try {
    const runs = await progress.recent(SHOWN);
    const items = runs.map((run) => newItem(progress, run, () => list.hidePopover()));
    list.replaceChildren(
      make("h2", "", "Runs"),
      ...(items.length ? items : [make("p", "hint", "Nothing has been run yet.")]),
    );
    list.showPopover();
    place(list, opener.getBoundingClientRect());
    list.focus();
  } catch (error) {
    toast(`Runs cannot be shown. ${reasonOf(error)}`);
  }
}

/** @param {Progress} progress @param {Run} run @param {() => void} leave */
function newItem(progress, run, leave) {
  const words = isOpen(run) ? `${formatNumber(ended(run))} of ${formatNumber(run.counts.total)} so far` : didText(run);
  const when = run.started_at ? timeText(run.started_at) : "not begun";
  const item = make(
    "article",
    "",
    make("p", "", make("b", "", progress.nameOf(run)), ` · ${run.automatic ? "By itself" : scopeText(run.scope)}`),
    make("p", "hint", `${when} · ${words}`),
  );
  if (errorsOf(run)) {
    const look = button(errorText(errorsOf(run)), "btn small", () => {
      leave();
      openErrors(run.column_id, run.id);
    });
    item.append(look);
  }
  return item;
}

/** A newer one takes its place. @type {HTMLElement | undefined} */
let notice;

/**
 * Says what a run did, and until it is dismissed when something failed; one cell, or a run that began by itself, shows that
 * in the grid.
 * @param {Progress} progress @param {Run} run
 */
function tellEnd(progress, run) {
  if (run.automatic || run.counts.total <= 1) return;
  const column = progress.grid.columns.byId(run.column_id);
  const actions = [];
  if (errorsOf(run)) actions.push({ label: "Show errors", run: () => openErrors(run.column_id, run.id) });
  if (run.counts.failed && column && progress.grid.canEdit) {
    actions.push({ label: "Run failed again", run: () => void startRun(column, "failed") });
  }
  if (!notice?.matches(":hover, :focus-within")) notice?.remove(); // not from under somebody's hand
  notice = showNotice(`${progress.nameOf(run)}: ${didText(run)}`, { actions, stays: actions.length > 0 });
}
