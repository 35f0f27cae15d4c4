/** A row of the list of tables: a click opens the table, its menu renames, copies and deletes it. */

import { announce, newItem, watchImport } from "../imports/under-way.js";
import { askToDelete, deleteTable } from "../settings/deletion.js";
import { openMembers } from "../settings/members-dialog.js";
import { api, reasonOf } from "../ui/api.js";
import { byId, make } from "../ui/elements.js";
import { icon } from "../ui/icons.js";
import { openMenu } from "../ui/menu.js";
import { toast } from "../ui/notices.js";
import { renameInPlace } from "../ui/rename.js";

/** @param {HTMLElement} row */
const linkOf = (row) => /** @type {HTMLAnchorElement} */ (row.querySelector(".name a"));

/** @param {HTMLElement} row @param {() => void} refresh called when there are other tables */
export function listenToRow(row, refresh) {
  const opener = /** @type {HTMLElement | null} */ (row.querySelector("[data-menu]"));
  opener?.addEventListener("click", () => openRowMenu(row, opener, refresh));
  row.addEventListener("keydown", (event) => {
    if (event.key !== "F2" || !opener) return;
    event.preventDefault();
    startRename(row);
  });
  row.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("a, button, input")) return;
    if (event.ctrlKey || event.metaKey) window.open(linkOf(row).href);
    else if (!getSelection()?.toString()) location.assign(linkOf(row).href);
  });
}

/** @param {HTMLElement} row @param {HTMLElement} opener @param {() => void} refresh */
function openRowMenu(row, opener, refresh) {
  openMenu(
    opener,
    [
      { text: "Open in a new tab", icon: "open", run: () => void window.open(linkOf(row).href) },
      { text: "Rename", icon: "rename", note: "F2", run: () => startRename(row) },
      { text: "Share…", icon: "share", run: () => void share(row) },
      { text: "Duplicate", icon: "copy", run: () => void duplicate(row, refresh) },
      "line",
      { text: "Delete…", icon: "delete", danger: true, run: () => void askToRemove(row) },
    ],
    { label: `More for ${row.dataset.name}`, back: opener },
  );
}

/** @param {HTMLElement} row */
function startRename(row) {
  renameInPlace(linkOf(row), {
    label: "Table name",
    name: row.dataset.name ?? "",
    save: (name) => rename(row, name),
    done: () => linkOf(row).focus(),
  });
}

/** @param {HTMLElement} row @param {string} name */
async function rename(row, name) {
  try {
    const table = await api("PATCH", `/tables/${row.dataset.table}`, { name });
    row.dataset.name = table.name;
    linkOf(row).textContent = table.name;
    row.querySelector("[data-menu]")?.setAttribute("aria-label", `More for ${table.name}`);
  } catch (error) {
    toast(`The table was not renamed. ${reasonOf(error)}`);
  }
}

/** @param {HTMLElement} row */
async function askToRemove(row) {
  const { name, rows } = row.dataset;
  if (await askToDelete(name ?? "", Number(rows))) await remove(row);
}

/** @param {HTMLElement} row */
async function remove(row) {
  const { table, name } = row.dataset;
  try {
    if (!(await deleteTable(table ?? "", name ?? ""))) return;
  } catch (error) {
    toast(`The table was not deleted. ${reasonOf(error)}`);
    return;
  }
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const parent = row.parentElement;
  row.remove();
  showWhetherEmpty();
  if (neighbour) linkOf(/** @type {HTMLElement} */ (neighbour)).focus();
  toast(`Deleted “${name}” and stopped its runs.`, { undo: () => void restore(row, parent, neighbour) });
}

/** Shows the first steps in place of a list without tables. */
export function showWhetherEmpty() {
  const isEmpty = !document.querySelector("[data-table]");
  /** @type {HTMLElement} */ (document.querySelector(".home-head .search-box")).hidden = isEmpty;
  byId("listed").hidden = isEmpty;
  byId("first").hidden = !isEmpty;
}

/** @param {HTMLElement} row @param {HTMLElement | null} parent @param {Element | null} neighbour */
async function restore(row, parent, neighbour) {
  try {
    await api("POST", `/tables/${row.dataset.table}/restore`);
    parent?.insertBefore(row, neighbour?.parentElement === parent ? neighbour : null);
    showWhetherEmpty();
    linkOf(row).focus();
    announce(`Restored ${row.dataset.name}.`);
  } catch (error) {
    toast(`The table wasn't restored. ${reasonOf(error)}`);
  }
}

/** @param {HTMLElement} row */
function share(row) {
  const lock = () => row.querySelector(".lock");
  const showLock = (/** @type {boolean} */ isRestricted) => {
    lock()?.remove();
    if (isRestricted) linkOf(row).after(" ", lockSign());
  };
  return openMembers({ id: Number(row.dataset.table), name: row.dataset.name ?? "" }, showLock);
}

function lockSign() {
  const sign = make("span", { className: "lock", role: "img", title: "Only some people see it" }, icon("lock"));
  sign.ariaLabel = sign.title;
  return sign;
}

/** @param {HTMLElement} row @param {() => void} refresh */
async function duplicate(row, refresh) {
  try {
    const started = await api("POST", `/tables/${row.dataset.table}/duplicate`);
    void watchImport(newItem(started.name), started, { done: refresh });
  } catch (error) {
    toast(`The table was not duplicated. ${reasonOf(error)}`);
  }
}
