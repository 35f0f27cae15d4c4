/**
 * The story of one computed cell: its whole value or error, and every attempt with what was sent and answered.
 *
 * @typedef {import("./types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Cell} Cell
 * @typedef {[string, string][] | Record<string, string> | null | undefined} Headers
 * @typedef {{ method: string, url: string, headers?: Headers, body?: string | null }} SentRequest
 * @typedef {{ status: number, headers?: Headers, body?: string | null, truncated?: boolean }} Answer
 * @typedef {{ number: number, started_at: string, duration_ms: number | null, request: SentRequest | null,
 *   response: Answer | null, error: { message: string } | null }} Attempt
 */
import { api, toast } from "../api.js";
import { plainText, stateText } from "./cells.js";
import { reasonOf } from "./edits.js";
import { startRun } from "./run-menu.js";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {string} name @param {(string | Node)[]} content
 */
function make(tag, name, ...content) {
  const element = document.createElement(tag);
  element.className = name;
  element.append(...content);
  return element;
}

/** @param {string} text @param {string} name @param {() => void} click */
function button(text, name, click) {
  const made = make("button", name, text);
  made.type = "button";
  made.addEventListener("click", click);
  return made;
}

/** @param {Headers} headers @returns {[string, string][]} */
const pairs = (headers) => (Array.isArray(headers) ? headers : Object.entries(headers ?? {}));

/** Indents JSON; other text stays. @param {string | null | undefined} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text ?? ""), null, 2);
  } catch {
    return text ?? "";
  }
}

/** @param {SentRequest} request a command for a shell; secrets are already hidden */
export function asCurl({ method, url, headers, body }) {
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = [`curl -X ${method} ${quoted(url)}`, ...pairs(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)];
  if (body) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

/** @param {Grid} grid @param {number} row @param {number} columnIndex */
export async function showDetails(grid, row, columnIndex) {
  const column = grid.columns.list[columnIndex];
  const data = grid.rows.at(row);
  if (!column || !data) return;
  try {
    /** @type {{ cell: Cell, attempts: Attempt[] }} */
    const { cell, attempts } = await api("GET", `/rows/${data.id}/cells/${column.id}`);
    const dialog = newDialog(`${column.name}, row ${row + 1}`);
    dialog.append(...cellParts(cell), ...attempts.toReversed().map(attemptPart));
    const foot = make("div", "buttons");
    if (column.type === "http" && grid.canEdit) {
      foot.append(
        button("Run again", "btn", () => {
          dialog.close();
          void startRun(column, { ids: [data.id] });
        }),
      );
    }
    foot.append(button("Close", "btn primary", () => dialog.close()));
    dialog.append(foot);
    dialog.addEventListener("close", () => {
      dialog.remove();
      grid.sheet.focus({ preventScroll: true });
    });
    document.body.append(dialog);
    dialog.showModal();
  } catch (error) {
    toast(`The cell cannot be shown. ${reasonOf(error)}`);
  }
}

/** @param {string} title */
function newDialog(title) {
  const heading = make("h2", "", title);
  heading.id = "details-title";
  const dialog = make("dialog", "details", heading);
  dialog.setAttribute("aria-labelledby", heading.id);
  return dialog;
}

/** @param {Cell} cell @returns {Node[]} */
function cellParts(cell) {
  const hasValue = cell.state === "done" && cell.value !== null;
  const words = cell.state === "done" && !cell.stale ? "Done" : cell.state === "empty" ? "Not run yet" : stateText(cell);
  /** @type {Node[]} */
  /** @type {HTMLElement[]} */
  const parts = [make("p", cell.state === "failed" ? "problem" : "state", words)];
  if (cell.error?.message && !words.endsWith(cell.error.message)) parts.push(make("p", "hint", cell.error.message));
  if (hasValue) parts.push(codeBlock("Value", typeof cell.value === "object" ? JSON.stringify(cell.value, null, 2) : plainText(cell.value)));
  return parts;
}

/** @param {string} label @param {string} text */
function codeBlock(label, text) {
  const code = make("pre", "code", text);
  code.tabIndex = 0;
  code.setAttribute("role", "region");
  code.setAttribute("aria-label", label);
  return code;
}

/** @param {Attempt} attempt */
function attemptPart({ number, started_at: started, duration_ms: ms, request, response, error }) {
  const outcome = response ? `${response.status}` : (error?.message ?? "no answer");
  const time = new Date(started).toLocaleTimeString();
  const part = make("details", "attempt", make("summary", "", `Try ${number} · ${outcome} · ${time}${ms === null ? "" : ` · ${ms} ms`}`));
  if (request) {
    const lines = pairs(request.headers).map(([name, value]) => `${name}: ${value}`);
    part.append(codeBlock("Request", [`${request.method} ${request.url}`, ...lines, "", pretty(request.body)].join("\n").trim()));
    part.append(button("Copy as cURL", "btn", () => void copyCurl(request)));
  }
  if (response) {
    const lines = pairs(response.headers).map(([name, value]) => `${name}: ${value}`);
    const cut = response.truncated ? "\n… cut here" : "";
    part.append(codeBlock("Response", [`${response.status}`, ...lines, "", pretty(response.body) + cut].join("\n").trim()));
  }
  return part;
}

/** @param {SentRequest} request */
async function copyCurl(request) {
  try {
    await navigator.clipboard.writeText(asCurl(request));
    toast("Copied. Put your own secret where •••••••• stands.");
  } catch {
    toast("The browser did not allow copying.");
  }
}
