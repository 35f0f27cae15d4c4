/** What can be done about an import that has ended: undo it, and look at the rows that did not come in. */

import { api, reasonOf } from "../ui/api.js";
import { ask } from "../ui/ask.js";
import { make } from "../ui/elements.js";
import { toast } from "../ui/notices.js";

const POLL_MS = 500;

/** @param {number} id @param {string} name */
export const rejectedLink = (id, name) =>
  make(
    "a",
    { href: `/api/v1/imports/${id}/rejected`, download: "", ariaLabel: `Download the rejected rows of ${name}` },
    "Rejected rows",
  );

/** Takes an import back, once the user agrees. @param {number} id @param {string} name @param {() => void} done */
export async function undo(id, name, done) {
  const text = "Rows that it added are deleted, and rows that it updated get their earlier values back.";
  if (!(await ask({ title: `Undo the import of “${name}”?`, text, confirm: "Undo import", cancel: "Keep it" }))) return;
  try {
    let state = await api("POST", `/imports/${id}/undo`);
    while (!state.undone_at) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      state = await api("GET", `/imports/${id}`);
    }
    done();
  } catch (error) {
    toast(`The import was not undone. ${reasonOf(error)}`);
  }
}
