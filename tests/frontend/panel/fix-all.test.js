/** Several fixes of one text, made at once. */

import assert from "node:assert/strict";
import test from "node:test";
import { combined } from "../../../frontend/panel/fix-all.js";

const made = (/** @type {string} */ text, /** @type {{ offset: number, length: number, text: string }} */ edit) => {
  const points = [...text];
  points.splice(edit.offset, edit.length, edit.text);
  return points.join("");
};

test("several fixes become one, in whatever order they come", () => {
  const text = "😀 /Company of /City!";
  const company = { offset: 2, length: 8, text: "{{Company}}" };
  const city = { offset: 14, length: 5, text: "{{City}}" };
  for (const edits of [
    [company, city],
    [city, company],
  ]) {
    const edit = combined(text, edits);
    assert.ok(edit);
    assert.equal(made(text, edit), "😀 {{Company}} of {{City}}!");
  }
});

test("fixes that touch are left to be made one by one", () => {
  const edits = [
    { offset: 0, length: 2, text: "a" },
    { offset: 2, length: 0, text: "," },
  ];
  assert.equal(combined("xyz", edits), null);
  assert.equal(combined("", []), null);
});
