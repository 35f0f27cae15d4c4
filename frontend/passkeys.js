/** Signs in with a passkey, and adds one: the browser's own dialogs ask, the server checks. */

import { csrfToken, UNREACHABLE } from "./ui/api.js";
import { toast } from "./ui/notices.js";

/** @param {string} path @param {unknown} [answer] @returns {Promise<any>} */
async function call(path, answer) {
  const response = await fetch(path, {
    method: answer ? "POST" : "GET",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: answer ? JSON.stringify(answer) : undefined,
    credentials: "same-origin",
  });
  const told = await response.json();
  if (!response.ok) throw new Error(told.error.message);
  return told;
}

/** @param {string} path */
async function signIn(path) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await call(path));
  return /** @type {PublicKeyCredential | null} */ (await navigator.credentials.get({ publicKey }));
}

/** @param {string} path */
async function add(path) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await call(path));
  return /** @type {PublicKeyCredential | null} */ (await navigator.credentials.create({ publicKey }));
}

/** @param {unknown} error */
function reasonOf(error) {
  if (error instanceof TypeError) return UNREACHABLE;
  if (!(error instanceof DOMException)) return /** @type {Error} */ (error).message;
  if (error.name === "InvalidStateError") return "This device has a passkey for Marl already.";
  if (error.name === "NotAllowedError") return "It was cancelled, or took too long.";
  return error.message;
}

/** @param {HTMLButtonElement} button */
async function press(button) {
  const { passkey = "", path = "" } = button.dataset;
  button.disabled = true;
  try {
    const credential = await (passkey === "add" ? add(path) : signIn(path));
    if (credential) location.assign((await call(path, credential.toJSON())).next);
  } catch (error) {
    toast(`The passkey wasn't used. ${reasonOf(error)}`);
  }
  button.disabled = false;
}

// A passkey belongs to a host name; it is offered where the browser can make one.
const isAddress = /^[\d.]+$|^\[/.test(location.hostname);
const canAsk = isSecureContext && !isAddress && "parseRequestOptionsFromJSON" in (globalThis.PublicKeyCredential ?? {});
for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-passkey]"))) {
  button.hidden = !canAsk;
  button.addEventListener("click", () => void press(button));
}
