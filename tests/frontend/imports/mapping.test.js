/** Where the columns of a file go. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Mapping, waysOf } from "../../../frontend/imports/mapping.js";

const COLUMNS = [
  { id: 7, name: "Company", type: "text" },
  { id: 8, name: "Employees", type: "number" },
  { id: 9, name: "Profile", type: "http" },
];
const guess = (from, to, type, isNew = false) => ({ from, to, type, is_new: isNew, values: ["x"] });
const read = (...guesses) => {
  const mapping = new Mapping(COLUMNS);
  mapping.read(guesses);
  return mapping;
};

test("a guess is a column of the table, a new one, or nothing", () => {
  const { json, summary } = read(
    guess("Company", 7, "text"),
    guess("City", "City", "text", true),
    guess("P", null, "text"),
  );
  assert.deepEqual(json, [
    { from: "Company", to: 7, type: "text" },
    { from: "City", to: "City", type: "text", is_new: true },
    { from: "P", to: null, type: null },
  ]);
  assert.equal(summary, "1 found in the table, 1 new, 1 left out");
});

test("a column of the table keeps its type, whatever the file looks like, but takes the way its values are written", () => {
  assert.equal(read(guess("Company", 7, "number")).entries[0].type, "text");
  assert.equal(read(guess("Employees", 8, "number:comma")).entries[0].type, "number:comma");
});

test("a column that fills itself is none that a file can go into", () => {
  assert.deepEqual(
    new Mapping(COLUMNS).columns.map(({ id }) => id),
    [7, 8],
  );
});

test("what was chosen by hand outlives another reading of the file", () => {
  const mapping = read(guess("City", "City", "text", true));
  mapping.choose(mapping.entries[0], { name: "Town" });
  mapping.read([guess("Other", "Other", "text", true), guess("City", "City", "date:dmy", true)]);
  assert.deepEqual(
    mapping.json.map(({ to }) => to),
    ["Other", "Town"],
  );
  assert.equal(mapping.json[1].type, "date:dmy");
  assert.ok(mapping.isChanged);
});

test("a choice of a column gives its type", () => {
  const mapping = read(guess("Staff", "Staff", "text", true));
  mapping.choose(mapping.entries[0], { goes: 8 });
  assert.deepEqual(mapping.json, [{ from: "Staff", to: 8, type: "number" }]);
});

test("two columns cannot go into one, nor have one name, nor none", () => {
  const mapping = read(guess("A", 7, "text"), guess("B", 7, "text"), guess("C", "Employees", "text", true));
  assert.deepEqual(
    mapping.entries.map((entry) => mapping.problemOf(entry)),
    ["Another column goes here too.", "Another column goes here too.", "Another column has this name."],
  );
  mapping.choose(mapping.entries[2], { name: " " });
  assert.equal(mapping.problemOf(mapping.entries[2]), "Give the column a name.");
});

test("numbers and dates can be written in several ways, texts in one", () => {
  assert.deepEqual(
    waysOf("number").map(([key]) => key),
    ["number", "number:comma", "number:dot"],
  );
  assert.equal(waysOf("date").length, 4);
  assert.equal(waysOf("text").length, 1);
});

test("a column is kept as text: a new one by its type, one of the table by becoming text", () => {
  const mapping = read(guess("Staff", "Staff", "number", true), guess("Employees", 8, "number"));
  assert.deepEqual(
    mapping.entries.map((entry) => mapping.keepAsText(entry)),
    [false, true],
  );
  assert.deepEqual(mapping.json, [
    { from: "Staff", to: "Staff", type: "text", is_new: true },
    { from: "Employees", to: 8, type: "number", as_text: true },
  ]);
  mapping.choose(mapping.entries[1], { goes: 7 });
  assert.equal(mapping.json[1].as_text, undefined);
});
