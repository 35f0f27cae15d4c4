/** The names that a formula can use. */

/** @type {string[]} */
const SPREADSHEET = SPREADSHEET_FUNCTIONS;

const JAVASCRIPT = `
  Array ArrayBuffer BigInt Boolean DataView Date Error Float64Array Infinity Int32Array JSON Map Math NaN Number
  Object Promise Proxy RangeError Reflect RegExp Set String Symbol SyntaxError TypeError URL URLSearchParams
  Uint8Array WeakMap WeakSet arguments atob btoa decodeURI decodeURIComponent encodeURI encodeURIComponent escape
  globalThis isFinite isNaN parseFloat parseInt undefined unescape
`;

export const KNOWN = new Set([...SPREADSHEET, ...JAVASCRIPT.trim().split(/\s+/), "_", "moment", "Clay"]);
