/** JSON set out in the cells of tall rows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { prettyJson } from "../../../frontend/grid/pretty-json.js";

const company = { name: "Acme", tags: ["a", 2], empty: {}, none: null };

test("a value is written as JSON sets it out", () => {
  assert.equal(prettyJson(company, 20), JSON.stringify(company, null, 2));
});

test("only the first lines are written, and it says that there are more", () => {
  assert.equal(prettyJson(company, 3), '{\n  "name": "Acme",\n…');
  const endless = Object.defineProperty({ first: 1, second: 2 }, "third", {
    enumerable: true,
    get: () => assert.fail("read beyond the lines that are shown"),
  });
  assert.equal(prettyJson(endless, 2), "{\n…");
});

test("integers of many digits stay as they are", () => {
  assert.equal(prettyJson({ id: 12345678901234567890n }, 5), '{\n  "id": 12345678901234567890\n}');
});
