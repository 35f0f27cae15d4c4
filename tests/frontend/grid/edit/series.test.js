/** What the corner of the selection fills in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { continueSeries } from "../../../../frontend/grid/edit/series.js";

/** The three values after the given ones. */
function next(...values) {
  const at = continueSeries(values);
  return [0, 1, 2].map((i) => at(values.length + i));
}

test("numbers go on by their step, up and down", () => {
  assert.deepEqual(next("1", "2"), ["3", "4", "5"]);
  assert.deepEqual(next("10", "5"), ["0", "-5", "-10"]);
});

test("decimals keep their places and do not drift", () => {
  assert.deepEqual(next("0.1", "0.2"), ["0.3", "0.4", "0.5"]);
  assert.deepEqual(next("1.10", "1.20"), ["1.30", "1.40", "1.50"]);
});

test("leading zeros are kept", () => {
  assert.deepEqual(next("0008", "0009"), ["0010", "0011", "0012"]);
});

test("names with a number go on by the number", () => {
  assert.deepEqual(next("Row 8", "Row 9"), ["Row 10", "Row 11", "Row 12"]);
});

test("a hyphen before a number is a sign only where it stands alone", () => {
  assert.deepEqual(next("INV-008", "INV-009"), ["INV-010", "INV-011", "INV-012"]);
  assert.deepEqual(next("A-2", "A-1"), ["A-0", "A-1", "A-2"]);
  assert.deepEqual(next("Level 0", "Level -1"), ["Level -2", "Level -3", "Level -4"]);
  assert.deepEqual(next("+8", "+9"), ["+10", "+11", "+12"]);
});

test("the last part of numbers with several points counts, not its decimals", () => {
  assert.deepEqual(next("10.0.0.8", "10.0.0.9"), ["10.0.0.10", "10.0.0.11", "10.0.0.12"]);
  assert.deepEqual(next("v1.2.9", "v1.2.10"), ["v1.2.11", "v1.2.12", "v1.2.13"]);
});

test("months go on into the next year", () => {
  assert.deepEqual(next("2026-11", "2026-12"), ["2027-01", "2027-02", "2027-03"]);
});

test("names that differ repeat", () => {
  assert.deepEqual(next("Row 1", "Line 2"), ["Row 1", "Line 2", "Row 1"]);
});

test("days go on across the end of a month and of a leap year's February", () => {
  assert.deepEqual(next("2024-02-27", "2024-02-28"), ["2024-02-29", "2024-03-01", "2024-03-02"]);
  assert.deepEqual(next("2026-01-01", "2026-01-08"), ["2026-01-15", "2026-01-22", "2026-01-29"]);
});

test("a single value repeats, even a number", () => {
  assert.deepEqual(next("7"), ["7", "7", "7"]);
  assert.deepEqual(next("2026-01-01"), ["2026-01-01", "2026-01-01", "2026-01-01"]);
});

test("an uneven series repeats", () => {
  assert.deepEqual(next("1", "2", "4"), ["1", "2", "4"]);
});

test("text and empty cells repeat in turn", () => {
  assert.deepEqual(next("a", ""), ["a", "", "a"]);
});

test("identifiers that are longer than numbers can be exact repeat", () => {
  assert.deepEqual(next("1000000000000001", "1000000000000002"), [
    "1000000000000001",
    "1000000000000002",
    "1000000000000001",
  ]);
});
