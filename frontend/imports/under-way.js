/**
 * The list of imports and copies under way: their progress, and how each of them ended.
 *
 * @typedef {import("./types.d.ts").Import} Import
 * @typedef {{ opens?: boolean, done?: (ended: Import) => void }} Watching
 *   `opens`: goes to the table when there is nothing to tell; `done` is called when rows came in or were taken out
 */

import { api, reasonOf } from "../ui/api.js";
import { button, byId, make } from "../ui/elements.js";
import { toast } from "../ui/notices.js";
import { rejectedLink, undo } from "./undo.js";
import { endWords, progressWords } from "./words.js";

const POLL_MS = 600;
const MISSES_ALLOWED = 20; // failed polls in a row

/** Says something to screen readers. @param {string} text */
export function announce(text) {
  byId("announcement").textContent = text;
}

/** Adds a line to the list. @param {string} name */
export function newItem(name) {
  const item = make("li", "");
  item.dataset.name = name;
  byId("imports").append(item);
  return item;
}

/** @param {HTMLElement} item @param {string} text @param {() => void} onClick */
const itemButton = (item, text, onClick) =>
  button(text, "btn ghost", onClick, { ariaLabel: `${text} ${item.dataset.name}` });

/** @param {HTMLElement} item */
const dismissButton = (item) => itemButton(item, "Dismiss", () => item.remove());

/** Shows why nothing was imported. @param {string} name @param {string} reason @param {HTMLElement} [item] */
export function showFailure(name, reason, item = newItem(name)) {
  const words = make("span", { className: "problem", role: "alert" }, reason);
  item.className = "failed";
  item.replaceChildren(make("span", "name", name), words, dismissButton(item));
}

/** Follows the imports that were under way when the page was made. @param {Watching} how */
export function watchListed(how) {
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-import]"))) {
    const id = Number(item.dataset.import);
    /** @type {Import} */
    const running = { id, state: "running", rows_done: 0, rows_total: null, table_id: null, error: null };
    void watchImport(item, running, how);
  }
}

/**
 * Shows an import until it ends.
 * @param {HTMLElement} item @param {Import} running @param {Watching} how
 */
export async function watchImport(item, running, how) {
  const { bar, count } = progressParts(item, running.id);
  let state = running;
  for (let misses = 0; state.state === "queued" || state.state === "running"; await pause(POLL_MS)) {
    try {
      state = await api("GET", `/imports/${running.id}`);
      misses = 0;
    } catch (error) {
      misses += 1;
      count.textContent = "No connection. Trying again…";
      if (misses > MISSES_ALLOWED) return showFailure(item.dataset.name ?? "", reasonOf(error), item);
    }
    if (state.state === "running" || state.restarts) paint(state, bar, count);
  }
  end(item, state, how);
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {HTMLElement} item @param {number} id of the import */
function progressParts(item, id) {
  const bar = make("progress", { className: "bar", max: 1, ariaLabel: `Import of ${item.dataset.name}` });
  const count = make("span", "", "Waiting for a worker…");
  const cancel = itemButton(item, "Cancel", async () => {
    cancel.disabled = true;
    try {
      await api("DELETE", `/imports/${id}`);
      count.textContent = "Stopping…";
    } catch (error) {
      toast(`The import was not stopped. ${reasonOf(error)}`);
      cancel.disabled = false;
    }
  });
  item.className = "";
  item.replaceChildren(make("span", "name", item.dataset.name ?? ""), bar, count, cancel);
  return { bar, count };
}

/** @param {Import} state @param {HTMLProgressElement} bar @param {HTMLElement} count */
function paint(state, bar, count) {
  const { rows_done: done, rows_total: total } = state;
  if (total) bar.value = Math.min(1, done / total);
  else bar.removeAttribute("value");
  count.textContent = progressWords(state);
}

/** @param {HTMLElement} item @param {Import} ended @param {Watching} how */
function end(item, ended, { opens = false, done = () => {} }) {
  const name = item.dataset.name ?? "";
  if (ended.state === "failed") {
    showFailure(name, ended.error ?? "The import failed. Nothing was kept.", item);
  } else if (ended.state === "cancelled") {
    item.remove();
    announce(`The import of ${name} was cancelled. Nothing was kept.`);
    toast(`The import of “${name}” was cancelled. Nothing was kept.`);
  } else if (opens && !ended.has_rejected && !ended.warnings?.length && !document.querySelector("dialog[open]")) {
    location.assign(`/tables/${ended.table_id}`);
  } else {
    showResult(item, ended, { done });
    done(ended);
  }
}

/** @param {HTMLElement} item @param {Import} ended @param {Watching} how */
function showResult(item, ended, { done = () => {} }) {
  const name = item.dataset.name ?? "";
  announce(`Imported ${name}: ${endWords(ended)}.`);
  item.replaceChildren(make("span", "name", name), make("span", "", endWords(ended)));
  if (ended.has_rejected) item.append(rejectedLink(ended.id, name));
  else if (ended.warnings?.length) item.append(make("span", "soft", ended.warnings[0].message));
  const actions = make("span", "actions");
  if (ended.can_undo_until)
    actions.append(itemButton(item, "Undo", () => void undo(ended.id, name, () => showUndone(item, ended, done))));
  if (location.pathname === `/tables/${ended.table_id}`) actions.append(dismissButton(item));
  else actions.append(make("a", { href: `/tables/${ended.table_id}` }, "Open"));
  item.append(actions);
}

/** @param {HTMLElement} item @param {Import} ended @param {(ended: Import) => void} done */
function showUndone(item, ended, done) {
  const name = item.dataset.name ?? "";
  item.replaceChildren(make("span", "name", name), make("span", "", "Undone"), dismissButton(item));
  announce(`The import of ${name} was undone.`);
  done(ended);
}
