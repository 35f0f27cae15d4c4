/**
 * What the dialog says, and what it chooses first.
 *
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("./types.d.ts").Found} Found
 */

import { formatNumber, plural } from "../ui/format.js";

const TELLING = /e-?mail|domain|website|web\s?site|homepage|url|linkedin/i;

/** The column that is compared until others are chosen: addresses of people and companies tell them apart. @param {Column[]} columns */
export const likelyKey = (columns) =>
  columns.find(({ name }) => TELLING.test(name)) ?? columns.find(({ type }) => type === "text") ?? columns[0];

/** "12 groups · 30 rows" @param {Found} found */
export const countWords = ({ groups, rows }) => `${plural(groups, "group")} · ${plural(rows, "row")}`;

/** "Merge 12 groups, delete 18 rows" @param {Found | null} found */
export const buttonWords = (found) =>
  found?.groups ? `Merge ${plural(found.groups, "group")}, delete ${plural(found.extra, "row")}` : "Merge";

/** "No duplicates in Email and Name." @param {Column[]} columns */
export const noneWords = (columns) =>
  `No duplicates in ${new Intl.ListFormat("en").format(columns.map(({ name }) => name))}.`;

/** "The first 20 of 345 groups are shown." @param {Found} found */
export const moreWords = ({ groups, items }) =>
  items.length < groups ? `The first ${formatNumber(items.length)} of ${plural(groups, "group")} are shown.` : "";

/** "Merged 12 groups, deleted 18 rows and filled 4 cells." @param {import("./types.d.ts").Totals & { stopped?: string | null }} done */
export function doneWords({ merged, deleted, filled, stopped }) {
  if (!merged && stopped) return `Nothing was merged. ${stopped}`;
  if (!merged) return "Nothing was merged: the rows have changed, and no two of them are alike anymore.";
  const parts = [`merged ${plural(merged, "group")}`, `deleted ${plural(deleted, "row")}`];
  if (filled) parts.push(`filled ${plural(filled, "cell")}`);
  const words = new Intl.ListFormat("en").format(parts);
  const all = `${words[0].toUpperCase()}${words.slice(1)}.`;
  return stopped ? `${all} ${stopped} The other groups are as they were.` : all;
}

/** "Comparing 120,000 of 1,000,000 rows…" @param {import("./types.d.ts").Searching} search */
export function searchWords({ rows_done: done, rows_total: total }) {
  if (done < total) return `Comparing ${formatNumber(done)} of ${plural(total, "row")}…`;
  return "Putting alike rows together…";
}
