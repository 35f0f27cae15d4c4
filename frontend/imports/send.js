/** Sends a file to the server, which looks at it and waits. */

import { ApiError, csrfToken } from "../ui/api.js";

/** @typedef {import("./types.d.ts").Import} Import @typedef {import("./types.d.ts").Preview} Preview */

/** Says why a file cannot be uploaded; empty if it can. @param {File} file @param {string} accepted as of a file field */
export function refusal(file, accepted) {
  const kinds = accepted.split(",");
  const name = file.name.toLowerCase();
  if (!kinds.some((kind) => name.endsWith(kind)))
    return `“${file.name}” isn't a file Marl can read. Choose one of ${kinds.join(", ")}.`;
  return file.size ? "" : `“${file.name}” is empty.`;
}

/**
 * Sends the file by XMLHttpRequest, because `fetch` does not report progress.
 * @param {File} file @param {number | undefined} table the one to add to
 * @param {(part: number) => void} progress 0 to 1 @param {AbortSignal} signal
 * @returns {Promise<Import & { preview: Preview }>}
 */
export function send(file, table, progress, signal) {
  const request = new XMLHttpRequest();
  const form = new FormData();
  if (table) form.append("table", String(table));
  form.append("file", file);
  request.open("POST", "/api/v1/imports?stage=1");
  request.responseType = "json";
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () =>
      request.status < 300 ? resolve(request.response) : reject(errorOf(request)),
    );
    request.addEventListener("error", () => reject(new TypeError("no connection")));
    request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
    request.send(form);
  });
}

/** @param {XMLHttpRequest} request */
function errorOf({ status, response }) {
  const { code, message, details } = response?.error ?? {};
  const reason = message ?? (status === 413 ? "The file is too large for this server." : "The file wasn't accepted.");
  return new ApiError(status, code ?? "", reason, details ?? []);
}
