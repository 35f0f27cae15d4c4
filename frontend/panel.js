/** The forms of columns and connections: in the side panel of a table, or a connection on a page of its own. */

import { noteCheckedTexts, noteSentTexts } from "./panel/checked-texts.js";
import { chooseKind, connectionReferences, takeFoundPath, takeTokenPath } from "./panel/connection.js";
import { focusField, upgradeFields } from "./panel/fields.js";
import { noteEnd, noteRun } from "./panel/foot.js";
import { landOnce, noteTyping } from "./panel/landing.js";
import { placePopover } from "./panel/popovers.js";
import { handleProblemClick, markProblems, placeNewProblems } from "./panel/problems.js";
import { handleRowClick } from "./panel/rows.js";
import { handleFolding } from "./panel/sections.js";
import { SidePanel } from "./panel/side-panel.js";
import { startSplitters } from "./panel/splitter.js";
import { leaveToSent } from "./panel/stored-answer.js";
import { ignoreSecondClick, sayResults, startWaiting, stopWaiting } from "./panel/waiting.js";

/** Handles the buttons that the panel and the page of a connection have in common. */
function onAnyClick(/** @type {MouseEvent} */ event) {
  const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("button"));
  const form = button?.closest("form");
  if (!button || !form) return;
  if (handleRowClick(button)) form.dispatchEvent(new CustomEvent("marl:fields-added", { bubbles: true }));
  else void (takeTokenPath(button) || handleProblemClick(form, button));
}

function startPanel(/** @type {HTMLElement} */ aside) {
  const panel = new SidePanel(aside);
  document.addEventListener("marl:open-panel", (event) => {
    void panel.open(/** @type {CustomEvent<{ url: string }>} */ (event).detail.url);
  });
  document.addEventListener("marl:connection-saved", () => panel.connection?.saved());
  document.addEventListener("marl:row-found", (event) => panel.showRow(/** @type {CustomEvent} */ (event).detail.row));
  document.addEventListener("marl:run", (event) => noteRun(aside, /** @type {CustomEvent} */ (event).detail));
  document.addEventListener("htmx:before:swap", () => panel.remember());
  document.addEventListener("htmx:after:swap", () => {
    panel.refresh();
    noteEnd(aside);
  });
  document.addEventListener("keydown", (event) => panel.onKey(event));
  document.addEventListener("marl:fields-added", () => panel.upgrade());
  startSplitters(aside);
  for (const follow of [placePopover, handleFolding]) aside.addEventListener("toggle", follow, { capture: true }); // it does not bubble
  aside.addEventListener("click", (event) => panel.onClick(event));
  aside.addEventListener("input", (event) => panel.onInput(event));
  aside.addEventListener("input", noteTyping);
  aside.addEventListener("paste", (event) => panel.onPaste(event), { capture: true }); // before the editor handles it
  addEventListener("beforeunload", (event) => {
    if (panel.changes.any() || panel.connection?.changes.any()) event.preventDefault();
  });
}

/** Starts the page of a connection: the same form without a panel around it. */
function startPage(/** @type {HTMLFormElement} */ form) {
  const upgrade = () => upgradeFields(document.body, (field) => connectionReferences(field) ?? []);
  upgrade();
  noteCheckedTexts();
  placeNewProblems(form);
  document.addEventListener("marl:fields-added", upgrade);
  document.addEventListener("htmx:after:swap", () => {
    upgrade();
    for (const shown of document.forms) placeNewProblems(shown);
  });
  const invalid = /** @type {HTMLElement | null} */ (form.querySelector("[aria-invalid]"));
  if (invalid) focusField(invalid);
}

document.addEventListener("marl:fields-ready", () => {
  for (const form of document.forms) markProblems(form);
});
document.addEventListener("click", ignoreSecondClick, { capture: true });
document.addEventListener("click", onAnyClick);
document.addEventListener("click", chooseKind);
document.addEventListener("htmx:config:request", landOnce);
document.addEventListener("htmx:config:request", noteSentTexts);
document.addEventListener("htmx:before:request", startWaiting);
document.addEventListener("htmx:before:request", leaveToSent);
document.addEventListener("htmx:finally:request", stopWaiting);
document.addEventListener("htmx:after:swap", noteCheckedTexts);
document.addEventListener("htmx:after:swap", () => takeFoundPath());
document.addEventListener("htmx:after:swap", sayResults);
const aside = document.getElementById("panel");
if (aside) startPanel(aside);
else {
  const form = document.getElementById("connection-form");
  if (form instanceof HTMLFormElement) startPage(form);
}
