/**
 * Groups of rows that are alike: which one stays, and what it gets from the others.
 *
 * @typedef {import("../grid/types.d.ts").Column} Column
 * @typedef {import("../grid/types.d.ts").Row} Row
 * @typedef {import("./types.d.ts").Choices} Choices
 * @typedef {import("./types.d.ts").Found} Found
 * @typedef {import("./types.d.ts").Group} Group
 */

import { isComputed, paintCell } from "../grid/cells.js";
import { make } from "../ui/elements.js";
import { formatNumber } from "../ui/format.js";

const LISTED = 5; // rows of a group that come without a gap, as the API gives them

/**
 * Draws the groups as one table, the compared columns first.
 * @param {Found} found @param {Column[]} all @param {Choices} choices
 */
export function groupsTable({ items }, all, choices) {
  const columns = shownColumns(items, all, choices);
  const names = columns.map((column) => make("th", { scope: "col", className: lookOf(column) }, column.name));
  const head = make(
    "tr",
    "",
    make("th", { scope: "col", className: "num" }, "Row"),
    make("th", { scope: "col" }, make("span", "visually-hidden", "What becomes of it")),
    ...names,
  );
  const bodies = items.map((group) => groupBody(group, columns, choices));
  return make("table", "", make("thead", "", head), ...bodies);
}

/** The compared columns, and then the others that these rows have something in. @param {Group[]} groups @param {Column[]} all @param {Choices} choices */
function shownColumns(groups, all, choices) {
  const compared = all.filter(({ id }) => choices.columns.includes(id));
  const rows = groups.flatMap(({ first }) => first);
  const others = all.filter(
    (column) => !column.hidden && !compared.includes(column) && rows.some((row) => !isBlank(row, column)),
  );
  return [...compared, ...others];
}

/** @param {Column} column */
const lookOf = (column) => (column.type === "number" ? "num" : "");

/** @param {Row} row @param {Column} column */
function isBlank(row, column) {
  const cell = row.cells[column.id];
  if (isComputed(column) && cell?.state !== "empty") return false;
  return cell?.value === null || cell?.value === undefined || cell.value === "";
}

/** @param {Group} group @param {Column[]} columns @param {Choices} choices */
function groupBody(group, columns, choices) {
  const kept = group.kept[choices.keep];
  const body = make("tbody", "");
  for (const row of group.first) {
    const stays = row.id === kept;
    const line = make("tr", stays ? "kept" : "");
    line.append(
      make("td", "num soft", formatNumber(row.position + 1)),
      make("td", "fate", stays ? "Keep" : "Delete"),
      ...columns.map((column) => cellOf(group, row, column, stays && choices.fill_blanks)),
    );
    body.append(line);
  }
  const more = group.count - group.first.length;
  if (more > 0) {
    const words = more === 1 ? "1 more row is not shown" : `${formatNumber(more)} more rows are not shown`;
    body.append(make("tr", "", make("td", { className: "soft", colSpan: columns.length + 2 }, words)));
  }
  return body;
}

/** @param {Group} group @param {Row} row @param {Column} column @param {boolean} fills whether blanks of the row are filled */
function cellOf(group, row, column, fills) {
  const cell = make("td", lookOf(column));
  const giver = fills && !isComputed(column) && isBlank(row, column) ? giverOf(group, column) : undefined;
  paintCell(cell, column, (giver ?? row).cells[column.id], { row: (giver ?? row).position ?? 0, canEdit: false });
  if (giver) {
    cell.classList.add("filled");
    cell.title = `From row ${formatNumber((giver.position ?? 0) + 1)}`;
    cell.append(make("span", "visually-hidden", ` (${cell.title})`));
  }
  return cell;
}

/** The first row that has a value; undefined where one that is not shown may come before it. @param {Group} group @param {Column} column */
function giverOf({ count, first }, column) {
  const inOrder = count > first.length ? first.slice(0, LISTED) : first;
  return inOrder.find((row) => !isBlank(row, column));
}
