import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ICONS } from "../../../frontend/ui/icon-names.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const GLYPHS = /[✕✖☰▶▸▾▼▲‹⌄⋯→←↑↓☑✎]/u;

const templates = readdirSync(path.join(ROOT, "templates"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".html"))
  .map((name) => [name, readFileSync(path.join(ROOT, "templates", name), "utf8")]);

test("every icon has a drawing", () => {
  const missing = Object.values(ICONS).filter(
    (drawing) => !existsSync(path.join(ROOT, "node_modules/lucide-static/icons", `${drawing}.svg`)),
  );
  assert.deepEqual(missing, []);
});

test("templates name icons that exist", () => {
  const named = templates.flatMap(([, text]) => [...text.matchAll(/\{% icon "([^"]+)" %\}/g)].map((match) => match[1]));
  assert.ok(named.length > 5, "the icons are found");
  assert.deepEqual(
    named.filter((name) => !(name in ICONS)),
    [],
  );
});

test("no template draws a sign with a character of the font", () => {
  assert.deepEqual(
    templates.filter(([, text]) => GLYPHS.test(text)).map(([name]) => name),
    [],
  );
});
