/**
 * The menu of the rows that an HTTP column can run for, and the start of the run.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("../grid/types.d.ts").Scope} Scope
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("../ui/menu.js").Item} Item
 */

import { api, reasonOf } from "../ui/api.js";
import { ask } from "../ui/ask.js";
import { formatNumber, plural } from "../ui/format.js";
import { openMenu } from "../ui/menu.js";
import { toast } from "../ui/notices.js";
import { costText, sentBeforeText } from "./run-words.js";

const FIRST = 10;
const MOST_AT_ONCE = 10_000;

/** How many rows each of the usual runs covers. @typedef {{ first: number, missing: number, failed: number, stale: number, all: number }} Choices */

/** @param {Grid} grid @param {Column} column @param {import("../ui/place.js").Anchor} at */
export async function openRunMenu(grid, column, at) {
  try {
    const choices = await api("GET", `/columns/${column.id}/choices`);
    openMenu(at, runItems(grid, column, choices), { label: `Run ${column.name}`, back: grid.sheet });
  } catch (error) {
    toast(`Can't run “${column.name}” now. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {Column} column @param {Choices} choices @returns {(Item | "line")[]} */
function runItems(grid, column, choices) {
  const { rows, selection } = grid;
  /** @param {"first" | "missing" | "failed" | "stale"} name @param {string} text @returns {Item} */
  const item = (name, text) => ({
    text,
    note: formatNumber(choices[name]),
    disabled: !choices[name],
    run: () => void (name === "first" ? startRunAsking(column, { first: FIRST }) : startRun(column, name)),
  });
  const items = /** @type {(Item | "line")[]} */ ([
    item("first", "First 10 rows"),
    item("missing", "Rows with no result"),
    item("failed", "Failed rows"),
    item("stale", "Rows out of date"),
  ]);
  const { top, bottom } = selection.range;
  const count = bottom - top + 1;
  if (top >= 0 && count <= MOST_AT_ONCE) {
    items.push({
      text: count === 1 ? `Row ${rows.numberAt(top)}` : `The ${formatNumber(count)} selected rows`,
      run: () => void runSelection(grid, column),
    });
  }
  if (rows.view) {
    items.push({
      text: "Rows of this view…",
      note: formatNumber(rows.total),
      disabled: !rows.total,
      run: () => void runView(grid, column),
    });
  }
  items.push("line", {
    text: "All rows, replacing their results…",
    note: formatNumber(choices.all),
    disabled: !choices.all,
    run: () => void forceAll(grid, column),
  });
  return items;
}

/** @param {Grid} grid @param {Column} column */
async function runSelection({ rows, selection }, column) {
  const { top, bottom } = selection.range;
  try {
    const selected = await rows.range(top, bottom);
    const scope = { ids: selected.map((row) => row.id) };
    await (selected.length === 1 ? startRun(column, scope) : startRunAsking(column, scope));
  } catch (error) {
    toast(`Not started. ${reasonOf(error)}`);
  }
}

/** @param {Grid} grid @param {Column} column */
async function runView({ rows }, column) {
  /** @type {Scope} */
  const scope = { view: rows.view };
  if (rows.total > MOST_AT_ONCE) {
    return toast(`A run takes at most ${formatNumber(MOST_AT_ONCE)} rows of a view. Filter further, or run all rows.`);
  }
  const sure = await ask({
    title: `Run “${column.name}” for the ${formatNumber(rows.total)} rows of this view?`,
    text: `Existing results are requested again and replaced. ${await cost(column, scope)}`,
    confirm: "Run these rows",
  });
  if (sure) await startRun(column, scope);
}

/** @param {Grid} grid @param {Column} column */
async function forceAll({ rows }, column) {
  const sure = await ask({
    title: `Run “${column.name}” for all ${formatNumber(rows.tableTotal)} rows?`,
    text: `Existing results are requested again and replaced. ${await cost(column, "all")}`,
    confirm: "Run all rows",
  });
  if (sure) await startRun(column, "all");
}

/** @param {Column} column @param {Scope} scope @returns {Promise<string>} */
async function cost(column, scope) {
  try {
    /** @type {import("./run-words.js").Estimate} */
    const estimate = await api("POST", `/columns/${column.id}/estimate`, { rows: scope });
    return `${costText(estimate)}. ${sentBeforeText(estimate.sent_before)}`.trim();
  } catch {
    return ""; // the question is clear without it, and the start reports what is wrong
  }
}

/**
 * Starts a run, after a question where the API may have some of its rows already.
 *
 * @param {Column} column @param {Scope} scope
 */
export async function startRunAsking(column, scope) {
  const rows = await sentBefore(column, scope);
  const sure =
    !rows ||
    (await ask({ title: `Send ${plural(rows, "row")} again?`, text: sentBeforeText(rows), confirm: "Send again" }));
  if (sure) await startRun(column, scope);
}

/** Counts the rows of a scope that a run sends again though the API may have them. @param {Column} column @param {Scope} scope @returns {Promise<number>} */
async function sentBefore(column, scope) {
  try {
    return (await api("POST", `/columns/${column.id}/sent-before`, { rows: scope })).rows;
  } catch {
    return 0; // the start reports what is wrong
  }
}

/** Opens the menu of the rows that several HTTP columns can run for. @param {Grid} grid @param {Column[]} columns @param {import("../ui/place.js").Anchor} at */
export function openRunMenuOfSeveral(grid, columns, at) {
  /** @param {string} text @param {Scope} scope @returns {Item} */
  const item = (text, scope) => ({ text, run: () => void startRuns(grid, columns, scope) });
  const items = /** @type {(Item | "line")[]} */ ([
    item("First 10 rows", { first: FIRST }),
    item("Rows with no result", "missing"),
    item("Failed rows", "failed"),
    item("Rows out of date", "stale"),
    "line",
    { text: "All rows, replacing their results…", run: () => void forceAllOf(grid, columns) },
  ]);
  openMenu(at, items, { label: `Run ${plural(columns.length, "column")}`, back: grid.sheet });
}

/** @param {Grid} grid @param {Column[]} columns */
async function forceAllOf(grid, columns) {
  const names = columns.map(({ name }) => `“${name}”`).join(", ");
  const again = await Promise.all(columns.map((column) => sentBefore(column, "all")));
  const twice = sentBeforeText(again.reduce((sum, rows) => sum + rows, 0));
  const sure = await ask({
    title: `Run ${plural(columns.length, "column")} for all ${formatNumber(grid.rows.tableTotal)} rows?`,
    text: `Existing results of ${names} are requested again and replaced. ${twice}`.trim(),
    confirm: "Run all rows",
  });
  if (sure) await startRuns(grid, columns, "all");
}

/** Starts them all or none; a column that needs another one runs after it. @param {Grid} grid @param {Column[]} columns @param {Scope} scope */
async function startRuns({ table }, columns, scope) {
  try {
    const ids = columns.map(({ id }) => id);
    /** @type {{ items: Run[] }} */
    const { items } = await api("POST", `/tables/${table.id}/runs`, { columns: ids, rows: scope });
    for (const run of items) document.dispatchEvent(new CustomEvent("marl:run-started", { detail: { run } }));
    if (items.every(({ counts }) => !counts.total)) toast("Nothing to run: no rows match that choice.");
  } catch (error) {
    toast(`No column was started. ${reasonOf(error)}`);
  }
}

/** @param {Column} column @param {Scope} scope @param {{ ask_again?: boolean }} [how] */
export async function startRun(column, scope, how = {}) {
  try {
    /** @type {Run} */
    const run = await api("POST", `/columns/${column.id}/runs`, { rows: scope, ...how });
    document.dispatchEvent(new CustomEvent("marl:run-started", { detail: { run } }));
    if (!run.counts.total) toast(`Nothing to run: no rows match that choice in “${column.name}”.`);
  } catch (error) {
    toast(`“${column.name}” was not started. ${reasonOf(error)}`);
  }
}
