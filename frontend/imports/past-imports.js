/**
 * The imports into a table: what each did, its rejected rows, and undo.
 *
 * @typedef {import("./types.d.ts").Import} Import
 * @typedef {Import & { created_at: string }} Past
 */

import { api, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { timeText } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { rejectedLink, undo } from "./undo.js";
import { endWords, undoneWords } from "./words.js";

/** Opens the list. @param {number} table @param {() => void} changed called when one was undone */
export async function openPastImports(table, changed) {
  const dialog = make("dialog", "past-imports");
  dialog.setAttribute("aria-labelledby", "past-imports-title");
  const close = button("", "btn ghost icon-only", () => dialog.close(), { ariaLabel: "Close" });
  close.append(icon("close"));
  const body = make("div", "body", "Loading…");
  body.role = "status";
  dialog.append(make("header", "", make("h2", { id: "past-imports-title" }, "Imports"), close), body);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  await fill(body, table, changed, () => dialog.close());
}

/** @param {HTMLElement} body @param {number} table @param {() => void} changed @param {() => void} close */
async function fill(body, table, changed, close) {
  try {
    /** @type {{ items: Past[] }} */
    const { items } = await api("GET", `/tables/${table}/imports`);
    const again = () => {
      changed();
      void fill(body, table, changed, close);
    };
    const none = "No file has been imported into this table.";
    body.replaceChildren(items.length ? make("ul", "", ...items.map((item) => lineOf(item, again, close))) : none);
  } catch (error) {
    body.replaceChildren(make("p", "problem", reasonOf(error)));
  }
}

/** @param {Past} past @param {() => void} changed @param {() => void} close so that the notice of a long undo can be reached */
function lineOf(past, changed, close) {
  const name = past.filename || past.name || "Import";
  const item = make("li", "", make("b", "", name), make("span", "soft", timeText(past.created_at)));
  item.append(make("span", "", stateWords(past)));
  const actions = make("span", "actions");
  if (past.has_rejected) actions.append(rejectedLink(past.id, name));
  if (past.can_undo_until && past.undo?.state !== "running") {
    const run = () => void undo(past.id, name, changed, close);
    const title = `Can be undone until ${timeText(past.can_undo_until)}`;
    actions.append(button("Undo…", "btn small", run, { title, ariaLabel: `Undo the import of ${name}…` }));
  }
  item.append(actions);
  return item;
}

/** @param {Past} past */
function stateWords(past) {
  if (past.undone_at) return `Undone ${timeText(past.undone_at)}`;
  if (past.undo?.state === "running") return `Being undone: ${undoneWords(past)}`;
  if (past.undo) return `${endWords(past)}. Undo was cancelled after ${undoneWords(past)}`;
  if (past.state === "failed") return past.error ?? "Failed. Nothing was kept.";
  if (past.state === "cancelled") return "Cancelled. Nothing was kept.";
  return past.state === "done" ? endWords(past) : "Under way";
}
