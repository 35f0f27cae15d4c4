/** `Clay.…`: what pasted formulas ask about a cell. The state of a cell arrives as {$status, $message}. */

export const Clay = {
  /** "SUCCESS", "SUCCESS_NO_DATA", "ERROR", "ERROR_RUN_CONDITION_NOT_MET", "RUNNING" or "UNKNOWN". @param {any} cell */
  getCellStatus: (cell) => cell?.$status ?? "UNKNOWN",
  /** The error of a failed cell, at most 300 characters. @param {any} cell */
  getCellErrorMessagePreview(cell) {
    const message = cell?.$message ?? "";
    return message.length > 300 ? `${message.slice(0, 297)}...` : message;
  },
  /** Text for a place inside quotes of JSON; JSON for an object. @param {any} value */
  formatForJSON(value) {
    if (value === undefined || value === null) return "";
    return typeof value === "object" ? JSON.stringify(value) : JSON.stringify(String(value)).slice(1, -1);
  },
  /** Text for a prompt: nothing for an empty cell, JSON for an object. @param {any} value */
  formatForAIPrompt(value) {
    if (value === undefined || value === null) return "";
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  },
};
