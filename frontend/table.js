/**
 * The page of one table: makes the parts of the grid and connects them.
 *
 * @typedef {import("./grid/types.d.ts").Grid} Grid
 * @typedef {import("./grid/types.d.ts").Table} Table
 */

import { Drawer } from "./details/drawer.js";
import { Errors } from "./details/errors.js";
import { Inspector } from "./details/inspector.js";
import { DuplicatesDialog } from "./duplicates/duplicates-dialog.js";
import { ExportForm } from "./exports/export-form.js";
import { Columns } from "./grid/columns.js";
import { listenToClipboard } from "./grid/edit/clipboard.js";
import { Editing } from "./grid/edit/editing.js";
import { addRow } from "./grid/edit/edits.js";
import { openAddMenu } from "./grid/head/column-menu.js";
import { Counts } from "./grid/head/counts.js";
import { Header } from "./grid/head/header.js";
import { offerHeights } from "./grid/heights.js";
import { History } from "./grid/history.js";
import { showBulkBar } from "./grid/input/bulk.js";
import { listenToMenu } from "./grid/input/cell-menu.js";
import { listenToKeys } from "./grid/input/keyboard.js";
import { listenToPointer } from "./grid/input/pointer.js";
import { Live } from "./grid/live.js";
import { Rows } from "./grid/rows.js";
import { SelectedRows } from "./grid/selected-rows.js";
import { Selection } from "./grid/selection.js";
import { View } from "./grid/view.js";
import { Viewport } from "./grid/viewport.js";
import { listenToFiles } from "./imports/files.js";
import { openPastImports } from "./imports/past-imports.js";
import { watchListed } from "./imports/under-way.js";
import { takeDroppedRecipes } from "./recipes/recipes.js";
import { Footer } from "./runs/footer.js";
import { Progress } from "./runs/progress.js";
import { listenToHistory } from "./runs/run-history.js";
import { startCoach } from "./sample/coach.js";
import { startToolbar } from "./toolbar/toolbar.js";
import { byId } from "./ui/elements.js";
import { formatNumber, plural } from "./ui/format.js";
import { icon } from "./ui/icons.js";
import { openMenu } from "./ui/menu.js";
import { toast } from "./ui/notices.js";

/** @returns {Grid} */
function newGrid() {
  /** @type {{ table: Table, can_edit: boolean }} */
  const { table, can_edit: canEdit } = JSON.parse(byId("boot").textContent ?? "");
  const columns = new Columns(table);
  const rows = new Rows(table.id, table.row_count);
  const selection = new Selection(() => ({ rows: rows.total, columns: columns.count }));
  const selectedRows = new SelectedRows(rows);
  const parts = {
    table,
    canEdit,
    columns,
    rows,
    selection,
    selectedRows,
    history: new History(),
    sheet: byId("sheet"),
  };
  const viewport = new Viewport(parts, { scroller: byId("grid"), body: byId("grid-body") });
  const shown = { ...parts, viewport };
  return { ...shown, view: new View(shown) };
}

/** Shows the size of the table. @param {Grid} grid */
function describe({ rows, columns, view }) {
  const size = `${view.narrows && rows.view ? `${formatNumber(rows.total)} of ` : ""}${plural(rows.tableTotal, "row")}`;
  byId("table-size").textContent = `${size} · ${plural(columns.all.length, "column")}`;
  byId("empty-columns").hidden = columns.count > 0;
  byId("empty-rows").hidden = columns.count === 0 || rows.tableTotal > 0;
  byId("empty-view").hidden = !rows.view || rows.total > 0 || rows.tableTotal === 0;
  return size;
}

/** Listens to the page's own buttons. @param {Grid} grid @param {Header} header */
function listenToButtons(grid, header) {
  for (const button of document.querySelectorAll("[data-add-row]"))
    button.addEventListener("click", () => void addRow(grid));
  for (const button of document.querySelectorAll("[data-add-column]")) {
    button.addEventListener("click", () =>
      openAddMenu(grid, button.getBoundingClientRect(), { rename: (column) => header.rename(column) }),
    );
  }
}

