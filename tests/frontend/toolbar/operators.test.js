/** The filters that a column offers, and their words. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isComplete,
  newFilter,
  operatorOf,
  operatorsBeside,
  operatorsOf,
  withOperator,
  wordsOf,
} from "../../../frontend/toolbar/operators.js";

const column = (type) => ({ id: 7, name: "Size", type });
const opsOf = (type) => operatorsOf(column(type)).map(({ op }) => op);
const change = (type, op, value) => withOperator(column(type), operatorOf(column(type), op), value);

test("each type has the tests that make sense for it", () => {
  assert.deepEqual(opsOf("text"), ["contains", "not_contains", "eq", "ne", "empty", "not_empty"]);
  assert.deepEqual(opsOf("number"), ["eq", "ne", "gt", "lt", "empty", "not_empty"]);
  assert.deepEqual(opsOf("date"), ["eq", "ne", "gt", "lt", "empty", "not_empty"]);
  assert.deepEqual(opsOf("checkbox"), ["eq", "ne"]);
});

test("a column of results is first filtered by its state", () => {
  for (const type of ["http", "formula", "extract"]) assert.equal(opsOf(type)[0], "state");
});

test("a new filter is complete only once it has the value it needs", () => {
  assert.deepEqual(newFilter(column("text")), { column: 7, op: "contains", value: "" });
  assert.equal(isComplete(newFilter(column("text"))), false);
  assert.deepEqual(newFilter(column("http")), { column: 7, op: "state", value: "done" });
  assert.equal(isComplete(newFilter(column("http"))), true);
  assert.equal(isComplete(change("text", "empty")), true);
});

test("another operator keeps the value that was typed", () => {
  assert.deepEqual(change("text", "eq", "abc"), { column: 7, op: "eq", value: "abc" });
});

test("a state is not mistaken for typed text, nor typed text for a state", () => {
  assert.deepEqual(change("http", "contains", "failed"), { column: 7, op: "contains", value: "" });
  assert.deepEqual(change("http", "state", "abc"), { column: 7, op: "state", value: "done" });
  assert.deepEqual(change("http", "state", "failed"), { column: 7, op: "state", value: "failed" });
});

test("an operator without a value drops the one before", () => {
  assert.deepEqual(change("text", "not_empty", "abc"), { column: 7, op: "not_empty" });
});

test("a checkbox is compared with ticked", () => {
  assert.deepEqual(change("checkbox", "ne"), { column: 7, op: "ne", value: true });
});

test("only a filter set by the list of errors offers its operator", () => {
  assert.equal(operatorsBeside(column("http"), "like")[0].op, "like");
  assert.ok(!operatorsBeside(column("http"), "eq").some(({ op }) => op === "like"));
});

test("filters are described in words", () => {
  assert.equal(wordsOf(column("text"), { op: "contains", value: "a" }), "Size contains a");
  assert.equal(wordsOf(column("number"), { op: "gt", value: "3" }), "Size > 3");
  assert.equal(wordsOf(column("date"), { op: "lt", value: "2026-01-01" }), "Size is before 2026-01-01");
  assert.equal(wordsOf(column("text"), { op: "empty" }), "Size is empty");
  assert.equal(wordsOf(column("checkbox"), { op: "eq", value: true }), "Size is ticked");
  assert.equal(wordsOf(column("http"), { op: "state", value: "unknown" }), "Size: May have been sent");
  assert.equal(wordsOf(column("http"), { op: "like", value: "7", message: "404 Not Found" }), "Size: 404 Not Found");
});
