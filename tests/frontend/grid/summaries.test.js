/** What the lines below the grid count, and how they say it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { totals } from "../../../frontend/grid/foot/exact-sums.js";
import { numeralsIn } from "../../../frontend/grid/foot/selection-sums.js";
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
  assert.deepEqual(numeralsIn([row, empty], [text, number, http]), ["2.5", "4"]);
});

test("a value is shown with all of its digits", () => {
  assert.deepEqual([12345678901.55, 9007199254740991, 9007199254740993n, "0.1234567890123456789"].map(shownValue), [
    "12,345,678,901.55",
    "9,007,199,254,740,991",
    "9,007,199,254,740,993",
    "0.1234567890123456789",
  ]);
});

test("selected cells are added up to the last digit", () => {
  assert.deepEqual(totals(["0.1", "0.2"]), { sum: "0.3", average: "0.15" });
  assert.equal(totals(["9007199254740993", "1e3", "-.5"]).sum, "9007199254741992.5");
  assert.deepEqual(totals(["1", "1", "2"]), { sum: "4", average: 4 / 3 });
  assert.deepEqual(totals(["-0.05", "0.05"]), { sum: "0", average: "0" });
  assert.deepEqual(totals(["1.5e-7"]), { sum: "0.00000015", average: "0.00000015" });
});
