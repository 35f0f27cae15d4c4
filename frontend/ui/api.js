/** Calls the REST API as the signed-in user. */

import { parseJson } from "./json.js";

export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {any} details */
  constructor(status, code, message, details) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** The one of the cookie goes before that of the page: whoever signs in again in another tab gets a new one. */
export const csrfToken = () =>
  document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ??
  document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ??
  "";

/**
 * Sends one request.
 * @param {string} method @param {string} path after /api/v1 @param {unknown} [body] JSON, or a FormData as it is
 * @param {{ signal?: AbortSignal, keepalive?: boolean, ifMatch?: string }} [options] `keepalive`: also if the page ends meanwhile;
 *   `ifMatch`: only if this is still the version of what is changed
 * @returns {Promise<any>} the JSON of the response; null if it is empty. Throws ApiError, or TypeError without a connection.
 */
export async function api(method, path, body, { signal, keepalive, ifMatch } = {}) {
  const headers = new Headers({ Accept: "application/json" });
  if (method !== "GET") headers.set("X-CSRFToken", csrfToken());
  if (body !== undefined && !(body instanceof FormData)) headers.set("Content-Type", "application/json");
  if (ifMatch) headers.set("If-Match", ifMatch);
  const payload = body === undefined || body instanceof FormData ? body : JSON.stringify(body);
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers,
    body: payload,
    signal,
    keepalive,
    credentials: "same-origin",
  });
  if (response.status === 401) leadToSignIn();
  if (!response.ok) throw await errorOf(response);
  const text = await response.text();
  return text ? parseJson(text) : null;
}

/** Says so first, so that nothing on the page asks whether it may be left. */
function leadToSignIn() {
  dispatchEvent(new Event("marl:signed-out"));
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
}

/** @param {Response} response */
async function errorOf(response) {
  const body = await response.json().catch(() => null);
  const { code = "", message = messageForStatus(response.status), details = [] } = body?.error ?? {};
  if (response.status === 401) return new ApiError(401, code, "You are signed out. Sign in again.", details);
  return new ApiError(response.status, code, message, details);
}

/** Describes an error response that does not come from the API itself. @param {number} status */
export function messageForStatus(status) {
  if (status === 401 || status === 403)
    return "You are signed out, or you don't have permission. Reload the page and try again.";
  if (status === 404) return "This isn't there any more: someone may have deleted it. Reload the page.";
  if (status === 413) return "This is too large for the server.";
  return `Something went wrong on the server (${status}). Try again in a moment.`;
}

export const UNREACHABLE = "Can't reach the server. Check your network, and try again.";

/** Says why a call failed. @param {unknown} error */
export const reasonOf = (error) => (error instanceof ApiError ? error.message : UNREACHABLE);
