/** When an @ opens the list of members, and whom it lists. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { matching, nameBegun } from "../../../frontend/details/mention-menu.js";

test("an @ begins a name at the start of a word", () => {
  assert.equal(nameBegun("@"), "");
  assert.equal(nameBegun("ask @Sa"), "Sa");
  assert.equal(nameBegun("(@Sam Sm"), "Sam Sm");
});

test("no other @ does", () => {
  for (const text of ["sam", "sam@example", "@ sam", "@sam\nnext line", `@${"x".repeat(41)}`])
    assert.equal(nameBegun(text), undefined);
});

test("names and addresses are looked through, and those that begin so come first", () => {
  const members = ["Rosam", "Sam", "Kim"].map((name, user_id) => ({ user_id, name, mention: name }));
  members.push({ user_id: 9, name: "Lee", mention: "sammy@example.com" });
  assert.deepEqual(
    matching(members, "SAM").map(({ name }) => name),
    ["Sam", "Lee", "Rosam"],
  );
  assert.deepEqual(matching(members, "nobody"), []);
  assert.equal(matching(members, "").length, 4);
});
