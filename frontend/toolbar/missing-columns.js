/**
 * What a view says whose filter has lost columns: which, and how to mend it. It shows no rows until then.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 */

import { announceColumns } from "../grid/signals.js";
import { api, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { toast } from "../ui/notices.js";
import { saveChanges } from "./saved-views.js";

/** @typedef {import("../grid/types.d.ts").SavedView["missing_columns"]} Missing */

/** "“Size” and “City”, which were deleted" @param {Missing} missing */
export function wordsOf(missing) {
  const names = missing.map(({ name }) => (name ? `“${name}”` : "a column"));
  const list = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
  return `${list}, which ${names.length > 1 ? "were" : "was"} deleted`;
}

/** @param {Grid} grid @param {HTMLElement} section */
export function showMissingColumns(grid, section) {
  let shown = "";
  const paint = () => {
    const { missing, current } = grid.view;
    section.hidden = !missing.length;
    const now = JSON.stringify([current?.name, missing]);
    if (!missing.length || now === shown) return;
    shown = now;
    const title = make("h2", "", "This view can't tell its rows");
    const text = make(
      "p",
      "",
      `“${current?.name}” filters by ${wordsOf(missing)}. Without that it would show other rows.`,
    );
    section.replaceChildren(title, text, ...(grid.canEdit ? buttons(grid, missing) : [make("p", "", ASK)]));
  };
  grid.view.addEventListener("change", paint);
  grid.view.addEventListener("saved", paint);
  paint();
}

const ASK = "Ask someone who can edit the table to restore the column, or to save the view with another filter.";

/** @param {Grid} grid @param {Missing} missing @returns {HTMLElement[]} */
function buttons(grid, missing) {
  const restorable = missing.filter(({ name }) => name);
  const what = restorable.length === 1 ? `“${restorable[0].name}”` : "the columns";
  const restore = button(`Restore ${what}`, "btn primary", () => void restoreColumns(grid, restorable));
  const save = button("Save without this filter", "btn", () => void saveChanges(grid));
  return [make("div", "buttons", ...(restorable.length ? [restore] : []), save)];
}

/** @param {Grid} grid @param {Missing} missing */
async function restoreColumns(grid, missing) {
  try {
    await api("POST", `/tables/${grid.table.id}/columns/restore`, { ids: missing.map(({ id }) => id) });
    await grid.columns.reload();
    announceColumns();
    grid.sheet.focus({ preventScroll: true });
  } catch (error) {
    toast(`Not restored. ${reasonOf(error)}`);
  }
}
