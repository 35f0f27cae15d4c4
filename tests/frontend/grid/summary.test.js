import assert from "node:assert/strict";
import { test } from "node:test";
import { summary } from "../../../frontend/grid/summary.js";

test("an object shows its first values, those of its own before those inside it", () => {
  const company = { meta: { id: 7 }, name: "Acme", employees: 406, city: "Köln", zip: "50667" };
  assert.deepEqual(summary(company), ["Acme", "406", "Köln"]);
  assert.deepEqual(summary({ data: { id: "c_000274", tags: ["a"] } }), ["c_000274", "a"]);
});

test("empty values, yes and no are passed over while there is something else", () => {
  assert.deepEqual(summary({ ok: true, error: null, note: " ", name: "Acme" }), ["Acme"]);
  assert.deepEqual(summary({ ok: true, error: null }), ["Yes"]);
});

test("a list says how many items it has", () => {
  assert.deepEqual(summary([{ name: "Ada" }, { name: "Bo" }]), ["2 items", "Ada", "Bo"]);
  assert.deepEqual(summary([{ name: "Ada" }]), ["Ada"]);
  assert.deepEqual(summary([]), ["0 items"]);
});

test("a single value is shown as it is, in one line", () => {
  assert.deepEqual(summary("two\nlines"), ["two lines"]);
  assert.deepEqual(summary(123456789012345678901n), ["123456789012345678901"]);
  assert.deepEqual(summary(false), ["No"]);
  assert.deepEqual(summary(null), []);
});

test("a long text is cut, and says so", () => {
  assert.deepEqual(summary("a".repeat(300)), ["a".repeat(300)]);
  assert.deepEqual(summary("a".repeat(301)), [`${"a".repeat(300)}…`]);
});

test("an object without values says so", () => {
  assert.deepEqual(summary({}), ["{ }"]);
  assert.deepEqual(summary({ data: [], next: null }), ["No values in it"]);
});

test("a huge answer costs no more than a small one", () => {
  assert.deepEqual(summary({ flags: Array.from({ length: 1_000_000 }, () => null) }), ["No values in it"]);
});
