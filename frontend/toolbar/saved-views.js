/**
 * What can be done with the saved views of a table: save, rename, copy, move, delete.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").SavedView} SavedView
 */

import { forApi } from "../grid/conditions.js";
import { ApiError, api, reasonOf } from "../ui/api.js";
import { ask } from "../ui/ask.js";
import { toast } from "../ui/notices.js";
import { askName } from "./name-dialog.js";

/** What is shown now, as the API saves it. @param {Grid} grid */
function settingsOf({ view, columns }) {
  const { filters, sorts, errors, rowHeight, group } = view.spec;
  const idsOf = (/** @type {import("../grid/types.d.ts").Column[]} */ some) => some.map(({ id }) => id);
  return {
    filter: forApi(filters),
    sort: sorts,
    errors,
    hidden: idsOf(columns.all.filter(({ hidden }) => hidden)),
    pinned: idsOf(columns.all.filter(({ pinned }) => pinned)),
    order: idsOf(columns.ordered),
    row_height: rowHeight,
    group,
  };
}

/** A name that no view has: "View 1", "View 2" … @param {Grid} grid */
function freeName({ view }) {
  const taken = new Set(view.saved.map(({ name }) => name));
  let number = view.saved.length + 1;
  while (taken.has(`View ${number}`)) number += 1;
  return `View ${number}`;
}

/** Saves what is shown as a new view, under a name that is asked for. @param {Grid} grid */
export async function saveAsNew(grid) {
  const name = await askName({
    title: "Save as a new view",
    text: "Filter, sort, columns and row height as they are now. Everyone in the workspace can use it.",
    name: freeName(grid),
    confirm: "Save view",
  });
  if (!name) return;
  await attempt("The view was not saved.", async () => {
    const made = await api("POST", `/tables/${grid.table.id}/views`, { name, ...settingsOf(grid) });
    await grid.view.discard(); // what was changed is in the new view now
    await grid.view.reloadSaved();
    await grid.view.show(made.id);
  });
}

/** Saves the changes to the view that is shown. @param {Grid} grid @param {{ force?: boolean }} [how] also over what somebody else has saved */
export async function saveChanges(grid, { force = false } = {}) {
  const { view } = grid;
  if (!view.current) return;
  const was = force ? undefined : view.version;
  try {
    const saved = await api("PATCH", `/views/${view.current.id}`, { ...settingsOf(grid), was });
    await take(grid, saved);
    toast(`Saved “${saved.name}” for everyone in the workspace.`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) await askToOverwrite(grid, error.message);
    else toast(`“${view.current?.name}” was not saved. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {string} reason */
async function askToOverwrite(grid, reason) {
  const text = `${reason} Saving replaces those changes with yours.`;
  const sure = await ask({ title: "Save over newer changes?", text, confirm: "Save mine", danger: true });
  if (sure) await saveChanges(grid, { force: true });
}

/** Shows a view as it is saved by now. @param {Grid} grid @param {SavedView} saved */
async function take({ view }, saved) {
  await view.setSaved(view.saved.map((other) => (other.id === saved.id ? saved : other)));
  await view.discard();
}

/** @param {Grid} grid @param {SavedView} saved */
export async function rename(grid, saved) {
  const name = await askName({
    title: "Rename view",
    text: "Everyone in the workspace sees the new name.",
    name: saved.name,
    confirm: "Rename",
  });
  if (!name || name === saved.name) return;
  await attempt(`“${saved.name}” was not renamed.`, () => api("PATCH", `/views/${saved.id}`, { name }));
  await grid.view.reloadSaved();
}

/** @param {Grid} grid @param {SavedView} saved */
export async function duplicate(grid, saved) {
  const { name, filter, sort, errors, hidden, pinned, order, row_height, group } = saved;
  await attempt(`“${saved.name}” was not duplicated.`, async () => {
    const copy = { filter, sort, errors, hidden, pinned, order, row_height, group };
    const named = { name: `Copy of ${name}`.slice(0, 200), ...copy };
    const made = await api("POST", `/tables/${grid.table.id}/views`, named);
    await grid.view.reloadSaved();
    await grid.view.show(made.id);
  });
}

/** @param {Grid} grid @param {SavedView} saved @param {number} position among the saved views, from 0 */
export async function move(grid, saved, position) {
  await attempt(`“${saved.name}” was not moved.`, () => api("PATCH", `/views/${saved.id}`, { position }));
  await grid.view.reloadSaved();
}

/** @param {Grid} grid @param {SavedView} saved */
export async function remove(grid, saved) {
  const text = "It disappears for everyone in the workspace. The rows stay.";
  if (!(await ask({ title: `Delete the view “${saved.name}”?`, text, confirm: "Delete view", danger: true }))) return;
  await attempt(`“${saved.name}” was not deleted.`, async () => {
    await api("DELETE", `/views/${saved.id}`);
    await grid.view.reloadSaved();
    toast(`Deleted the view “${saved.name}”.`, { undo: () => void restore(grid, saved) });
  });
}

/** @param {Grid} grid @param {SavedView} saved */
async function restore(grid, saved) {
  await attempt(`“${saved.name}” wasn't restored.`, async () => {
    await api("POST", `/views/${saved.id}/restore`);
    await grid.view.reloadSaved();
    await grid.view.show(saved.id);
  });
}

/** @param {string} failure @param {() => Promise<unknown>} run */
async function attempt(failure, run) {
  try {
    await run();
  } catch (error) {
    toast(`${failure} ${reasonOf(error)}`);
  }
}
