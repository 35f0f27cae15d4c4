/**
 * What can be done about an import that has ended: undo it, and look at the rows that did not come in.
 *
 * @typedef {import("./types.d.ts").Import} Import
 */

import { api, reasonOf } from "../ui/api.js";
import { ask } from "../ui/ask.js";
import { make } from "../ui/elements.js";
import { followWork } from "../ui/long-work.js";
import { toast } from "../ui/notices.js";
import { undoneWords } from "./words.js";

/** @param {number} id @param {string} name */
export const rejectedLink = (id, name) =>
  make(
    "a",
    { href: `/api/v1/imports/${id}/rejected`, download: "", ariaLabel: `Download the rejected rows of ${name}` },
    "Rejected rows",
  );

/**
 * Takes an import back, once the user agrees.
 * @param {number} id @param {string} name @param {() => void} done @param {() => void} [begun] called when a worker does it
 */
export async function undo(id, name, done, begun = () => {}) {
  const text = "Rows that it added are deleted, and rows that it updated get their earlier values back.";
  if (!(await ask({ title: `Undo the import of “${name}”?`, text, confirm: "Undo import", cancel: "Keep it" }))) return;
  try {
    /** @type {Import} */
    const state = await api("POST", `/imports/${id}/undo`);
    if (state.undone_at) return done();
    begun();
    await followUndo(id, name);
    done();
  } catch (error) {
    toast(`The import was not undone. ${reasonOf(error)}`);
  }
}

/** Waits until a worker has taken the import back, and tells how it ended. @param {number} id @param {string} name @param {boolean} [canStop] */
export async function followUndo(id, name, canStop = true) {
  const ended = await followWork(`/imports/${id}`, {
    first: `Undoing the import of “${name}”…`,
    words: (/** @type {Import} */ now) => `Undoing the import of “${name}”… ${undoneWords(now)}`,
    isOver: ({ undone_at: at, undo: now }) => Boolean(at) || now?.state !== "running",
    stop: canStop ? `/imports/${id}/undo/stop` : null,
  });
  if (!ended) return;
  if (ended.undone_at) toast(`The import of “${name}” was undone.`);
  else toast(`Cancelled. ${undoneWords(ended)} are as they were before the import; undo it again to go on.`);
}
