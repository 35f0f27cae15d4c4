/**
 * The bar below the grid while rows are selected: what can be done with all of them.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 */

import { startRunAsking } from "../../runs/run-menu.js";
import { ask } from "../../ui/ask.js";
import { button, make } from "../../ui/elements.js";
import { plural } from "../../ui/format.js";
import { openMenu } from "../../ui/menu.js";
import { toast } from "../../ui/notices.js";
import { writeClipboard } from "../edit/clipboard.js";
import { deleteRows } from "../edit/deletion.js";

const CONFIRM_ABOVE = 1_000; // rows; a run over more needs a confirmation

/** @param {Grid} grid @param {HTMLElement} bar */
export function showBulkBar(grid, bar) {
  const words = make("span", { role: "status" });
  const run = button("Run…", "btn", () => openRunChoices(grid, run), { ariaHasPopup: "menu" });
  const remove = button(
    "Delete",
    "btn danger",
    () => void deleteRows(grid, grid.selectedRows.scope, grid.selectedRows.count),
  );
  const copy = button("Copy", "btn", () => void copySelected(grid));
  const clear = button("Clear selection", "btn ghost", () => clearSelected(grid));
  bar.append(words, ...(grid.canEdit ? [run] : []), copy, ...(grid.canEdit ? [remove] : []), clear);
  const paint = () => {
    const { count } = grid.selectedRows;
    bar.hidden = count === 0;
    words.textContent = count ? `${plural(count, "row")} selected` : "";
    run.hidden = !runnable(grid).length;
  };
  grid.selectedRows.addEventListener("change", paint);
  grid.columns.addEventListener("change", paint);
  paint();
}

/** @param {Grid} grid */
function clearSelected(grid) {
  grid.selectedRows.clear();
  grid.sheet.focus({ preventScroll: true });
}

/** @param {Grid} grid */
const runnable = (grid) => grid.columns.list.filter((column) => column.type === "http");

/** @param {Grid} grid @param {HTMLElement} opener */
function openRunChoices(grid, opener) {
  const items = runnable(grid).map((column) => ({ text: column.name, run: () => void runSelected(grid, column) }));
  openMenu(opener, items, { label: "Run for the selected rows", back: grid.sheet });
}

/** Runs a column for the selected rows. @param {Grid} grid @param {import("../types.d.ts").Column} column */
export async function runSelected({ selectedRows }, column) {
  const sure =
    selectedRows.count <= CONFIRM_ABOVE ||
    (await ask({
      title: `Run “${column.name}” for ${plural(selectedRows.count, "row")}?`,
      text: "Existing results are requested again and replaced.",
      confirm: `Run ${plural(selectedRows.count, "row")}`,
    }));
  if (sure) await startRunAsking(column, selectedRows.scope);
}

/** @param {Grid} grid */
async function copySelected(grid) {
  const { columns, selectedRows } = grid;
  await writeClipboard(selectedRows.count * columns.count, plural(selectedRows.count, "row"), async () => {
    const rows = await loadSelected(grid);
    if (rows.length < selectedRows.count) toast("Some of the rows are gone; the others were copied.");
    return { rows, columns: columns.list };
  });
  grid.sheet.focus({ preventScroll: true });
}

/** @param {Grid} grid */
async function loadSelected({ rows, selectedRows }) {
  const [first, last] = selectedRows.bounds;
  return (await rows.range(first, last)).filter((row) => selectedRows.has(row.id));
}
