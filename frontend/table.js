/**
 * The page of one table: makes the parts of the grid and connects them.
 *
 * @typedef {import("./grid/types.d.ts").Grid} Grid
 * @typedef {import("./grid/types.d.ts").Table} Table
 */

import { FieldColumns } from "./answers/field-columns.js";
import { offerTableCommands } from "./commands/table-commands.js";
import { Drawer } from "./details/drawer.js";
import { showEdits } from "./details/edit-history.js";
import { Errors } from "./details/errors.js";
import { Inspector } from "./details/inspector.js";
import { openNamedRow } from "./details/named-row.js";
import { RowRecord } from "./details/record.js";
import { DuplicatesDialog } from "./duplicates/duplicates-dialog.js";
import { ExportForm } from "./exports/export-form.js";
import { isComputed } from "./grid/cells.js";
import { Columns } from "./grid/columns.js";
import { listenToClipboard } from "./grid/edit/clipboard.js";
import { Editing } from "./grid/edit/editing.js";
import { addRow } from "./grid/edit/inserting.js";
import { offerUnsaved } from "./grid/edit/unsaved-notice.js";
import { showSelectionSums } from "./grid/foot/selection-sums.js";
import { SummaryLine } from "./grid/foot/summary-line.js";
import { openAddMenu } from "./grid/head/column-menu.js";
import { Counts } from "./grid/head/counts.js";
import { Header } from "./grid/head/header.js";
import { History } from "./grid/history.js";
import { showBulkBar } from "./grid/input/bulk.js";
import { listenToMenu } from "./grid/input/cell-menu.js";
import { listenToKeys, undoOrRedo } from "./grid/input/keyboard.js";
import { listenToPointer } from "./grid/input/pointer.js";
import { listenToRegions } from "./grid/input/regions.js";
import { listenToReplace, openReplace } from "./grid/input/replace-dialog.js";
import { Live } from "./grid/live.js";
import { OpenRows } from "./grid/open-rows.js";
import { Rows } from "./grid/rows.js";
import { SelectedRows } from "./grid/selected-rows.js";
import { Selection } from "./grid/selection.js";
import { answerSelectedRow, openPanel } from "./grid/signals.js";
import { Unsaved } from "./grid/unsaved.js";
import { View } from "./grid/view.js";
import { Viewport } from "./grid/viewport.js";
import { Widths } from "./grid/widths.js";
import { listenToFiles } from "./imports/files.js";
import { openPastImports } from "./imports/past-imports.js";
import { watchListed } from "./imports/under-way.js";
import { followUnderWay } from "./long-work/under-way.js";
import { openNamedPanel } from "./panel/named-panel.js";
import { openGallery, takeDroppedRecipes } from "./recipes/recipes.js";
import { Footer } from "./runs/footer.js";
import { Progress } from "./runs/progress.js";
import { listenToHistory } from "./runs/run-history.js";
import { startCoach } from "./sample/coach.js";
import { openMembers } from "./settings/members-dialog.js";
import { openNotices } from "./settings/notices-dialog.js";
import { openTableSettings } from "./settings/table-settings.js";
import { startToolbar } from "./toolbar/toolbar.js";
import { ApiError, api, reasonOf } from "./ui/api.js";
import { isSecondClick } from "./ui/clicks.js";
import { byId } from "./ui/elements.js";
import { formatNumber, plural } from "./ui/format.js";
import { icon } from "./ui/icons.js";
import { openMenu } from "./ui/menu.js";
import { toast } from "./ui/notices.js";
import { renameInPlace } from "./ui/rename.js";

/**
 * @typedef {object} Boot
 * @property {Table} table
 * @property {import("./grid/types.d.ts").SavedView[]} views
 * @property {boolean} can_edit
 * @property {import("./long-work/under-way.js").UnderWay[]} under_way
 * @property {string} position of the live events; empty if it is not known
 * @property {Record<string, import("./grid/foot/summary-kinds.js").Kind>} summaries
 * @param {Boot} boot @returns {Grid}
 */
function newGrid({ table, views, can_edit: canEdit }) {
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
    openRows: new OpenRows({ table, rows, selection }),
    unsaved: new Unsaved(table.id, document.querySelector("[data-user-id]")?.getAttribute("data-user-id") ?? ""),
    sheet: byId("sheet"),
  };
  const viewport = new Viewport(parts, { scroller: byId("grid"), body: byId("grid-body") });
  const shown = { ...parts, viewport };
  return { ...shown, view: new View(shown, views) };
}

/** Shows the size of the table. @param {Grid} grid */
function describe({ rows, columns, view }) {
  const size = `${view.narrows && rows.view ? `${formatNumber(rows.total)} of ` : ""}${plural(rows.tableTotal, "row")}`;
  byId("table-size").textContent = `${size} · ${plural(columns.all.length, "column")}`;
  byId("empty-columns").hidden = columns.count > 0;
  byId("empty-rows").hidden = columns.count === 0 || rows.tableTotal > 0;
  byId("empty-view").hidden = !rows.view || rows.total > 0 || rows.tableTotal === 0 || view.missing.length > 0;
  byId("summaries").hidden = document.querySelector(".empty:not([hidden])") !== null;
  return size;
}

