/** What the lines below the grid count, and how they say it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { numbersIn } from "../../../frontend/grid/foot/selection-sums.js";
import { kindsOf, shownValue, usualKind, wordOf } from "../../../frontend/grid/foot/summary-kinds.js";

const text = { id: 1, type: "text" };
const number = { id: 2, type: "number" };
const http = { id: 3, type: "http" };

test("a table says by itself how many rows it has, what numbers add up to, and how far results are", () => {
  assert.equal(usualKind(text, 0, 10), "rows");
  assert.deepEqual(
    [text, number, http].map((column) => usualKind(column, 1, 10)),
    ["none", "sum", "filled"],
  );
});

test("nothing is counted unasked in a large table", () => {
  assert.equal(usualKind(number, 1, 1_000_000), "none");
  assert.equal(usualKind(number, 0, 1_000_000), "rows");
});

test("dates have an earliest and a latest, checkboxes nothing to add up", () => {
  assert.equal(wordOf("min", { type: "date" }), "Earliest");
  assert.equal(wordOf("min", number), "Min");
  assert.ok(!kindsOf({ type: "date" }).includes("sum"));
  assert.ok(!kindsOf({ type: "checkbox" }).includes("max"));
});

test("a value is shown without the noise of binary fractions", () => {
  assert.deepEqual([0.1 + 0.2, 1234567.5, null, "2026-01-31"].map(shownValue), [
    "0.3",
    "1,234,567.5",
    "–",
    "2026-01-31",
  ]);
});

test("texts count in columns of numbers alone, so that a zip code adds nothing", () => {
  const row = { id: 1, position: 0, cells: { 1: { value: "10115" }, 2: { value: "2.5" }, 3: { value: 4 } } };
  const empty = { id: 2, position: 1, cells: { 1: { value: null }, 2: { value: "" }, 3: { value: { a: 1 } } } };
  assert.deepEqual(numbersIn([row, empty], [text, number, http]), [2.5, 4]);
});
