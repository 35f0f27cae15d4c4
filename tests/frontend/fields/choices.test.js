/** What the menu of references offers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { choices, NO_ANSWER } from "../../../frontend/fields/choices.js";

const value = (path, above, text) => ({ path, in: above, kind: "value", size: null, value: text });
const holder = (path, above, kind, size, text = "") => ({ path, in: above, kind, size, value: text });
const plain = (name, text) => ({
  name,
  type: "text",
  row: 0,
  example: { ...value("", "", text), type: "text", position: 0, fields: [] },
});
const PROFILE = {
  name: "Profile",
  type: "http",
  row: 0,
  example: {
    ...holder("", "", "object", 1),
    type: "http",
    position: 6,
    fields: [
      holder("data", "", "object", 3),
      value("data.city", "data", "Köln"),
      value('data["a.b"]', "data", "1"),
      holder("data.people", "data", "list", 2),
      holder("data.people[0]", "data.people", "object", 1),
      value("data.people[0].name", "data.people[0]", "Ann"),
      holder("data.people[*]", "data.people", "each", 2),
      holder("data.people[*].name", "data.people[*]", "each", 2, "Ann, Bob"),
    ],
  },
};
const NEW = {
  name: "New",
  type: "http",
  row: 0,
  example: { ...value("", "", ""), type: "http", position: null, fields: [] },
};
const ALL = [plain("Company", "Acme"), PROFILE, NEW];
const shown = (inside, filter, references = ALL) =>
  choices(references, inside, filter).map(({ label, detail }) => `${label}: ${detail}`);

test("columns show their value in the row, or how many fields they hold", () => {
  assert.deepEqual(shown(null, ""), ["Company: Acme", "Profile: 3 fields", `New: ${NO_ANSWER}`]);
  assert.equal(choices(ALL, null, "")[0].section, "Columns, with row 1");
});

test("a level has the fields directly inside, and passes through an object that is alone", () => {
  assert.deepEqual(shown({ name: "Profile", path: "" }, ""), [
    "data.city: Köln",
    'data["a.b"]: 1',
    "data.people: 2 items",
  ]);
  assert.deepEqual(shown({ name: "Profile", path: "data.people" }, ""), [
    "data.people[0]: 1 field",
    "data.people[*]: every one of 2",
  ]);
  assert.deepEqual(shown({ name: "Profile", path: "data.people[*]" }, ""), ["data.people[*].name: Ann, Bob"]);
});

test("what is typed filters over all levels", () => {
  assert.deepEqual(shown(null, "city"), ["data.city: Köln"]);
  assert.deepEqual(shown(null, "co"), ["Company: Acme"]);
  assert.deepEqual(shown({ name: "Profile", path: "" }, "name"), [
    "data.people[0].name: Ann",
    "data.people[*].name: Ann, Bob",
  ]);
  assert.deepEqual(shown(null, "nothing like it"), []);
});

test("a name and a dot offer the fields of the column", () => {
  assert.deepEqual(shown(null, "Profile."), ["data.city: Köln", 'data["a.b"]: 1', "data.people: 2 items"]);
  assert.deepEqual(shown(null, "Profile.data.c"), ["data.city: Köln"]);
  assert.deepEqual(shown(null, "Company."), []);
});

test("a column without an answer says so in place of its fields", () => {
  const [only] = choices(ALL, null, "New.");
  assert.deepEqual([only.label, only.text], [NO_ANSWER, undefined]);
});

test("what is not a column of the table has its kind and no heading, and the body of an answer has fields", () => {
  const [status, body] = choices(
    [
      { name: "status", type: "Answer" },
      { ...PROFILE, name: "body", row: undefined },
    ],
    null,
    "",
  );
  assert.deepEqual([status.detail, status.section, body.detail], ["Answer", "", "3 fields"]);
  assert.equal(choices([{ ...PROFILE, name: "body", row: undefined }], null, "body.")[0].section, "body, from row 7");
});

test("the reference of a field leads to it, and the heading says which row it is from", () => {
  const [city] = choices([...ALL, plain("Profile.data", "x")], { name: "Profile", path: "" }, "city");
  assert.deepEqual([city.text, city.section], ['Profile["data"].city', "Profile, from row 7"]);
  assert.equal(choices(ALL, null, "city")[0].text, "Profile.data.city");
});

test("what the filter found is marked", () => {
  assert.deepEqual(choices(ALL, null, "OMP")[0].match, [1, 4]);
});