/** @param {Grid} grid @param {MouseEvent} event */
const addOneRow = (grid, event) => isSecondClick(event) || void addRow(grid);

/** Listens to the page's own buttons. @param {Grid} grid @param {Header} header */
function listenToButtons(grid, header) {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-add-row]")))
    button.addEventListener("click", (event) => addOneRow(grid, event));
  for (const button of document.querySelectorAll("[data-add-column]")) {
    button.addEventListener("click", () => openAddMenu(grid, button, { rename: (column) => header.rename(column) }));
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

/** Says why the table is not there any more, and takes no more input for it. @param {"deleted" | "gone"} notice */
function showGone(notice) {
  byId(notice).hidden = document.querySelector("#deleted:not([hidden])") !== null && notice === "gone";
  for (const part of document.querySelectorAll(".work, .toolbar, header button")) part.toggleAttribute("inert", true);
}

/** Shows the page as somebody sees it in their new role, or that it isn't there for them any more. @param {Grid} grid @param {Live} live */
async function followAccess(grid, live) {
  try {
    const { access, can_change: canEdit } = await api("GET", `/tables/${grid.table.id}/members`);
    byId("table-lock").hidden = access !== "members";
    if (canEdit !== grid.canEdit) location.reload();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) live.lose();
  }
}

/** @param {Grid} grid @param {string} position @param {Progress} progress @param {Header} header @param {FieldColumns} fields */
function followServer(grid, position, progress, header, fields) {
  const live = new Live(grid, position);
  const offline = byId("offline");
  live.addEventListener("run", (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    progress.update(detail);
    document.dispatchEvent(new CustomEvent("marl:run", { detail }));
  });
  live.addEventListener("fetch", (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    document.dispatchEvent(new CustomEvent("marl:fetched", { detail }));
  });
  live.addEventListener("offline", () => (offline.hidden = false));
  live.addEventListener("online", () => (offline.hidden = true));
  live.addEventListener("reset", () => void progress.load());
  live.addEventListener("deleted", () => showGone("deleted"));
  live.addEventListener("gone", () => showGone("gone"));
  for (const type of ["access", "reset"]) live.addEventListener(type, () => void followAccess(grid, live));
  live.addEventListener("restored", () => location.reload());
  document.addEventListener("marl:run-started", (event) => {
    const run = /** @type {CustomEvent} */ (event).detail?.run;
    if (run) progress.update(run);
    else void progress.load();
  });
  document.addEventListener("marl:columns-changed", (event) => {
    const { source, columnId, newFields = [] } = /** @type {CustomEvent} */ (event).detail ?? {};
    if (source === "grid") return;
    const isNew = columnId !== undefined && (header.makesNew || !grid.columns.byId(columnId));
    void grid.columns.reload().then(async () => {
      grid.rows.refresh();
      if (isNew) await header.showNew(columnId);
      if (newFields.length) await fields.add(columnId, newFields);
    });
  });
}

/** A click on the name of the table edits it. @param {Grid} grid */
function offerRename(grid) {
  const title = byId("table-name");
  const showName = (/** @type {{ name: string }} */ { name }) => {
    document.title = document.title.replace(grid.table.name, name);
    grid.table.name = title.textContent = name;
  };
  const save = async (/** @type {string} */ name) => {
    try {
      showName(await api("PATCH", `/tables/${grid.table.id}`, { name }));
    } catch (error) {
      toast(`The table was not renamed. ${reasonOf(error)}`);
    }
  };
  const rename = () =>
    renameInPlace(title, { label: "Table name", name: grid.table.name, save, done: () => grid.sheet.focus() });
  title.addEventListener("click", rename);
  return { rename, showName };
}

/** The panel of where rows come from, whose buttons lead to the imports. Returns what opens it. @param {() => void} choose @param {() => void} openImports */
function offerSources(choose, openImports) {
  const opener = byId("open-sources");
  const open = () => openPanel(opener.dataset.url ?? "");
  opener.addEventListener("click", open);
  byId("panel").addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    /** @type {HTMLElement | null | undefined} */ (button?.closest("[popover]"))?.hidePopover();
    if (button?.matches("[data-import-file]")) choose();
    else if (button?.matches("[data-past-imports]")) openImports();
  });
  return open;
}

/** The dialog of whom the table is for. Returns what opens it. @param {Grid} grid */
function offerSharing({ table }) {
  const showLock = (/** @type {boolean} */ isRestricted) => (byId("table-lock").hidden = !isRestricted);
  const open = () => void openMembers(table, showLock);
  byId("open-members").addEventListener("click", open);
  return open;
}

