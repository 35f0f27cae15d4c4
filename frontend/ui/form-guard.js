/** Forms that leave the page stay on it, with all that was typed, where nobody is signed in any more or the server is away. */

import { csrfToken, UNREACHABLE } from "./api.js";
import { toast } from "./notices.js";

const SIGNED_OUT =
  "You are signed out. Sign in again in another tab, then come back and send this: what you typed is kept.";

const FIELD = "input:not([type=hidden]), select, textarea";

/** Forms whose way is looked at: a second click meanwhile sends nothing more. @type {WeakSet<HTMLFormElement>} */
const looking = new WeakSet();
/** Forms whose way is known to be free. @type {WeakSet<HTMLFormElement>} */
const cleared = new WeakSet();

/** Looks at each form before it is sent, and before anything else hears of it. */
export function guardForms() {
  document.addEventListener("submit", (event) => void look(event), { capture: true });
}

/** @param {SubmitEvent} event */
async function look(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== "post" || form.hasAttribute("hx-post") || !form.querySelector(FIELD) || cleared.delete(form))
    return;
  event.preventDefault();
  event.stopPropagation();
  if (looking.has(form)) return;
  looking.add(form);
  const why = await obstacle();
  looking.delete(form);
  if (why) return toast(why);
  /** @type {HTMLInputElement | null} */
  const token = form.querySelector("input[name=csrfmiddlewaretoken]");
  if (token) token.value = csrfToken(); // each sign-in brings another one
  cleared.add(form);
  form.requestSubmit(event.submitter);
}

/** Says why a form would be lost, if it would. */
async function obstacle() {
  try {
    const { status } = await fetch("/api/v1/me", { credentials: "same-origin", cache: "no-store" });
    return status === 401 ? SIGNED_OUT : "";
  } catch {
    return UNREACHABLE;
  }
}
