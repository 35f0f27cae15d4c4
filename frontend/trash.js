/** The page of the trash: restores what was deleted, or deletes it for good. */

import { api, reasonOf } from "./ui/api.js";
import { ask } from "./ui/ask.js";
import { byId } from "./ui/elements.js";
import { plural } from "./ui/format.js";
import { followMove, leftWords } from "./ui/moving-rows.js";
import { toast } from "./ui/notices.js";

/** @param {string | undefined} table the id of a table @returns {NodeListOf<HTMLElement>} what was deleted from it */
const partsOf = (table) => document.querySelectorAll(`[data-deletion][data-table="${table}"]:not([data-kind=table])`);

/** @param {HTMLElement} line */
async function restore(line) {
  const { deletion, kind, name, table, title } = line.dataset;
  try {
    const restored = await api("POST", `/trash/${deletion}/restore`);
    const moved = restored.state === "restoring" ? await followMove(deletion ?? "") : null;
    if (moved) return showLeft(line, moved);
    if (kind === "table") for (const part of partsOf(table)) allow(part);
    remove(line);
    const renamed =
      kind !== "rows" && kind !== "table" && restored.name !== name
        ? ` as “${restored.name}”, because its name is taken`
        : "";
    const open = { label: "Open table", run: () => location.assign(`/tables/${table}`) };
    toast(`Restored ${title}${renamed}.`, { action: open });
  } catch (error) {
    toast(`Nothing was restored. ${reasonOf(error)}`);
  }
}

/** Shows the rows that are still in the trash, because the restoration was cancelled. @param {HTMLElement} line @param {import("./ui/moving-rows.js").Moving} moved */
function showLeft(line, moved) {
  const rows = plural(moved.rows, "row");
  /** @type {HTMLElement} */ (line.querySelector(".kind")).textContent = rows;
  line.dataset.title = `${rows} of ${line.dataset.title?.split(" of ").slice(1).join(" of ")}`;
  toast(leftWords(moved));
}

/** Lets it be restored, now that its table is there again. @param {HTMLElement} line */
function allow(line) {
  line.querySelector("[data-part=why-not]")?.remove();
  /** @type {HTMLElement} */ (line.querySelector("[data-restore]")).hidden = false;
}

/** @param {HTMLElement} line */
async function purge(line) {
  const { deletion, kind, table, title } = line.dataset;
  const sure = await ask({
    title: `Delete ${title} for good?`,
    text: `This ${kind === "view" ? "leaves its rows" : "deletes the values, results and requests in it"}, and can't be undone.`,
    confirm: "Delete for good",
    danger: true,
  });
  if (!sure) return;
  try {
    await api("DELETE", `/trash/${deletion}`);
    if (kind === "table") for (const part of partsOf(table)) part.remove();
    remove(line);
    toast(`Deleted ${title} for good.`);
  } catch (error) {
    toast(`Nothing was deleted. ${reasonOf(error)}`);
  }
}

/** Takes a line out of the list, and gives the focus to its neighbor. @param {HTMLElement} line */
function remove(line) {
  const neighbor = line.nextElementSibling ?? line.previousElementSibling;
  line.remove();
  if (neighbor) /** @type {HTMLElement | null} */ (neighbor.querySelector("button:not([hidden])"))?.focus();
  for (const id of ["deletions", "kept-for"]) byId(id).hidden = !neighbor;
  byId("nothing-deleted").hidden = Boolean(neighbor);
}

for (const line of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-deletion]"))) {
  line.querySelector("[data-restore]")?.addEventListener("click", () => void restore(line));
  line.querySelector("[data-purge]")?.addEventListener("click", () => void purge(line));
}