/** Files into the table, chosen in its menu or dropped on it. @param {Grid} grid @param {Header} header */
function offerImports(grid, header) {
  const done = () => void grid.columns.reload().then(() => grid.rows.refresh());
  watchListed({ done });
  if (!grid.canEdit) return offerTableCommands(grid, header, () => []);
  const { choose } = listenToFiles({
    target: () => ({ id: grid.table.id, name: byId("table-name").textContent ?? "", columns: grid.columns.all }),
    watching: { done },
    takes: (files) => takeDroppedRecipes(grid, files),
  });
  document.addEventListener("marl:open-recipes", () => void openGallery(grid));
  const opener = byId("table-menu");
  opener.append(icon("more"));
  const { rename, showName } = offerRename(grid);
  const openImports = () => void openPastImports(grid.table.id, done);
  const openSources = offerSources(choose, openImports);
  const openSharing = offerSharing(grid);
  /** @returns {(import("./ui/menu.js").Item | "line")[]} */
  const items = () => [
    { text: "Rename", icon: "rename", run: rename },
    { text: "Table settings…", icon: "settings", run: () => void openTableSettings(grid.table.id, showName) },
    { text: "Share…", icon: "share", run: openSharing },
    { text: "Notices of runs…", icon: "notify", run: () => void openNotices(grid.table.id) },
    "line",
    { text: "Sources…", icon: "sources", run: openSources },
    { text: "Import a file…", icon: "import", run: choose },
    { text: "Imports…", icon: "file", run: openImports },
    {
      text: "Find duplicates…",
      icon: "search",
      disabled: !grid.columns.all.length,
      run: () => new DuplicatesDialog(grid, opener).open(),
    },
    { text: "Find and replace…", icon: "search", note: "Ctrl+H", run: () => openReplace(grid) },
    { text: "Trash", icon: "delete", run: () => location.assign("/trash") },
  ];
  opener.addEventListener("click", () => openMenu(opener, items(), { label: "More for this table", back: opener }));
  offerTableCommands(grid, header, items);
}

function start() {
  /** @type {Boot} */
  const boot = JSON.parse(byId("boot").textContent ?? "");
  const grid = newGrid(boot);
  const progress = new Progress(grid);
  const counts = new Counts(grid);
  new Widths(grid);
  const header = new Header(grid, byId("grid-head"), progress, counts);
  const drawer = new Drawer(grid, byId("drawer"));
  new Errors(grid, drawer, progress);
  new Footer(progress, byId("progress"));
  listenToHistory(progress, byId("runs"));
  progress.addEventListener("end", (event) => void counts.refresh(/** @type {CustomEvent} */ (event).detail.column_id));
  const fields = new FieldColumns(grid);
  const inspector = new Inspector(grid, drawer, fields);
  const inspect = (/** @type {number} */ row, /** @type {number} */ column) => void inspector.open(row, column);
  new RowRecord(grid, drawer, inspect);
  const editing = new Editing(grid, inspect);
  listenToKeys(grid, editing, {
    openMenu: (index) => header.openMenu(index),
    rename: (index) => grid.columns.list[index] && header.rename(grid.columns.list[index]),
    resize: (index, by) => header.resize(index, by),
    shift: (index, by) => header.shift(index, by),
  });
  document.addEventListener("marl:undo", () => void undoOrRedo(grid, "undo"));
  listenToPointer(grid, editing, byId("grid-body"));
  listenToMenu(grid, (row, column) => {
    const shown = grid.columns.list[column];
    if (shown && isComputed(shown)) inspect(row, column);
    else void showEdits(grid, drawer, row, column);
  });
  listenToReplace(grid);
  const regions = ["groups", "panel", "drawer", "summaries", "toolbar"].map(byId);
  listenToRegions([grid.sheet, ...regions]);
  listenToClipboard(grid);
  showBulkBar(grid, byId("bulk"));
  new SummaryLine(grid, byId("summaries"), boot.summaries, (event) => addOneRow(grid, event));
  answerSelectedRow(() => {
    const position = grid.rows.at(grid.selection.row)?.position;
    return position === undefined || position === null ? undefined : position + 1;
  });
  showSelectionSums(grid, byId("selection-sums"));
  listenToButtons(grid, header);
  startToolbar(grid, byId("toolbar"));
  const exportForm = document.getElementById("export"); // a table without columns has none
  if (exportForm) new ExportForm(grid, /** @type {HTMLFormElement} */ (exportForm));
  showProblems(grid);
  grid.rows.addEventListener("total", () => describe(grid));
  grid.columns.addEventListener("change", () => describe(grid));
  grid.view.addEventListener("open", () => (byId("view-announcement").textContent = describe(grid)));
  describe(grid);
  followServer(grid, boot.position, progress, header, fields);
  followUnderWay(grid, boot.under_way);
  progress.load().catch(() => toast("Can't show the runs now."));
  grid.sheet.focus({ preventScroll: true });
  offerUnsaved(grid);
  startCoach(grid);
  void openNamedRow(grid);
  openNamedPanel();
  offerImports(grid, header);
}

start();
