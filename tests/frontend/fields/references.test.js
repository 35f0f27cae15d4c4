/** References in the text of a field, by the rules of the server. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { findReferences, maskReferences, utf16Length, writeReference } from "../../../frontend/fields/references.js";

const namesIn = (text) => findReferences(text).map(({ name }) => name);

test("references are found with their place", () => {
  assert.deepEqual(findReferences("a {{ First name }}b"), [{ from: 2, to: 18, name: "First name" }]);
  assert.deepEqual(namesIn("{{A}}{{B}}"), ["A", "B"]);
});

test("the innermost braces count, and a reference is in one line", () => {
  assert.deepEqual(namesIn("{{{A}}}"), ["A"]);
  assert.deepEqual(namesIn("{{A {{B}}"), ["B"]);
  assert.deepEqual(namesIn("{{A\n}}"), []);
});

test("any name survives being written and found", () => {
  for (const name of ["Plain", "with } brace", "}}", "back\\slash", "ü 😀"]) {
    assert.deepEqual(namesIn(writeReference(name)), [name]);
  }
});

test("masked text has the same length and no references", () => {
  const text = '{"a": {{A}}, "b": "{{B b}}"}';
  const masked = maskReferences(text, "1");
  assert.equal(masked.length, text.length);
  assert.deepEqual(namesIn(masked), []);
  assert.doesNotThrow(() => JSON.parse(masked));
});

test("code points are converted to UTF-16 units", () => {
  assert.equal(utf16Length("a😀b", 2), 3);
  assert.equal(utf16Length("ab", 9), 2);
});
