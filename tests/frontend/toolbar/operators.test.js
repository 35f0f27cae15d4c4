/** The filters that a column offers, and their words. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  filterLike,
  isComplete,
  newFilter,
  operatorOf,
  operatorsBeside,
  operatorsOf,
  withOperator,
  wordsOf,
  wordsOfItem,
} from "../../../frontend/toolbar/operators.js";

const column = (type) => ({ id: 7, name: "Size", type });
const opsOf = (type) => operatorsOf(column(type)).map(({ op }) => op);
const change = (type, op, value) => withOperator(column(type), operatorOf(column(type), op), value);

test("each type has the tests that make sense for it", () => {
  const texts = ["contains", "not_contains", "eq", "ne", "one_of", "not_one_of", "starts_with", "ends_with"];
  const sizes = ["gt", "gte", "lt", "lte", "between"];
  assert.deepEqual(opsOf("text"), [...texts, "empty", "not_empty"]);
  assert.deepEqual(opsOf("number"), ["eq", "ne", ...sizes, "one_of", "not_one_of", "empty", "not_empty"]);
  assert.deepEqual(opsOf("date"), ["eq", "ne", ...sizes, "empty", "not_empty"]);
  assert.deepEqual(opsOf("checkbox"), ["eq", "ne"]);
});

test("a column of results is first filtered by its state", () => {
  for (const type of ["http", "formula", "extract"]) assert.equal(opsOf(type)[0], "state");
});

test("a new filter is complete only once it has the value it needs", () => {
  assert.deepEqual(newFilter(column("text")), { column: 7, op: "contains", value: "" });
  assert.equal(isComplete(column("text"), newFilter(column("text"))), false);
  assert.deepEqual(newFilter(column("http")), { column: 7, op: "state", value: "done" });
  assert.equal(isComplete(column("http"), newFilter(column("http"))), true);
  assert.equal(isComplete(column("text"), change("text", "empty")), true);
  assert.equal(isComplete(column("number"), change("number", "gte", "-")), false);
  assert.equal(isComplete(column("number"), change("number", "gte", "-.5")), true);
  assert.equal(isComplete(column("number"), { column: 7, op: "between", value: ["1", ""] }), false);
  assert.equal(isComplete(column("text"), { column: 7, op: "one_of", value: [] }), false);
});

test("another operator keeps the value that was typed", () => {
  assert.deepEqual(change("text", "one_of", "abc"), { column: 7, op: "one_of", value: ["abc"] });
  assert.deepEqual(change("text", "contains", ["abc", "d"]), { column: 7, op: "contains", value: "abc" });
  assert.deepEqual(change("number", "between", "5"), { column: 7, op: "between", value: ["5", ""] });
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
  assert.equal(wordsOf(column("number"), { op: "between", value: ["3", "5"] }), "Size is between 3 and 5");
  const many = { op: "one_of", value: ["a", "b", "c", "d", "e"] };
  assert.equal(wordsOf(column("text"), many), "Size is one of a, b, c + 2");
  assert.equal(wordsOf(column("date"), { op: "lt", value: "2026-01-01" }), "Size is before 2026-01-01");
  assert.equal(wordsOf(column("text"), { op: "empty" }), "Size is empty");
  assert.equal(wordsOf(column("checkbox"), { op: "eq", value: true }), "Size is ticked");
  assert.equal(wordsOf(column("http"), { op: "state", value: "unknown" }), "Size: May have been sent");
  assert.equal(wordsOf(column("http"), { op: "like", value: "7", message: "404 Not Found" }), "Size: 404 Not Found");
  assert.equal(wordsOf(column("text"), { op: "listed", value: "t", message: "“A” can't send" }), "“A” can't send");
});

test("groups are described with and and or", () => {
  const [a, b] = ["a", "b"].map((value) => ({ column: 7, op: "eq", value }));
  const byId = () => column("text");
  assert.equal(wordsOfItem({ any: [a, { all: [a, b] }] }, byId), "Size is a or (Size is a and Size is b)");
});

test("the filter of a cell finds cells like it", () => {
  assert.deepEqual(filterLike(column("text"), { value: "a" }), { column: 7, op: "eq", value: "a" });
  assert.deepEqual(filterLike(column("text"), { value: null }), { column: 7, op: "empty" });
  assert.deepEqual(filterLike(column("checkbox"), { value: null }), { column: 7, op: "ne", value: true });
  const failed = { value: null, state: "failed" };
  assert.deepEqual(filterLike(column("http"), failed), { column: 7, op: "state", value: "failed" });
});
