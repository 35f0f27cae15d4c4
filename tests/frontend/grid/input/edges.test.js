/** Where Ctrl and an arrow lead. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeAcross, stepsToEdge } from "../../../../frontend/grid/input/edges.js";

const filled = (signs) => [...signs].map((sign) => sign === "x");

test("from a filled cell to the last one before a gap, over a gap to the next one", () => {
  assert.equal(stepsToEdge(true, filled("xx.x")), 2);
  assert.equal(stepsToEdge(true, filled("..x")), 3);
  assert.equal(stepsToEdge(false, filled("xx.")), 1);
  assert.equal(stepsToEdge(false, filled(".x")), 2);
  assert.equal(stepsToEdge(true, []), 0);
});

test("where there is no edge among the cells that were read, it is not known", () => {
  assert.equal(stepsToEdge(true, filled("xxx")), undefined);
  assert.equal(stepsToEdge(false, filled("...")), undefined);
});

test("across a row it stops at the first and the last column", () => {
  const columns = { list: [1, 2, 3, 4].map((id) => ({ id, type: "text" })) };
  const rows = { at: () => ({ cells: { 1: { value: "a" }, 3: { value: "c" }, 4: { value: "d" } } }) };
  const across = (column, step) => edgeAcross({ columns, rows }, { row: 0, column }, step);
  assert.deepEqual([across(0, 1), across(2, 1), across(3, -1), across(2, -1), across(0, -1)], [2, 3, 2, 0, 0]);
});
