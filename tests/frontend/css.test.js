import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const FOLDER = "frontend/css";
const sheets = readdirSync(FOLDER).map((name) => ({ name, css: readFileSync(`${FOLDER}/${name}`, "utf8") }));

/** Lines of all sheets that a pattern matches, with their places. @param {RegExp} pattern */
const linesWith = (pattern) =>
  sheets.flatMap(({ name, css }) =>
    css.split("\n").flatMap((line, at) => (pattern.test(line) ? [`${name}:${at + 1} ${line.trim()}`] : [])),
  );

// What :has() looks for in the siblings of elements, or inside of what holds the grid, makes Chromium find the style of
// all cells anew for every row that scrolls by: it doubled the work of a frame.
test("no rule asks what stands beside an element", () => {
  assert.deepEqual(linesWith(/:has\([^)]*[+~]/), []);
});

test("no rule asks what is inside of the grid's parts, or of what holds them", () => {
  assert.deepEqual(
    linesWith(/\.(work|stage|grid|sheet|line|c|n)\b[^,{]*:has\(|\b(body|main)\S*:has\(|:has\(\.editor/),
    [],
  );
});
