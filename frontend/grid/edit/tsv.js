/** Tables as text, as spreadsheets copy them: tabs between cells, quotes around what holds tabs, quotes or line ends. */

/** @param {string} text @returns {string[][]} rows of cells */
export function parseTable(text) {
  /** @type {string[][]} */
  const table = [];
  if (!text) return table;
  /** @type {string[]} */
  let row = [];
  const cell = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\n|\r|$)/gy;
  for (let found = cell.exec(text); found; found = cell.exec(text)) {
    row.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (found[3] !== "\t") {
      table.push(row);
      row = [];
      if (!found[3] || cell.lastIndex >= text.length) break;
    }
  }
  return table;
}

/** @param {string[][]} table */
export function formatTable(table) {
  const quoted = (/** @type {string} */ text) => (/["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return table.map((row) => row.map(quoted).join("\t")).join("\n");
}