/** Shows that rows cannot be fetched, until they can. @param {Grid} grid */
function showProblems({ rows }) {
  const line = byId("grid-problem");
  rows.addEventListener("problem", (event) => {
    line.textContent = /** @type {CustomEvent<string>} */ (event).detail;
    line.hidden = false;
  });
  rows.addEventListener("change", () => (line.hidden = true));
}

/** @param {Grid} grid @param {Progress} progress */
function followServer(grid, progress) {
  const live = new Live(grid);
  const offline = byId("offline");
  live.addEventListener("run", (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    progress.update(detail);
    document.dispatchEvent(new CustomEvent("marl:run", { detail }));
  });
  live.addEventListener("offline", () => (offline.hidden = false));
  live.addEventListener("online", () => (offline.hidden = true));
  live.addEventListener("reset", () => void progress.load());
  document.addEventListener("marl:run-started", (event) => {
    const run = /** @type {CustomEvent} */ (event).detail?.run;
    if (run) progress.update(run);
    else void progress.load();
  });
  document.addEventListener("marl:columns-changed", (event) => {
    if (/** @type {CustomEvent} */ (event).detail?.source === "grid") return;
    void grid.columns.reload().then(() => grid.rows.refresh());
  });
}

/** Files into the table, chosen in its menu or dropped on it. @param {Grid} grid */
function offerImports(grid) {
  const done = () => void grid.columns.reload().then(() => grid.rows.refresh());
  watchListed({ done });
  if (!grid.canEdit) return;
  const { choose } = listenToFiles({
    target: () => ({ id: grid.table.id, name: byId("table-name").textContent ?? "", columns: grid.columns.all }),
    watching: { done },
    takes: (files) => takeDroppedRecipes(grid, files),
  });
  const opener = byId("table-menu");
  opener.append(icon("more"));
  opener.addEventListener("click", () =>
    openMenu(
      opener.getBoundingClientRect(),
      [
        { text: "Import a file…", run: choose },
        { text: "Imports…", run: () => void openPastImports(grid.table.id, done) },
        {
          text: "Find duplicates…",
          disabled: !grid.columns.all.length,
          run: () => new DuplicatesDialog(grid, opener).open(),
        },
        { text: "Trash", run: () => location.assign("/trash") },
      ],
      { label: "More for this table", back: opener },
    ),
  );
}

function start() {
  const grid = newGrid();
  const progress = new Progress(grid);
  const counts = new Counts(grid);
  const header = new Header(grid, byId("grid-head"), progress, counts);
  const drawer = new Drawer(grid, byId("drawer"));
  new Errors(grid, drawer, progress);
  new Footer(progress, byId("progress"));
  listenToHistory(progress, byId("runs"));
  progress.addEventListener("end", (event) => void counts.refresh(/** @type {CustomEvent} */ (event).detail.column_id));
  const inspector = new Inspector(grid, drawer);
  const inspect = (/** @type {number} */ row, /** @type {number} */ column) => void inspector.open(row, column);
  const editing = new Editing(grid, inspect);
  listenToKeys(grid, editing, {
    openMenu: (index) => header.openMenu(index),
    rename: (index) => grid.columns.list[index] && header.rename(grid.columns.list[index]),
    resize: (index, by) => header.resize(index, by),
    shift: (index, by) => header.shift(index, by),
  });
  listenToPointer(grid, editing, byId("grid-body"));
  listenToMenu(grid, inspect);
  listenToClipboard(grid);
  offerHeights(grid, byId("row-height"));
  showBulkBar(grid, byId("bulk"));
  listenToButtons(grid, header);
  startToolbar(grid, byId("toolbar"));
  const exportForm = document.getElementById("export"); // a table without columns has none
  if (exportForm) new ExportForm(grid, /** @type {HTMLFormElement} */ (exportForm));
  showProblems(grid);
  grid.rows.addEventListener("total", () => describe(grid));
  grid.columns.addEventListener("change", () => describe(grid));
  grid.view.addEventListener("open", () => (byId("view-announcement").textContent = describe(grid)));
  describe(grid);
  followServer(grid, progress);
  progress.load().catch(() => toast("Can't show the runs now."));
  grid.sheet.focus({ preventScroll: true });
  startCoach(grid);
  offerImports(grid);
}

start();
