/** The active cell and the range around it, in a table of 10 rows and 4 columns. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { HEADER, Selection } from "../../../frontend/grid/selection.js";

let size;
let selection;

beforeEach(() => {
  size = { rows: 10, columns: 4 };
  selection = new Selection(() => size);
});

const active = () => [selection.row, selection.column];

test("a move selects one cell and says so", () => {
  let changes = 0;
  selection.addEventListener("change", () => {
    changes += 1;
  });
  selection.move(3, 2);
  assert.deepEqual(active(), [3, 2]);
  assert.deepEqual(selection.range, { top: 3, bottom: 3, left: 2, right: 2 });
  assert.equal(selection.isSingle, true);
  assert.equal(changes, 1);
});

test("moves stop at the edges, and the header is above the first row", () => {
  selection.move(99, 99);
  assert.deepEqual(active(), [9, 3]);
  selection.move(-5, -5);
  assert.deepEqual(active(), [HEADER, 0]);
});

test("an extended move keeps the corner where it began, in every direction", () => {
  selection.move(5, 2);
  selection.move(7, 3, { extend: true });
  assert.deepEqual(selection.range, { top: 5, bottom: 7, left: 2, right: 3 });
  selection.move(4, 1, { extend: true });
  assert.deepEqual(selection.range, { top: 4, bottom: 5, left: 1, right: 2 });
  assert.equal(selection.isSingle, false);
});

test("the active cell stays where the range began", () => {
  selection.move(5, 2);
  selection.move(7, 3, { extend: true });
  assert.deepEqual(active(), [5, 2]);
  selection.selectRow(4);
  selection.selectRow(8, { extend: true });
  assert.deepEqual(active(), [4, 0]);
});

test("a cell knows at which edges of the range it lies", () => {
  selection.select({ top: 2, bottom: 4, left: 1, right: 1 });
  assert.equal(selection.edgesOf(2, 1), "at-top at-left at-right");
  assert.equal(selection.edgesOf(3, 1), "at-left at-right");
  assert.deepEqual([selection.hasRow(4), selection.hasRow(5), selection.hasColumn(1)], [true, false, true]);
});

test("an extended move does not reach the header", () => {
  selection.move(2, 0);
  selection.move(-1, 0, { extend: true });
  assert.deepEqual(selection.range, { top: 0, bottom: 2, left: 0, right: 0 });
});

test("a selected range is cut at the edges of the table", () => {
  selection.select({ top: 8, bottom: 20, left: 1, right: 9 });
  assert.deepEqual(selection.range, { top: 8, bottom: 9, left: 1, right: 3 });
});

test("a row is selected with all its columns, and Shift selects the rows between", () => {
  selection.selectRow(4);
  assert.deepEqual(selection.range, { top: 4, bottom: 4, left: 0, right: 3 });
  selection.selectRow(2, { extend: true });
  assert.deepEqual(selection.range, { top: 2, bottom: 4, left: 0, right: 3 });
});

test("everything is selected, unless there is nothing", () => {
  selection.selectAll();
  assert.deepEqual(selection.range, { top: 0, bottom: 9, left: 0, right: 3 });
  size = { rows: 0, columns: 4 };
  const empty = new Selection(() => size);
  empty.selectAll();
  assert.deepEqual(empty.range, { top: 0, bottom: 0, left: 0, right: 0 });
});

test("a cell knows whether it is inside the range, and which one has the corner", () => {
  selection.select({ top: 1, bottom: 2, left: 1, right: 2 });
  assert.equal(selection.has(2, 1), true);
  assert.equal(selection.has(3, 1), false);
  assert.equal(selection.has(2, 3), false);
  assert.equal(selection.isCorner(2, 2), true);
  assert.equal(selection.isCorner(1, 2), false);
});

test("whole columns are chosen apart from each other, taken out again, and stretched from the last one", () => {
  selection.move(3, 2);
  selection.toggleColumn(0);
  assert.deepEqual(selection.wholeColumns, [0]);
  selection.toggleColumn(3);
  assert.deepEqual(selection.area, { top: 0, bottom: 9, columns: [0, 3] });
  assert.deepEqual([selection.has(5, 0), selection.has(5, 1), selection.hasColumn(0)], [true, false, true]);
  assert.deepEqual([selection.isSingle, selection.isCorner(9, 3)], [false, false]);
  selection.selectColumn(2, { extend: true });
  assert.deepEqual(selection.wholeColumns, [0, 2, 3]);
  selection.toggleColumn(2);
  assert.deepEqual(selection.wholeColumns, [0, 3]);
  selection.move(1, 1);
  assert.deepEqual(selection.area, { top: 1, bottom: 1, columns: [1] });
});

test("columns are chosen in the header by the keyboard, and stay while it moves along", () => {
  selection.move(HEADER, 0);
  selection.toggleColumn(0);
  selection.move(HEADER, 2);
  selection.toggleColumn(2);
  assert.deepEqual(selection.wholeColumns, [0, 2]);
  assert.deepEqual([selection.hasColumn(0), selection.hasColumn(1)], [true, false]);
  selection.move(0, 2);
  assert.deepEqual(selection.wholeColumns, []);
});

test("in a table without rows columns are chosen all the same", () => {
  size = { rows: 0, columns: 4 };
  selection.selectColumn(1);
  selection.toggleColumn(3);
  assert.deepEqual(selection.wholeColumns, [1, 3]);
});

test("the preview of a fill covers its cells until it ends", () => {
  selection.previewFill({ top: 0, bottom: 5, left: 0, right: 0 });
  assert.equal(selection.willFill(5, 0), true);
  assert.equal(selection.willFill(6, 0), false);
  selection.previewFill(undefined);
  assert.equal(selection.willFill(5, 0), false);
});

test("after rows and columns are gone the active cell is inside again", () => {
  selection.move(9, 3);
  size = { rows: 4, columns: 2 };
  selection.clamp();
  assert.deepEqual(active(), [3, 1]);
});

test("a range that reached over rows that are gone becomes its active cell", () => {
  selection.select({ top: 1, bottom: 8, left: 0, right: 0 });
  size = { rows: 5, columns: 4 };
  selection.clamp();
  assert.deepEqual(selection.range, { top: 1, bottom: 1, left: 0, right: 0 });
});
