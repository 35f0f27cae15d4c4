/**
 * Bundles the scripts and styles of the pages into static/build, and the scripts of formulas into the sandbox; `--watch`
 * builds again on every change.
 */

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import * as formulajs from "@formulajs/formulajs";
import { context } from "esbuild";
import { ICONS } from "./ui/icon-names.js";

const outdir = "static/build";
const sandbox = "enrichment/engine/sandbox/build";

/**
 * The scripts of the pages, one for each, with all of its parts in it: two scripts on a page would have two of everything
 * that they share. Only those of one line share chunks: split by all that any two pages share, a page took thirteen requests.
 */
const PAGES = [
  { app: "frontend/app.js" },
  { home: "frontend/pages/home.js" },
  { passkeys: "frontend/pages/passkeys.js" },
  { trash: "frontend/pages/trash.js" },
  { table: "frontend/pages/table.js", connection: "frontend/pages/connection.js" },
];

/** @type {import("esbuild").BuildOptions} */
const FOR_BROWSERS = {
  outdir,
  bundle: true,
  target: ["es2023", "chrome123", "firefox125", "safari17.5"],
  minify: true,
  legalComments: "none",
  logLevel: "info",
};

const styles = await context({
  ...FOR_BROWSERS,
  entryPoints: { marl: "frontend/css/marl.css" },
  loader: { ".svg": "dataurl", ".woff2": "file" },
  assetNames: "[name]", // the static files' storage adds a hash
});

const pages = await Promise.all(
  PAGES.map((entryPoints) =>
    context({
      ...FOR_BROWSERS,
      entryPoints,
      format: "esm",
      splitting: true,
      // A chunk's name changes with its content: browsers keep it for ever.
      chunkNames: "chunk-[hash]",
    }),
  ),
);

// A script of the sandbox is one expression: what its module exports. The two libraries are by themselves, because to
// compile them takes longer than all the rest, and many formulas use neither.
const formulas = await context({
  entryPoints: ["runtime", "check", "lodash", "formulajs"].map((name) => `frontend/formulas/${name}.js`),
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

/** Writes one file with all icons, each a symbol of its own name. */
async function writeSprite() {
  const symbols = Object.entries(ICONS).map(async ([name, drawing]) => {
    const svg = await readFile(`node_modules/lucide-static/icons/${drawing}.svg`, "utf8");
    const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s+/g, " ").trim()}</symbol>`;
  });
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${(await Promise.all(symbols)).join("")}</svg>`;
  await writeFile(`${outdir}/icons.svg`, sprite);
}

for (const folder of [outdir, sandbox]) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}
await writeSprite();
for (const build of [styles, ...pages, formulas]) {
  if (process.argv.includes("--watch")) {
    await build.watch();
  } else {
    await build.rebuild();
    await build.dispose();
  }
}
