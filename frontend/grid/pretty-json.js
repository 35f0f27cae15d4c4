/** The first lines of a JSON value, set out one value to a line, without writing the rest of it. */

const LONGEST = 200; // characters of a value

/** @param {unknown} value @param {number} most lines; the last one is "…" where there are more @returns {string} */
export function prettyJson(value, most) {
  const lines = [];
  for (const line of linesOf(value, "", "", "")) {
    if (lines.length === most) return [...lines.slice(0, -1), "…"].join("\n");
    lines.push(line);
  }
  return lines.join("\n");
}

/** @param {unknown} value @param {string} indent @param {string} before the value in its line @param {string} after @returns {Generator<string>} */
function* linesOf(value, indent, before, after) {
  if (value === null || typeof value !== "object") return yield indent + before + scalarText(value) + after;
  const isList = Array.isArray(value);
  const keys = Object.keys(value);
  const [open, close] = isList ? "[]" : "{}";
  if (!keys.length) return yield indent + before + open + close + after;
  yield indent + before + open;
  for (const [index, key] of keys.entries()) {
    const name = isList ? "" : `${JSON.stringify(key)}: `;
    const comma = index < keys.length - 1 ? "," : "";
    yield* linesOf(/** @type {Record<string, unknown>} */ (value)[key], `${indent}  `, name, comma);
  }
  yield indent + close + after;
}

/** @param {unknown} value */
function scalarText(value) {
  const text = typeof value === "bigint" ? String(value) : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
