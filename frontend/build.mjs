/**
 * Bundles the scripts and styles of the pages into static/build, and the scripts of formulas into the sandbox; `--watch`
 * builds again on every change.
 */

import { mkdir, rm } from "node:fs/promises";
import * as formulajs from "@formulajs/formulajs";
import { context } from "esbuild";

const outdir = "static/build";
const sandbox = "enrichment/engine/sandbox/build";

const pages = await context({
  entryPoints: {
    app: "frontend/app.js",
    home: "frontend/home.js",
    panel: "frontend/panel.js",
    table: "frontend/table.js",
    trash: "frontend/trash.js",
    marl: "frontend/css/marl.css",
  },
  outdir,
  bundle: true,
  format: "esm",
  splitting: true,
  // A chunk's name changes with its content: browsers keep it for ever.
  chunkNames: "chunk-[hash]",
  target: ["es2023", "chrome123", "firefox125", "safari17.5"],
  minify: true,
  legalComments: "none",
  logLevel: "info",
});

// A script of the sandbox is one expression: what its module exports.
const formulas = await context({
  entryPoints: ["runtime", "check"].map((name) => `frontend/formulas/${name}.js`),
  outdir: sandbox,
  bundle: true,
  format: "cjs",
  platform: "neutral",
  mainFields: ["module", "main"],
  banner: { js: "(function(module){" },
  footer: { js: "return module.exports.default})({exports:{}})" },
  define: { SPREADSHEET_FUNCTIONS: JSON.stringify(Object.keys(formulajs).filter((name) => name !== "utils")) },
  target: "es2023",
  minify: true,
  legalComments: "none",
  logLevel: "info",
});

for (const folder of [outdir, sandbox]) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}
for (const build of [pages, formulas]) {
  if (process.argv.includes("--watch")) {
    await build.watch();
  } else {
    await build.rebuild();
    await build.dispose();
  }
}
