/** Columns in the order of a view. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inOrder } from "../../../frontend/grid/column-order.js";

const columns = [1, 2, 3, 4].map((id) => ({ id }));
const ids = (order) => inOrder(columns, order).map(({ id }) => id);

test("without an order of the view, columns stand as in the table", () => {
  assert.deepEqual(ids(null), [1, 2, 3, 4]);
});

test("a view has an order of its own, and deleted columns leave no gap", () => {
  assert.deepEqual(ids([4, 9, 2, 1, 3]), [4, 2, 1, 3]);
});

test("a column that the view does not know stands after its neighbor of the table", () => {
  assert.deepEqual(ids([4, 2, 1]), [4, 2, 3, 1]);
  assert.deepEqual(ids([4, 3]), [1, 2, 4, 3]);
});
