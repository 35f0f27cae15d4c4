/** The tables that spreadsheets put on the clipboard. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable, parseTable } from "../../../../frontend/grid/edit/tsv.js";

test("cells are separated by tabs and rows by any line end", () => {
  assert.deepEqual(parseTable("a\tb\nc\td"), [
    ["a", "b"],
    ["c", "d"],
  ]);
  assert.deepEqual(parseTable("a\r\nb\rc"), [["a"], ["b"], ["c"]]);
});

test("the line end that spreadsheets put after the last row adds no row", () => {
  assert.deepEqual(parseTable("a\tb\r\n"), [["a", "b"]]);
});

test("an empty line between rows is a row with an empty cell", () => {
  assert.deepEqual(parseTable("a\n\nb"), [["a"], [""], ["b"]]);
});

test("empty cells at the edges are kept", () => {
  assert.deepEqual(parseTable("\ta\t"), [["", "a", ""]]);
});

test("a quoted cell may hold tabs, line ends and doubled quotes", () => {
  assert.deepEqual(parseTable('"a\tb"\t"two\r\nlines"\t"say ""hi"""'), [["a\tb", "two\r\nlines", 'say "hi"']]);
});

test("a quote inside a cell, or one without an end, is text", () => {
  assert.deepEqual(parseTable('5" pipe\tx'), [['5" pipe', "x"]]);
  assert.deepEqual(parseTable('"open\tx'), [['"open', "x"]]);
  assert.deepEqual(parseTable('"a" b\tx'), [['"a" b', "x"]]);
});

test("nothing is no table", () => {
  assert.deepEqual(parseTable(""), []);
});

test("only cells that need quotes get them", () => {
  assert.equal(formatTable([["plain", "a\tb"], ["two\nlines"], ['"']]), 'plain\t"a\tb"\n"two\nlines"\n""""');
});

test("a table survives being written and read", () => {
  const table = [
    ["a", 'b "c"', ""],
    ["d\te", "f\r\ng", "ü 😀"],
  ];
  assert.deepEqual(parseTable(formatTable(table)), table);
});

test("empty cells at the end survive, too", () => {
  for (const table of [
    [[""]],
    [["a"], [""]],
    [[""], [""]],
    [
      ["a", "b"],
      ["", ""],
    ],
  ]) {
    assert.deepEqual(parseTable(formatTable(table)), table);
  }
});
