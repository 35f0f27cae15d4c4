/**
 * The bar below the grid while rows are chosen: what can be done to all of them.
 *
 * @typedef {import("../types.d.ts").Grid} Grid
 */

import { startRun } from "../../runs/run-menu.js";
import { ask } from "../../ui/ask.js";
import { button, make } from "../../ui/elements.js";
import { plural } from "../../ui/format.js";
import { openMenu } from "../../ui/menu.js";
import { toast } from "../../ui/notices.js";
import { writeClipboard } from "../edit/clipboard.js";
import { deleteRows } from "../edit/deletion.js";

const ASKED_ABOVE = 1_000; // rows; a run over more is asked for

/** @param {Grid} grid @param {HTMLElement} bar */
export function showBulkBar(grid, bar) {
  const words = make("span", { role: "status" });
  const run = button("Run…", "btn", () => chooseRun(grid, run), { ariaHasPopup: "menu" });
  const remove = button("Delete", "btn danger", () => void deleteRows(grid, grid.chosen.scope, grid.chosen.count));
  const copy = button("Copy", "btn", () => void copyChosen(grid));
  const clear = button("Clear selection", "btn ghost", () => clearChosen(grid));
  bar.append(words, ...(grid.canEdit ? [run] : []), copy, ...(grid.canEdit ? [remove] : []), clear);
  const paint = () => {
    const { count } = grid.chosen;
    bar.hidden = count === 0;
    words.textContent = count ? `${plural(count, "row")} selected` : "";
    run.hidden = !runnable(grid).length;
  };
  grid.chosen.addEventListener("change", paint);
  grid.columns.addEventListener("change", paint);
  paint();
}

/** @param {Grid} grid */
function clearChosen(grid) {
  grid.chosen.clear();
  grid.sheet.focus({ preventScroll: true });
}

/** @param {Grid} grid */
const runnable = (grid) => grid.columns.list.filter((column) => column.type === "http");

/** @param {Grid} grid @param {HTMLElement} opener */
function chooseRun(grid, opener) {
  const items = runnable(grid).map((column) => ({ text: column.name, run: () => void runChosen(grid, column) }));
  openMenu(opener.getBoundingClientRect(), items, { label: "Run for the selected rows", back: grid.sheet });
}

/** @param {Grid} grid @param {import("../types.d.ts").Column} column */
export async function runChosen({ chosen }, column) {
  const sure =
    chosen.count <= ASKED_ABOVE ||
    (await ask({
      title: `Run “${column.name}” for ${plural(chosen.count, "row")}?`,
      text: "Results that are there already are asked for again and replaced.",
      confirm: `Run ${plural(chosen.count, "row")}`,
    }));
  if (sure) await startRun(column, chosen.scope);
}

/** @param {Grid} grid */
async function copyChosen(grid) {
  const { columns, chosen } = grid;
  await writeClipboard(chosen.count * columns.count, plural(chosen.count, "row"), async () => {
    const rows = await chosenRows(grid);
    if (rows.length < chosen.count) toast("Some of the rows are gone; the others were copied.");
    return { rows, columns: columns.list };
  });
  grid.sheet.focus({ preventScroll: true });
}

/** @param {Grid} grid */
async function chosenRows({ rows, chosen }) {
  const [first, last] = chosen.bounds;
  return (await rows.range(first, last)).filter((row) => chosen.has(row.id));
}
