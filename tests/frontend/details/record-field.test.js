/** What a record says of a result. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { resultText } from "../../../frontend/details/record-field.js";

test("a result is written in full, whatever the grid leaves out", () => {
  const long = "word\n".repeat(100);
  assert.equal(resultText({ state: "done", value: long }), long);
  assert.equal(resultText({ state: "done", value: false }), "FALSE");
  assert.equal(resultText({ state: "done", value: "x".repeat(5000) }).length, 1001);
});

test("an object or a list is summed up, and what is no result says its state", () => {
  assert.equal(resultText({ state: "done", value: { city: "Utrecht", size: 4 } }), "Utrecht · 4");
  assert.equal(resultText({ state: "failed", value: null, error: { code: "http", message: "404" } }), "404");
  assert.equal(resultText({ state: "done", value: "old", stale: true }), "Out of date · old");
  assert.equal(resultText({ state: "empty", value: null }), "–");
});
