/** A table deleted, after a question. */

import { ApiError, api } from "../ui/api.js";
import { ask } from "../ui/ask.js";
import { plural } from "../ui/format.js";

/** @param {string} name @param {number} rows */
export const askToDelete = (name, rows) =>
  ask({
    title: `Delete “${name}”?`,
    text: `${plural(rows, "row")} and their results go with it, and its runs stop. You can restore it from the trash for 30 days.`,
    cancel: "Keep it",
    confirm: "Delete table",
    danger: true,
  });

/**
 * Deletes a table; where columns of other tables look something up in it, asks once more.
 * @param {string | number} id @param {string} name
 * @returns {Promise<boolean>} whether it is deleted
 */
export async function deleteTable(id, name) {
  try {
    await api("DELETE", `/tables/${id}`);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
    const sure = await ask({
      title: `Delete “${name}”?`,
      text: `${error.message} They will say that the table is gone.`,
      cancel: "Keep it",
      confirm: "Delete table",
      danger: true,
    });
    if (sure) await api("DELETE", `/tables/${id}?force=true`);
    return sure;
  }
}
