/** What the history of a cell says of a change. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOf } from "../../../frontend/details/edit-history.js";

const at = "2026-01-31T10:00:00Z";

test("a change says who made it, how where that is more than an edit, and when", () => {
  assert.match(wordsOf({ who: "sam@example.com", how: "edit", at, before: 1, after: 2 }), /^sam@example\.com · [^·]+$/);
  assert.match(wordsOf({ who: "Webhook", how: "add", at, before: null, after: 2 }), /^Webhook · with the row · /);
});
