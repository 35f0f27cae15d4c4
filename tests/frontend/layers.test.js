/** Holds the order of the folders: a module imports from its own folder and from those below it, and never in a circle. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** From the lowest to the highest; the folders of one line know nothing of each other. "." holds what starts the parts of pages. */
const LAYERS = [
  ["ui", "formulas"],
  ["grid", "fields"],
  ["answers", "grid/edit", "runs", "recipes", "toolbar", "imports", "exports", "settings"],
  ["grid/head", "grid/foot", "grid/input", "details", "sample", "panel", "home", "duplicates"],
  ["commands", "long-work"],
  ["."],
  ["pages"],
];

const ROOT = fileURLToPath(new URL("../../frontend", import.meta.url));
const STATIC = /^(?:import|export)\b(?:[^;"]*\bfrom)? "(\.{1,2}\/[^"]+)"/gm;
const TYPE_OR_LAZY = /\bimport\("(\.{1,2}\/[^"]+)"\)/g;

/** The modules that a file names, as paths from the root. */
function imports(file, pattern) {
  const names = [...readFileSync(path.join(ROOT, file), "utf8").matchAll(pattern)].map((match) => match[1]);
  return names.map((name) => path.join(path.dirname(file), name));
}

const modules = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.[jt]s$/.test(name))
  .sort();
const folderOf = (file) => path.dirname(file);
const layerOf = (folder) => LAYERS.findIndex((folders) => folders.includes(folder));

test("every folder has its place in the order", () => {
  assert.ok(modules.length > 80, "the modules are found");
  assert.deepEqual([...new Set(modules.map(folderOf))].sort(), LAYERS.flat().sort());
});

test("every import names a module that exists", () => {
  const named = modules.flatMap((file) => [...imports(file, STATIC), ...imports(file, TYPE_OR_LAZY)]);
  assert.ok(named.length > 300, "the imports are found");
  assert.deepEqual(
    named.filter((name) => !existsSync(path.join(ROOT, name))),
    [],
  );
});

test("imports, of values and of types, point downward", () => {
  const upward = modules.flatMap((file) => {
    const named = [...imports(file, STATIC), ...imports(file, TYPE_OR_LAZY)];
    const others = named.filter((name) => folderOf(name) !== folderOf(file));
    return others
      .filter((name) => layerOf(folderOf(name)) >= layerOf(folderOf(file)))
      .map((name) => `${file} → ${name}`);
  });
  assert.deepEqual(upward, []);
});

test("no module imports itself by way of others", () => {
  const below = new Map(modules.map((file) => [file, file.endsWith(".ts") ? [] : imports(file, STATIC)]));
  const done = new Set();
  const visit = (file, above) => {
    assert.ok(!above.includes(file), [...above.slice(above.indexOf(file)), file].join(" → "));
    if (done.has(file)) return;
    for (const next of below.get(file) ?? []) visit(next, [...above, file]);
    done.add(file);
  };
  for (const file of modules) visit(file, []);
});
