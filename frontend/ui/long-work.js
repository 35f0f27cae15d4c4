/** Follows what a worker does, in a notice that says how far it is, and lets it be cancelled. */

import { ApiError, api, reasonOf } from "./api.js";
import { button } from "./elements.js";
import { showNotice } from "./notices.js";

const POLL_MS = 600;
const MISSES_ALLOWED = 20; // failed polls in a row

/**
 * Shows a notice until the work is over.
 * @template Progress
 * @param {string} path of the API where its progress is; "/stop" below it ends the work, unless `stop` is another path
 * @param {{ words: (progress: Progress) => string, isOver: (progress: Progress) => boolean, first: string,
 *   stop?: string | null }} how `stop` is null for somebody who may not end it
 * @returns {Promise<Progress | null>} how it ended, null for what is not there any more; rejects when the server stays away
 */
export async function followWork(path, { words, isOver, first, stop = `${path}/stop` }) {
  const notice = showNotice(first, { stays: true });
  const text = /** @type {HTMLElement} */ (notice.firstElementChild);
  if (stop) text.after(cancelButton(stop));
  try {
    for (let misses = 0; ; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
      try {
        /** @type {Progress} */
        const progress = await api("GET", path);
        misses = 0;
        if (isOver(progress)) return progress;
        text.textContent = words(progress);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        misses += 1;
        text.textContent = "No connection. Trying again…";
        if (misses > MISSES_ALLOWED) throw error;
      }
    }
  } finally {
    notice.remove();
  }
}

/** @param {string} path */
function cancelButton(path) {
  const cancel = button("Cancel", "btn ghost", async () => {
    cancel.disabled = true;
    try {
      await api("POST", path);
    } catch (error) {
      // Too late: how it ended is told.
      if (!(error instanceof ApiError) || error.status !== 409) showNotice(`Not cancelled. ${reasonOf(error)}`);
      cancel.disabled = false;
    }
  });
  return cancel;
}
