/**
 * Events of the document by which one part of the page asks another for something without importing it.
 *
 * @typedef {import("./types.d.ts").Column} Column
 */

/** @param {string} name @param {unknown} detail */
const send = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

/** Opens an address in the side panel. @param {string} url */
export const openPanel = (url) => send("marl:open-panel", { url });

/** The pages of settings, but for HTTP columns. @type {Partial<Record<import("./types.d.ts").ColumnType, string>>} */
const SETTINGS = { formula: "formula", extract: "formula", lookup: "lookup" };

/** Opens the settings of a column in the side panel. @param {Column} column @param {number} [row] that it shows, from 1 */
export const openSettings = (column, row = 1) =>
  openPanel(`/columns/${column.id}/${SETTINGS[column.type] ?? `panel?row=${row}`}`);

/** Shows the errors of a column, or of one of its runs, in the drawer. @param {number} columnId @param {number} [runId] */
export const openErrors = (columnId, runId) => send("marl:show-errors", { columnId, runId });

/** Opens a row as a record, in the drawer. @param {number} row its index */
export const openRecord = (row) => send("marl:open-record", { row });

/** Says that the grid has changed the columns: the side panel lists them by name. */
export const announceColumns = () => send("marl:columns-changed", { source: "grid" });

/**
 * @typedef {object} FieldsOfAnswers what knows the columns that hold fields of others, and makes them
 * @property {(columnId: number) => Map<string, string>} list their names by path
 * @property {(columnId: number, fields: { path: string, name: string }[]) => Promise<void>} add
 */

/** Answers for the fields of all columns. @param {FieldsOfAnswers} fields */
export function answerFieldsOf(fields) {
  document.addEventListener("marl:fields-wanted", (event) => {
    /** @type {CustomEvent} */ (event).detail.fields = fields;
  });
}

/** Returns what knows the fields of columns; undefined on a page without a grid. @returns {FieldsOfAnswers | undefined} */
export function fieldsOfAnswers() {
  const detail = { fields: undefined };
  send("marl:fields-wanted", detail);
  return detail.fields;
}

/** Answers for the number of the row that is selected in the grid. @param {() => number | undefined} selected */
export function answerSelectedRow(selected) {
  document.addEventListener("marl:selected-row-wanted", (event) => {
    /** @type {CustomEvent} */ (event).detail.row = selected();
  });
}

/** Returns the number of the row that is selected in the grid, from 1; undefined while it is not known. @returns {number | undefined} */
export function selectedRow() {
  const detail = { row: undefined };
  send("marl:selected-row-wanted", detail);
  return detail.row;
}

/** Says that columns were made, renamed or deleted, wherever that was. */
export const fieldsChanged = () => send("marl:fields-changed", undefined);

/** Opens the gallery of recipes. */
export const openRecipes = () => send("marl:open-recipes", undefined);

/** Undoes what was done last. */
export const undoLast = () => send("marl:undo", undefined);

/** Opens the filters with a new one for a column. @param {number} columnId */
export const filterBy = (columnId) => send("marl:filter-by", { columnId });
