/**
 * Events of the document by which one part of the page asks another for something without importing it.
 *
 * @typedef {import("./types.d.ts").Column} Column
 */

/** @param {string} name @param {unknown} detail */
const send = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

/** Opens an address in the side panel. @param {string} url */
export const openPanel = (url) => send("marl:open-panel", { url });

/** Opens the settings of a column in the side panel. @param {Column} column */
export const openSettings = (column) =>
  openPanel(`/columns/${column.id}/${column.type === "http" ? "panel" : "formula"}`);

/** Shows the errors of a column, or of one of its runs, in the drawer. @param {number} columnId @param {number} [runId] */
export const openErrors = (columnId, runId) => send("marl:show-errors", { columnId, runId });

/** Says that the grid has changed the columns: the side panel lists them by name. */
export const announceColumns = () => send("marl:columns-changed", { source: "grid" });
