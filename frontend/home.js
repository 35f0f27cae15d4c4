/**
 * The list of tables: upload by choosing or dropping, watch imports, search, rename, duplicate, delete.
 *
 * @typedef {import("./home/upload.js").Import} Import
 */

import { listenToNewTable } from "./home/new-table.js";
import { followRuns } from "./home/running.js";
import { listenToSearch } from "./home/table-search.js";
import { refusal, Upload } from "./home/upload.js";
import { api, reasonOf } from "./ui/api.js";
import { formatNumber } from "./ui/format.js";
import { toast } from "./ui/notices.js";
import { renameInPlace } from "./ui/rename.js";

const POLL_MS = 600;
const MISSES_ALLOWED = 20; // polls without an answer in a row

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element;
}

/** @param {string} text */
const say = (text) => (byId("said").textContent = text);

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const upload = new Upload(/** @type {HTMLDialogElement} */ (byId("upload")));

/** One after the other; the table opens by itself when there is only one. @param {File[]} files */
async function uploadAll(files) {
  for (const file of files) {
    const reason = refusal(file);
    if (reason) {
      complain(file.name, reason);
      continue;
    }
    try {
      const started = await upload.of(file);
      if (started) void watch(newItem(file.name), started, { open: files.length === 1 });
    } catch (error) {
      complain(file.name, reasonOf(error));
    }
  }
}

/** A line in the list of uploads. @param {string} name */
function newItem(name) {
  const item = document.createElement("li");
  item.dataset.name = name;
  byId("imports").append(item);
  return item;
}

/** @param {string} text @param {string} [className] */
const newSpan = (text, className = "") =>
  Object.assign(document.createElement("span"), { textContent: text, className });

/** @param {HTMLElement} item @param {string} text @param {() => void} click */
function addButton(item, text, click) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "btn ghost",
    textContent: text,
  });
  button.setAttribute("aria-label", `${text} ${item.dataset.name}`);
  button.addEventListener("click", click);
  item.append(button);
  return button;
}

/** @param {string} name @param {string} reason @param {HTMLElement} [item] */
function complain(name, reason, item = newItem(name)) {
  item.className = "failed";
  const words = newSpan(reason, "problem");
  words.setAttribute("role", "alert");
  item.replaceChildren(newSpan(name, "name"), words);
  addButton(item, "Dismiss", () => item.remove());
}

/** @param {HTMLElement} item @param {number} id */
function progressParts(item, id) {
  const bar = Object.assign(document.createElement("progress"), { className: "bar", max: 1 });
  bar.setAttribute("aria-label", `Import of ${item.dataset.name}`);
  const count = newSpan("Waiting for a worker…");
  item.className = "";
  item.replaceChildren(newSpan(item.dataset.name ?? "", "name"), bar, count);
  const cancel = addButton(item, "Cancel", async () => {
    cancel.disabled = true;
    try {
      await api("DELETE", `/imports/${id}`);
      count.textContent = "Stopping…";
    } catch (error) {
      toast(`The import was not stopped. ${reasonOf(error)}`);
      cancel.disabled = false;
    }
  });
  return { bar, count };
}

/** Shows an import until it ends. @param {HTMLElement} item @param {Import} running @param {{ open: boolean }} how */
async function watch(item, running, { open }) {
  const { bar, count } = progressParts(item, running.id);
  let state = running;
  for (let misses = 0; state.state === "queued" || state.state === "running"; await pause(POLL_MS)) {
    try {
      state = await api("GET", `/imports/${running.id}`);
      misses = 0;
    } catch (error) {
      misses += 1;
      if (misses > MISSES_ALLOWED) return complain(item.dataset.name ?? "", reasonOf(error), item);
    }
    if (state.state === "running") paint(state, bar, count);
  }
  end(item, state, open);
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
    complain(name, error ?? "The import failed. Nothing was kept.", item);
  } else if (state === "cancelled") {
    item.remove();
    say(`The import of ${name} was cancelled. Nothing was kept.`);
    toast(`The import of “${name}” was cancelled. Nothing was kept.`);
  } else if (open && !document.querySelector("dialog[open]")) location.assign(`/tables/${table}`);
  else {
    say(`${name} is imported: ${rows} rows.`);
    const link = Object.assign(document.createElement("a"), { href: `/tables/${table}`, textContent: "Open" });
    item.replaceChildren(newSpan(name, "name"), newSpan(`${formatNumber(rows)} rows`), link);
  }
}

