/** The search of commands: what it finds, and in which order. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ranked } from "../../../frontend/ui/commands.js";

const commands = ["Import a file…", "Imports…", "Export", "Company", "Company: Sort ascending", "Sort"].map((text) => ({
  text,
  note: text.startsWith("Company") ? "Column" : "Table",
  run: () => {},
}));
const texts = (typed, recent) => ranked(commands, typed, recent).map(({ text }) => text);

test("what begins with the words that were typed comes first, then what has words that do", () => {
  assert.deepEqual(texts("sort"), ["Sort", "Company: Sort ascending"]);
  assert.deepEqual(texts("port"), ["Import a file…", "Imports…", "Export"]);
});

test("every word must be there, in the command or in its kind, in any order and case", () => {
  assert.deepEqual(texts("ASC company"), ["Company: Sort ascending"]);
  assert.deepEqual(texts("column company"), ["Company", "Company: Sort ascending"]);
  assert.deepEqual(texts("company nothing"), []);
});

test("with nothing typed, those that were used last come first and none is missing", () => {
  assert.deepEqual(texts("", ["Sort", "Gone", "Export"]).slice(0, 2), ["Sort", "Export"]);
  assert.equal(texts(" ", ["Sort"]).length, commands.length);
});

test("help comes after all that does something, however well it matches", () => {
  const help = { text: "Export", note: "Guide: Files", isHelp: true, run: () => {} };
  const found = ranked([help, ...commands], "port").map(({ note }) => note);
  assert.deepEqual(found, ["Table", "Table", "Table", "Guide: Files"]);
  assert.equal(ranked([help, ...commands], "export")[0].note, "Table");
});
