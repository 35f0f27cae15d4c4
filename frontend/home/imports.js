/**
 * The list of imports and copies under way: their progress, and how each of them ended.
 *
 * @typedef {import("./upload.js").Import} Import
 */

import { api, reasonOf } from "../ui/api.js";
import { button, byId, make } from "../ui/elements.js";
import { formatNumber, plural } from "../ui/format.js";
import { toast } from "../ui/notices.js";

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

/** Shows why there is no table. @param {string} name @param {string} reason @param {HTMLElement} [item] */
export function showFailure(name, reason, item = newItem(name)) {
  const words = make("span", { className: "problem", role: "alert" }, reason);
  const dismiss = itemButton(item, "Dismiss", () => item.remove());
  item.className = "failed";
  item.replaceChildren(make("span", "name", name), words, dismiss);
}

/** Follows the imports that were under way when the page was made. */
export function watchListed() {
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-import]"))) {
    const id = Number(item.dataset.import);
    const running = { id, state: "running", rows_done: 0, rows_total: null, table_id: null, error: null };
    void watchImport(item, running, { open: false });
  }
}

/**
 * Shows an import until it ends.
 * @param {HTMLElement} item @param {Import} running @param {{ open: boolean }} how `open` goes to the table when it is there
 */
export async function watchImport(item, running, { open }) {
  const { bar, count } = progressParts(item, running.id);
  let state = running;
  for (let misses = 0; state.state === "queued" || state.state === "running"; await pause(POLL_MS)) {
    try {
      state = await api("GET", `/imports/${running.id}`);
      misses = 0;
    } catch (error) {
      misses += 1;
      if (misses > MISSES_ALLOWED) return showFailure(item.dataset.name ?? "", reasonOf(error), item);
    }
    if (state.state === "running") paint(state, bar, count);
  }
  end(item, state, open);
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
function paint({ rows_done: done, rows_total: total }, bar, count) {
  if (total) bar.value = Math.min(1, done / total);
  else bar.removeAttribute("value");
  const of = total ? ` of ${formatNumber(total)}` : "";
  count.textContent = `${formatNumber(done)}${of} rows`;
}

/** @param {HTMLElement} item @param {Import} ended @param {boolean} open */
function end(item, { state, table_id: table, error, rows_done: rows }, open) {
  const name = item.dataset.name ?? "";
  if (state === "failed") {
    showFailure(name, error ?? "The import failed. Nothing was kept.", item);
  } else if (state === "cancelled") {
    item.remove();
    announce(`The import of ${name} was cancelled. Nothing was kept.`);
    toast(`The import of “${name}” was cancelled. Nothing was kept.`);
  } else if (open && !document.querySelector("dialog[open]")) location.assign(`/tables/${table}`);
  else {
    announce(`Imported ${name}: ${plural(rows, "row")}.`);
    const link = make("a", { href: `/tables/${table}` }, "Open");
    item.replaceChildren(make("span", "name", name), make("span", "", `${formatNumber(rows)} rows`), link);
  }
}