function listenToFiles() {
  const input = /** @type {HTMLInputElement} */ (byId("file"));
  for (const button of document.querySelectorAll("[data-choose-file]"))
    button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    void uploadAll(files);
  });
  const cover = byId("drop-here");
  // Over a dialog they are refused, or the browser would leave the page for the file.
  const takesFiles = () => !document.querySelector("dialog[open]");
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = takesFiles() ? "copy" : "none";
    cover.hidden = !takesFiles();
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) cover.hidden = true;
  });
  addEventListener("drop", (event) => {
    cover.hidden = true;
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (takesFiles()) void uploadAll([...event.dataTransfer.files]);
  });
}

/** @param {HTMLElement} row */
function listenToRow(row) {
  const link = /** @type {HTMLElement} */ (row.querySelector(".name"));
  row.querySelector("[data-rename]")?.addEventListener("click", () =>
    renameInPlace(link, {
      label: "Name of the table",
      name: row.dataset.name ?? "",
      save: (wanted) => rename(row, wanted),
    }),
  );
  row.querySelector("[data-duplicate]")?.addEventListener("click", () => void duplicate(row));
  row.querySelector("[data-delete]")?.addEventListener("click", () => void remove(row));
}

/** @param {HTMLElement} row @param {string} name */
async function rename(row, name) {
  try {
    const table = await api("PATCH", `/tables/${row.dataset.table}`, { name });
    row.dataset.name = table.name;
    /** @type {HTMLElement} */ (row.querySelector(".name a")).textContent = table.name;
    for (const [part, word] of [
      ["rename", "Rename"],
      ["duplicate", "Duplicate"],
      ["delete", "Delete"],
    ]) {
      row.querySelector(`[data-${part}]`)?.setAttribute("aria-label", `${word} ${table.name}`);
    }
  } catch (error) {
    toast(`The table was not renamed. ${reasonOf(error)}`);
  }
}

/** Back in a moment: the list is the server's. @param {HTMLElement} row */
async function remove(row) {
  const { table, name } = row.dataset;
  try {
    await api("DELETE", `/tables/${table}`);
  } catch (error) {
    toast(`The table was not deleted. ${reasonOf(error)}`);
    return;
  }
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const parent = row.parentElement;
  row.remove();
  /** @type {HTMLElement | null} */ (next?.querySelector(".name a") ?? null)?.focus();
  toast(`Deleted “${name}”. What ran in it was stopped.`, { undo: () => void restore(row, parent, next) });
}

/** @param {HTMLElement} row @param {HTMLElement | null} parent @param {Element | null} next */
async function restore(row, parent, next) {
  try {
    await api("POST", `/tables/${row.dataset.table}/restore`);
    parent?.insertBefore(row, next?.parentElement === parent ? next : null);
    /** @type {HTMLElement} */ (row.querySelector(".name a")).focus();
    say(`${row.dataset.name} is back.`);
  } catch (error) {
    toast(`The table did not come back. ${reasonOf(error)}`);
  }
}

/** @param {HTMLElement} row */
async function duplicate(row) {
  try {
    const started = await api("POST", `/tables/${row.dataset.table}/duplicate`);
    void watch(newItem(started.name), started, { open: false });
  } catch (error) {
    toast(`The table was not duplicated. ${reasonOf(error)}`);
  }
}

/** @param {HTMLButtonElement} button */
async function trySample(button) {
  button.disabled = true;
  try {
    const table = await api("POST", "/samples");
    location.assign(`/tables/${table.id}#sample`);
  } catch (error) {
    toast(`The sample was not made. ${reasonOf(error)}`);
    button.disabled = false;
  }
}

if (byId("home").dataset.canEdit) {
  listenToFiles();
  listenToNewTable(/** @type {HTMLDialogElement} */ (byId("new-table")));
  for (const button of document.querySelectorAll("[data-sample]")) {
    button.addEventListener("click", () => void trySample(/** @type {HTMLButtonElement} */ (button)));
  }
}
for (const row of document.querySelectorAll("[data-table]")) listenToRow(/** @type {HTMLElement} */ (row));
for (const item of document.querySelectorAll("[data-import]")) {
  const line = /** @type {HTMLElement} */ (item);
  const id = Number(line.dataset.import);
  void watch(
    line,
    { id, state: "running", rows_done: 0, rows_total: null, table_id: null, error: null },
    { open: false },
  );
}
const search = document.getElementById("search");
if (search) {
  listenToSearch(/** @type {HTMLInputElement} */ (search), byId("none-found"));
  void followRuns();
}
