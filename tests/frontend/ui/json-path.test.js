/** Paths into JSON, which the server reads. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { joinPath } from "../../../frontend/ui/json-path.js";

test("plain names are joined by dots, list items are in brackets", () => {
  assert.equal(joinPath("", "a", false), "a");
  assert.equal(joinPath("a", "b", false), "a.b");
  assert.equal(joinPath("a", "0", true), "a[0]");
});

test("names that a path could misread are quoted", () => {
  for (const name of ["a.b", "a[0]", "", " a", "$x", 'say "x"', "back\\slash"]) {
    assert.equal(joinPath("top", name, false), `top[${JSON.stringify(name)}]`);
  }
});
