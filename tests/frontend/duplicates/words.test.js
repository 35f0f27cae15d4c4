/** What the dialog of duplicates says, and the column that it compares first. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { buttonWords, doneWords, likelyKey, moreWords, noneWords } from "../../../frontend/duplicates/words.js";

const columns = (...names) => names.map((name, id) => ({ id, name, type: name === "Size" ? "number" : "text" }));
const found = (groups, rows, shown) => ({ groups, rows, extra: rows - groups, items: Array(shown).fill({}) });

test("the address is compared first, or else the first text", () => {
  assert.equal(likelyKey(columns("Size", "Name", "Work e-mail", "Website"))?.name, "Work e-mail");
  assert.equal(likelyKey(columns("Size", "Name", "City"))?.name, "Name");
  assert.equal(likelyKey(columns("Size"))?.name, "Size");
  assert.equal(likelyKey([]), undefined);
});

test("the button counts, once there is something to merge", () => {
  assert.equal(buttonWords(found(1, 3, 1)), "Merge 1 group, delete 2 rows");
  assert.equal(buttonWords(found(0, 0, 0)), "Merge");
  assert.equal(buttonWords(null), "Merge");
});

test("what isn't shown is told", () => {
  assert.equal(moreWords(found(1_345, 3_000, 20)), "The first 20 of 1,345 groups are shown.");
  assert.equal(moreWords(found(20, 40, 20)), "");
  assert.equal(noneWords(columns("Name", "City")), "No duplicates in Name and City.");
});

test("the end is told in numbers", () => {
  assert.equal(doneWords({ merged: 1, deleted: 2, filled: 0 }), "Merged 1 group and deleted 2 rows.");
  assert.equal(
    doneWords({ merged: 2, deleted: 1_000, filled: 1 }),
    "Merged 2 groups, deleted 1,000 rows, and filled 1 cell.",
  );
  assert.match(doneWords({ merged: 0, deleted: 0, filled: 0 }), /^Nothing was merged/);
});
