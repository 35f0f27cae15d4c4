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
