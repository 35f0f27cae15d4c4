/**
 * What the import says of a file, in words.
 *
 * @typedef {import("./types.d.ts").Preview} Preview
 * @typedef {import("./types.d.ts").Choice} Choice
 * @typedef {import("./types.d.ts").Import} Import
 */

import { durationText, formatNumber, plural } from "../ui/format.js";

/** @type {[string, string][]} */
export const DELIMITERS = [
  [",", "Comma"],
  [";", "Semicolon"],
  ["\t", "Tab"],
  ["|", "Pipe |"],
  [":", "Colon"],
  [" ", "Space"],
];

/** @type {[string, string][]} */
export const QUOTES = [
  ['"', 'Double "'],
  ["'", "Single '"],
  ["", "None"],
];

/** Those that can be chosen where they are not among the likely ones. */
export const ENCODINGS = [
  "utf-8",
  "utf-16",
  "cp1252",
  "cp1250",
  "cp1251",
  "cp1253",
  "cp1254",
  "cp1255",
  "cp1256",
  "cp1257",
  "cp1258",
  "mac_roman",
  "iso8859-15",
  "koi8-r",
  "shift_jis",
  "gb18030",
  "big5",
  "euc_kr",
];

/** @type {Record<string, string>} */
const ENCODING_NAMES = {
  "utf-8": "UTF-8",
  "utf-8-sig": "UTF-8",
  "utf-16": "UTF-16",
  cp1250: "Windows-1250, Central European",
  cp1251: "Windows-1251, Cyrillic",
  cp1252: "Windows-1252, Western",
  cp1253: "Windows-1253, Greek",
  cp1254: "Windows-1254, Turkish",
  cp1255: "Windows-1255, Hebrew",
  cp1256: "Windows-1256, Arabic",
  cp1257: "Windows-1257, Baltic",
  cp1258: "Windows-1258, Vietnamese",
  "mac-roman": "Mac Roman",
  "shift-jis": "Shift JIS, Japanese",
  cp932: "Shift JIS, Japanese",
  gb18030: "GB 18030, Chinese",
  big5: "Big5, Chinese",
  "euc-kr": "EUC-KR, Korean",
  cp949: "EUC-KR, Korean",
  cp437: "DOS 437",
  cp850: "DOS 850, Western",
  cp852: "DOS 852, Central European",
  cp866: "DOS 866, Cyrillic",
  "mac-latin2": "Mac, Central European",
  "mac-cyrillic": "Mac, Cyrillic",
  "koi8-r": "KOI8-R, Cyrillic",
  "koi8-u": "KOI8-U, Ukrainian",
};

/** The encoding as its first name in Python's list, whatever way it is written. @param {string} encoding */
export const encodingKey = (encoding) =>
  encoding
    .toLowerCase()
    .replaceAll("_", "-")
    .replace(/^windows-/, "cp");

/** @param {string} encoding */
export const encodingName = (encoding) => ENCODING_NAMES[encodingKey(encoding)] ?? encoding.toUpperCase();

/** Whether the line that holds the names can be chosen: records carry theirs with them. @param {string} filename */
export const hasLines = (filename) => !/\.(jsonl?|ndjson|parquet)$/i.test(filename);

/** @param {string} filename */
export const unitOf = (filename) => (/\.(csv|tsv|txt)$/i.test(filename) ? "line" : "row");

/** "Header in line 3; lines 1 and 2 are left out" @param {Preview} preview @param {string} unit line or row */
export function whereWords({ has_header: hasHeader, header_row: header, skip_lines: skipped }, unit) {
  const head = hasHeader ? `Header in ${unit} ${formatNumber(header ?? 1)}` : "No header: columns are numbered";
  const above = hasHeader && header ? header - 1 : skipped;
  return above > 0 ? `${head}; ${leftOut(above, unit)}` : head;
}

/** @param {number} number @param {string} unit */
function leftOut(number, unit) {
  if (number === 1) return `${unit} 1 is left out`;
  return `${unit}s 1 ${number === 2 ? "and" : "to"} ${formatNumber(number)} are left out`;
}

/** What is no list of its own in a JSON file. @type {Record<string, string>} */
const LIST_NAMES = { "": "The whole file", $: "The object as one row", $columns: "Its lists as columns" };

/** "Customers, 1,204 rows, hidden" @param {Choice} choice */
export function choiceWords({ name, rows, hidden }) {
  const parts = [LIST_NAMES[name] ?? name, rows === null ? "" : plural(rows, "row"), hidden ? "hidden" : ""];
  return parts.filter(Boolean).join(", ");
}

/** "214 kB" @param {number} bytes */
export function sizeWords(bytes) {
  const [size, unit] = bytes < 1e6 ? [Math.ceil(bytes / 1e3), "kB"] : [Math.round(bytes / 1e5) / 10, "MB"];
  return `${formatNumber(size)}\u00a0${unit}`;
}

/** "48,200 of 79,000 rows · 12,000 rows a second · 3 s left" @param {Import} running */
export function progressWords(running) {
  const { rows_done: done, rows_total: total, rows_per_second: rate, seconds_left: left, restarts } = running;
  const parts = [total ? `${formatNumber(done)} of ${plural(total, "row")}` : plural(done, "row")];
  if (restarts) parts.unshift("Goes on after its worker stopped");
  if (rate) parts.push(`${plural(Math.round(rate), "row")} a second`);
  if (typeof left === "number") parts.push(`${durationText(left)} left`);
  return parts.join(" · ");
}

/** "204 added, 1,098 updated, 12 skipped, 1 not imported" @param {Import} ended */
export function endWords({ added = 0, updated = 0, skipped = 0, rejected = 0 }) {
  /** @type {[number, string][]} */
  const parts = [
    [added, "added"],
    [updated, "updated"],
    [skipped, "skipped"],
    [rejected, "not imported"],
  ];
  const told = parts.filter(([number], index) => number || index === 0);
  return told
    .map(([number, word], index) => `${index ? formatNumber(number) : plural(number, "row")} ${word}`)
    .join(", ");
}

/** "120,000 of 1,000,000 rows" @param {Pick<Import, "undo">} import */
export const undoneWords = ({ undo }) =>
  `${formatNumber(undo?.rows_done ?? 0)} of ${plural(undo?.rows_total ?? 0, "row")}`;
