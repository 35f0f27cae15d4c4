/** The names that a formula can use, and how functions are called. */

import functions from "./functions.js";

/** Functions of spreadsheets that Formula.js lacks. */
const OURS = `
  COALESCE CONTAINS DOMAIN ENCODEURL FILTER ISEMAIL ISURL JOIN REGEXEXTRACT REGEXMATCH REGEXREPLACE SPLIT TEXTAFTER
  TEXTBEFORE XLOOKUP
`;

/** @type {string[]} */
const SPREADSHEET = SPREADSHEET_FUNCTIONS;

const JAVASCRIPT = `
  Array ArrayBuffer BigInt Boolean DataView Date Error Float64Array Infinity Int32Array JSON Map Math NaN Number
  Object Promise Proxy RangeError Reflect RegExp Set String Symbol SyntaxError TypeError URL URLSearchParams
  Uint8Array WeakMap WeakSet arguments atob btoa decodeURI decodeURIComponent encodeURI encodeURIComponent escape
  globalThis isFinite isNaN parseFloat parseInt undefined unescape
`;

export const KNOWN = new Set([
  ...SPREADSHEET,
  ...[OURS, JAVASCRIPT].flatMap((names) => names.trim().split(/\s+/)),
  "_",
  "moment",
  "Clay",
]);

/** How many values a documented function takes: the fewest and the most. @type {Map<string, {signature: string, least: number, most: number}>} */
export const SIGNATURES = new Map(
  functions.flatMap((group) =>
    group.functions.map(({ name, signature }) => {
      const values = signature
        .slice(name.length + 1, -1)
        .split(", ")
        .filter(Boolean);
      const isOpen = values.includes("…");
      const needed = values.filter((value) => value !== "…" && !value.startsWith("["));
      return [name, { signature, least: needed.length, most: isOpen ? Infinity : values.length }];
    }),
  ),
);
