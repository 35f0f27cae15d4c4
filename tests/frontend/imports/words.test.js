/** What the import says of a file. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  choiceWords,
  encodingName,
  endWords,
  progressWords,
  sizeWords,
  whereWords,
} from "../../../frontend/imports/words.js";

const where = (header, skipped = 0) =>
  whereWords({ has_header: header !== null, header_row: header, skip_lines: skipped }, "line");

test("the place of the header and what is above it", () => {
  assert.equal(where(1), "Header in line 1");
  assert.equal(where(2), "Header in line 2; line 1 is left out");
  assert.equal(where(3), "Header in line 3; lines 1 and 2 are left out");
  assert.equal(where(1200), "Header in line 1,200; lines 1 to 1,199 are left out");
  assert.equal(where(null, 2), "No header: columns are numbered; lines 1 and 2 are left out");
});

test("an encoding has one name, whichever way it is written", () => {
  for (const way of ["cp1252", "windows-1252", "Windows_1252"])
    assert.equal(encodingName(way), "Windows-1252, Western");
  assert.equal(encodingName("iso8859_15"), "ISO8859_15");
});

test("a sheet with its rows, and whether it is hidden", () => {
  assert.equal(choiceWords({ name: "Data", rows: 1, hidden: true }), "Data, 1 row, hidden");
  assert.equal(choiceWords({ name: "Data", rows: null, hidden: false }), "Data");
});

test("sizes and progress", () => {
  assert.equal(sizeWords(1), "1\u00a0kB");
  assert.equal(sizeWords(214_000), "214\u00a0kB");
  assert.equal(sizeWords(52_340_000), "52.3\u00a0MB");
  const running = { rows_done: 48_200, rows_total: 79_000, rows_per_second: 12_000.4, seconds_left: 3 };
  assert.equal(progressWords(running), "48,200 of 79,000 rows · 12,000 rows a second · 3\u00a0s left");
  assert.equal(progressWords({ rows_done: 5, rows_total: null, rows_per_second: null, seconds_left: null }), "5 rows");
  const again = progressWords({ ...running, rows_done: 0, rows_per_second: null, seconds_left: null, restarts: 1 });
  assert.equal(again, "Goes on after its worker stopped · 0 of 79,000 rows");
});

test("an end says what was added, and the rest only where there is any", () => {
  assert.equal(endWords({ added: 0 }), "0 rows added");
  assert.equal(endWords({ added: 1, updated: 1098, rejected: 2 }), "1 row added, 1,098 updated, 2 not imported");
});
