/** Where the menu of references opens. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openingAt } from "../../../frontend/fields/openings.js";

const at = (before, kind = "value", after = "") => openingAt(before, after, kind);
const URL = "https://crm.example";

test("a slash opens it where a word may begin, and takes the place of the slash", () => {
  for (const before of ["/com", '{"a": "/com', "Bearer /com", `${URL}?domain=/com`])
    assert.deepEqual(at(before, "url"), { from: before.length - 4, typed: before.length - 3 }, before);
  for (const before of ["https:/", "https://", "application/json", '"/com" ']) assert.equal(at(before), null, before);
});

test("a slash of a path stays, and nothing is selected by itself", () => {
  assert.deepEqual(at(`${URL}/com`, "url"), { from: 20, typed: 20, inPath: true });
  assert.equal(at(`${URL}/com`, "url", "/more"), null);
  assert.equal(at(`${URL}/com`, "value"), null);
});

test("a second slash in a path is there for the menu alone", () => {
  assert.deepEqual(at(`${URL}/contacts//Cre`, "url"), { from: 29, typed: 30 });
  assert.equal(at("https:///", "url"), null);
});

test("braces and a dot after a reference open it, too", () => {
  assert.deepEqual(at("a {{Pro"), { from: 2, typed: 4, inBraces: true });
  assert.deepEqual(at("a {{Profile.ci"), { from: 2, typed: 4, inBraces: true });
  assert.deepEqual(at("a {{Profile}}.da"), { from: 2, typed: 14, inside: "Profile" });
  assert.equal(at("a {{Profile}} .da"), null);
});
