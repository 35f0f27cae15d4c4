/** What the operators of formulas do with empty cells and with numbers that are text. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  add,
  compare,
  contains,
  EmptyReference,
  equal,
  identical,
  isEmpty,
  need,
  text,
  truth,
} from "../../../frontend/formulas/operators.js";

test("empty are blank texts, empty lists and empty objects, but not 0 and false", () => {
  for (const value of [undefined, null, "", "  ", [], {}]) assert.equal(isEmpty(value), true, JSON.stringify(value));
  for (const value of [0, false, "a", [0], { a: 1 }, new Date(0)]) assert.equal(isEmpty(value), false, String(value));
});

test("text stays what it is when an empty cell is joined to it", () => {
  assert.equal(add("a", undefined), "a");
  assert.equal(add(null, "a"), "a");
  assert.equal(add("a", undefined, "b"), "ab");
  assert.equal(add("", 5), "5");
});

test("numbers are added, and nothing plus nothing is nothing", () => {
  assert.equal(add(1, 2, 3), 6);
  assert.equal(add("n: ", 1, 2), "n: 12");
  assert.equal(add(undefined, undefined), undefined);
});

test("inside backticks an empty cell is empty text, and 0 is 0", () => {
  assert.equal(text(undefined), "");
  assert.equal(text(null), "");
  assert.equal(text(0), 0);
});

test("a number equals its text, but not every text that JavaScript would convert", () => {
  assert.equal(equal("5", 5), true);
  assert.equal(identical(5, "5.0"), true);
  assert.equal(equal("0x10", 16), false);
  assert.equal(equal("05", 5), false);
  assert.equal(equal("", 0), false);
});

test("true equals its text in any case", () => {
  assert.equal(equal("TRUE", true), true);
  assert.equal(identical(false, " false "), true);
  assert.equal(equal("yes", true), false);
});

test("empty equals only empty", () => {
  assert.equal(equal(undefined, ""), true);
  assert.equal(identical(null, undefined), true);
  assert.equal(equal(undefined, 0), false);
  assert.equal(equal(false, ""), false);
});

test("texts of numbers are ordered as numbers, other texts as texts", () => {
  assert.equal(compare("9", "<", "10"), true);
  assert.equal(compare("b", ">", "a"), true);
  assert.equal(compare("9", "<", "1a"), false);
  assert.equal(compare(3, ">=", "3"), true);
  assert.equal(compare("4", "<=", 3), false);
});

test("nothing is smaller or larger than an empty cell", () => {
  for (const operator of ["<", ">", "<=", ">="]) {
    assert.equal(compare(undefined, operator, 1), false);
    assert.equal(compare(1, operator, ""), false);
  }
});

test("a list contains an item, and a text another text in any case", () => {
  assert.equal(contains([1, 2], "2"), true);
  assert.equal(contains(["ab"], "a"), false);
  assert.equal(contains("Example", "EXAM"), true);
  assert.equal(contains({ a: "B" }, "b"), true);
  assert.equal(contains(undefined, ""), false);
});

test("in a condition the text false is false", () => {
  assert.equal(truth(" False "), false);
  assert.equal(truth("falsehood"), "falsehood");
  assert.equal(truth(0), 0);
});

test("a member of an empty reference is an error that names the reference", () => {
  assert.equal(need(0, 3), 0);
  assert.throws(
    () => need(undefined, 3),
    (error) => error instanceof EmptyReference && error.slot === 3,
  );
});
