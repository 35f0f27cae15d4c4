import assert from "node:assert/strict";
import { test } from "node:test";
import { RowBlocks } from "../../../frontend/grid/row-blocks.js";

/** The rows of a block, whose ids are their indexes. @param {number} number @param {number} [count] */
const rowsOf = (number, count = 100) =>
  Array.from({ length: count }, (_, i) => ({ id: 100 * number + i, position: 100 * number + i, cells: {} }));

test("a row is found by its index and by its id", () => {
  const blocks = new RowBlocks();
  blocks.store(3, rowsOf(3), false);
  assert.equal(blocks.at(342)?.id, 342);
  assert.equal(blocks.byId(342)?.position, 342);
  assert.equal(blocks.at(400), undefined);
});

test("the block that was used longest ago is forgotten first, with its rows", () => {
  const blocks = new RowBlocks();
  for (let number = 0; number < 60; number += 1) blocks.store(number, rowsOf(number), false);
  blocks.touch(0);
  blocks.store(60, rowsOf(60), false);
  assert.equal(blocks.at(0)?.id, 0);
  assert.equal(blocks.at(100), undefined);
  assert.equal(blocks.byId(100), undefined);
});

test("what is in view stays until it is fetched again, and the rest is forgotten", () => {
  const blocks = new RowBlocks();
  blocks.store(0, rowsOf(0), false);
  blocks.store(1, rowsOf(1), false);
  blocks.expire([1]);
  assert.equal(blocks.at(0), undefined);
  assert.equal(blocks.at(100)?.id, 100);
  assert.equal(blocks.isFresh(1), false);
  blocks.store(1, rowsOf(1), false);
  assert.equal(blocks.isFresh(1), true);
});

test("a row is appended only right after the rows that are held", () => {
  const blocks = new RowBlocks();
  blocks.store(0, rowsOf(0, 2), false);
  blocks.append(3, { id: 7, position: 3, cells: {} });
  assert.equal(blocks.byId(7), undefined);
  blocks.append(2, { id: 8, position: 2, cells: {} });
  assert.equal(blocks.at(2)?.id, 8);
  blocks.append(100, { id: 9, position: 100, cells: {} });
  assert.deepEqual([blocks.at(100)?.id, blocks.isFresh(1)], [9, false]);
});
