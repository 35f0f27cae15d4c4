import assert from "node:assert/strict";
import { test } from "node:test";

import { named } from "../../../frontend/settings/members-dialog.js";

const people = [
  { user_id: 1, name: "Kim Park", email: "kim@example.com" },
  { user_id: 2, name: "Sam", email: "sam@example.com" },
  { user_id: 3, name: "Sam", email: "sam@example.org" },
  { user_id: 4, name: "lee@example.com", email: "lee@example.com" },
];

test("a name or an address names somebody, whatever its case", () => {
  for (const text of ["Kim Park", " kim park ", "KIM@example.com"]) assert.equal(named(people, text)?.user_id, 1);
  assert.equal(named(people, "lee@example.com")?.user_id, 4);
});

test("a name of several people, or of nobody, names none", () => {
  for (const text of ["Sam", "Kim", "", "nobody@example.com"]) assert.equal(named(people, text), undefined);
  assert.equal(named(people, "sam@example.org")?.user_id, 3);
});
