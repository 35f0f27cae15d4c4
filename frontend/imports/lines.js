/** Reads single lines out of a text file on this computer. */

import { encodingKey } from "./words.js";

/** Where the web's name differs from Python's. @type {Record<string, string>} */
const WEB_NAMES = {
  "utf-8-sig": "utf-8",
  "mac-roman": "macintosh",
  cp932: "shift_jis",
  cp949: "euc-kr",
  "utf-16": "utf-16le",
};

/** @param {string} encoding @returns {TextDecoderStream | null} null where the browser does not know it */
function decoderOf(encoding) {
  const key = encodingKey(encoding);
  try {
    return new TextDecoderStream(WEB_NAMES[key] ?? key.replace(/^cp(125\d)$/, "windows-$1"));
  } catch {
    return null; // a RangeError: no such label
  }
}

/**
 * Returns the lines from `first` to `last`, counted from 1; fewer at the end of the file.
 * @param {Blob} file @param {string} encoding @param {number} first @param {number} last
 * @returns {Promise<string[] | null>} null where the browser cannot decode the file
 */
export async function linesOf(file, encoding, first, last) {
  const decoder = decoderOf(encoding);
  if (!decoder) return null;
  const reader = file
    .stream()
    .pipeThrough(/** @type {any} */ (decoder))
    .getReader();
  /** @type {string[]} */
  const found = [];
  let [line, rest] = [1, ""];
  while (line <= last) {
    const { value, done } = await reader.read();
    const text = rest + (value ?? "");
    // A CR at the end of a piece may belong to an LF at the start of the next.
    const parts = text.split(done ? /\r\n|\r|\n/ : /\r\n|\r(?!$)|\n/);
    rest = done ? "" : (parts.pop() ?? "");
    for (const part of parts) if (line++ >= first && found.length <= last - first) found.push(part);
    if (done) return found;
  }
  await reader.cancel();
  return found;
}
