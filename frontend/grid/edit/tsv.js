/** Tables as text, as spreadsheets copy them: tabs between cells, quotes around cells with tabs, quotes or line ends. */

/** Parses a table. @param {string} text @returns {string[][]} rows of cells */
export function parseTable(text) {
  /** @type {string[][]} */
  const table = [];
  if (!text) return table;
  /** @type {string[]} */
  let row = [];
  const cell = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\n|\r|$)/gy;
  for (let match = cell.exec(text); match; match = cell.exec(text)) {
    row.push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] !== "\t") {
      table.push(row);
      row = [];
      if (!match[3] || cell.lastIndex >= text.length) break;
    }
  }
  return table;
}

/** Writes a table. A last row that is one empty cell gets a line end, without which it would be none. @param {string[][]} table rows of cells */
export function formatTable(table) {
  const quoted = (/** @type {string} */ text) => (/["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = table.map((row) => row.map(quoted).join("\t"));
  return lines.at(-1) === "" ? `${lines.join("\n")}\n` : lines.join("\n");
}
