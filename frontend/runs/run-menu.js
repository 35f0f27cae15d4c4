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
import { formatNumber } from "../ui/format.js";
import { openMenu } from "../ui/menu.js";
import { toast } from "../ui/notices.js";
import { costText } from "./run-words.js";

const FIRST = 10;
const MOST_AT_ONCE = 10_000;

/** @param {Grid} grid @param {Column} column @param {DOMRect} at */
export async function openRunMenu(grid, column, at) {
  const counts = await freshCounts(column);
  openMenu(at, runItems(grid, column, counts), { label: `Run ${column.name}`, back: grid.sheet });
}

/** @param {Column} column @returns {Promise<NonNullable<Column["counts"]>>} */
async function freshCounts(column) {
  try {
    return (await api("GET", `/columns/${column.id}`)).counts ?? {};
  } catch {
    return column.counts ?? {};
  }
}

/** @param {Grid} grid @param {Column} column @param {NonNullable<Column["counts"]>} counts @returns {(Item | "line")[]} */
function runItems(grid, column, counts) {
  const { rows, selection } = grid;
  /** @param {Scope} scope */
  const start = (scope) => () => void startRun(column, scope);
  const first = Math.min(FIRST, rows.tableTotal);
  /** @type {(Item | "line")[]} */
  const items = [
    {
      text: `First ${first} ${first === 1 ? "row" : "rows"}`,
      disabled: !rows.tableTotal,
      run: start({ first: FIRST }),
    },
    { text: "Rows with no result", disabled: !rows.tableTotal, run: start("missing") },
    { text: "Failed rows", note: formatNumber(counts.failed ?? 0), disabled: !counts.failed, run: start("failed") },
    { text: "Rows out of date", disabled: !rows.tableTotal, run: start("stale") },
  ];
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
    note: formatNumber(rows.tableTotal),
    disabled: !rows.tableTotal,
    run: () => void forceAll(grid, column),
  });
  return items;
}

/** @param {Grid} grid @param {Column} column */
async function runSelection({ rows, selection }, column) {
  const { top, bottom } = selection.range;
  try {
    const selected = await rows.range(top, bottom);
    await startRun(column, { ids: selected.map((row) => row.id) });
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
    return `${costText(await api("POST", `/columns/${column.id}/estimate`, { rows: scope }))}.`;
  } catch {
    return ""; // the question is clear without it, and the start reports what is wrong
  }
}

/** @param {Column} column @param {Scope} scope */
export async function startRun(column, scope) {
  try {
    /** @type {Run} */
    const run = await api("POST", `/columns/${column.id}/runs`, { rows: scope });
    document.dispatchEvent(new CustomEvent("marl:run-started", { detail: { run } }));
    if (!run.counts.total) toast(`Nothing to run: no rows match that choice in “${column.name}”.`);
  } catch (error) {
    toast(`“${column.name}” was not started. ${reasonOf(error)}`);
  }
}
