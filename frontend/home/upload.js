/**
 * The upload of a file: it is sent, previewed in a dialog with its first rows, and then imported.
 *
 * @typedef {{ columns: string[], rows: unknown[][], delimiter: string | null, encoding: string | null,
 *   has_header: boolean | null, sheet: string | null, problem: string | null,
 *   sheets: { name: string, rows: number | null, hidden: boolean }[] }} Preview
 * @typedef {{ id: number, state: string, name?: string, filename?: string, rows_done: number, rows_total: number | null,
 *   table_id: number | null, error: string | null }} Import
 * @typedef {{ delimiter?: string, encoding?: string, has_header?: boolean, sheet?: string }} Options
 */

import { plainText } from "../grid/cells.js";
import { ApiError, api, csrfToken, reasonOf } from "../ui/api.js";
import { make } from "../ui/elements.js";

const TEXT = /\.(csv|tsv|txt)$/i; // the user can choose how these are read
const KINDS = ["csv", "tsv", "txt", "xlsx", "json", "jsonl"];

/** Says why a file cannot be uploaded; empty if it can. @param {File} file */
export function refusal(file) {
  const kind = file.name.split(".").pop()?.toLowerCase() ?? "";
  if (!KINDS.includes(kind))
    return `“${file.name}” isn't a file Marl can read. Upload a .csv, .tsv, .txt, .xlsx, .json or .jsonl file.`;
  return file.size ? "" : `“${file.name}” is empty.`;
}

/**
 * Sends the file by XMLHttpRequest, because `fetch` does not report progress.
 * @param {File} file @param {(part: number) => void} progress 0 to 1 @param {AbortSignal} signal
 * @returns {Promise<Import & { preview: Preview }>}
 */
function send(file, progress, signal) {
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append("file", file);
  request.open("POST", "/api/v1/imports?stage=1");
  request.responseType = "json";
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () => {
      if (request.status < 300) return resolve(request.response);
      const { code, message, details } = request.response?.error ?? {};
      const reason =
        message ?? (request.status === 413 ? "The file is too large for this server." : "The file wasn't accepted.");
      reject(new ApiError(request.status, code ?? "", reason, details ?? []));
    });
    request.addEventListener("error", () => reject(new Error("no connection")));
    request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
    request.send(form);
  });
}

export class Upload {
  /** @type {Import | undefined} */
  #staged;
  /** Number of the latest preview; responses to older ones are dropped. */
  #latestPreview = 0;

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
    this.startButton = /** @type {HTMLButtonElement} */ (this.#part("start"));
    this.form.addEventListener("change", (event) => {
      if (/** @type {HTMLInputElement} */ (event.target).name !== "name") void this.#previewAgain();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.startButton.click();
    });
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.dialog.querySelector(`[data-part="${name}"]`));
  }

  /** @template {HTMLElement} Input @param {string} name @returns {Input} */
  #input(name) {
    return /** @type {Input} */ (this.form.elements.namedItem(name));
  }

  /**
   * Takes one file through the dialog; throws if the server refuses it.
   * @param {File} file @returns {Promise<Import | undefined>} the import that was started; undefined if it was cancelled
   */
  async of(file) {
    const stop = new AbortController();
    const decided = this.#open(file, stop);
    try {
      const staged = await send(file, (part) => this.#sending(part), stop.signal);
      this.#staged = staged;
      this.#ready(file, staged.name || file.name.replace(/\.[^.]+$/, ""), staged.preview);
      const started = await decided;
      if (!started) await api("DELETE", `/imports/${staged.id}`);
      return started;
    } catch (error) {
      if (stop.signal.aborted) return undefined;
      throw error;
    } finally {
      this.#staged = undefined;
      this.dialog.close();
    }
  }

  /** @param {File} file @param {AbortController} stop @returns {Promise<Import | undefined>} resolves when the user has decided */
  #open(file, stop) {
    /** @type {HTMLElement} */ (this.dialog.querySelector("h2")).textContent = file.name;
    this.#part("sending").hidden = false;
    this.#part("choices").hidden = true;
    this.startButton.disabled = true;
    this.#sending(0);
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.#part("cancel").onclick = () => this.dialog.close();
      this.dialog.onclose = () => {
        stop.abort();
        resolve(undefined);
      };
      this.startButton.onclick = async () => {
        const started = await this.#start();
        if (started) resolve(started);
      };
    });
  }

  /** @param {number} part 0 to 1 */
  #sending(part) {
    /** @type {HTMLProgressElement} */ (this.#part("sending-bar")).value = part;
    this.#part("sending-text").textContent =
      part < 1 ? `Uploading… ${Math.round(part * 100)} %` : "Reading the first rows…";
  }

  /** @param {File} file @param {string} name @param {Preview} preview */
  #ready(file, name, preview) {
    this.#part("sending").hidden = true;
    this.#part("choices").hidden = false;
    /** @type {HTMLInputElement} */ (this.#input("name")).value = name;
    for (const option of ["delimiter", "encoding", "has_header"]) this.#showIf(option, TEXT.test(file.name));
    this.#show(preview);
    this.startButton.focus();
  }

  /** @param {Preview} preview */
  #show(preview) {
    this.#showProblem(preview.problem ?? "");
    this.startButton.disabled = Boolean(preview.problem);
    this.#part("sample").hidden = Boolean(preview.problem);
    if (preview.problem) return; // the options stay, so that they can be changed
    this.#part("sample").replaceChildren(sampleOf(preview));
    this.#choose("delimiter", preview.delimiter);
    this.#choose("encoding", preview.encoding);
    /** @type {HTMLSelectElement} */ (this.#input("sheet")).replaceChildren(
      ...preview.sheets.map((sheet) => new Option(sheet.name)),
    );
    this.#choose("sheet", preview.sheet);
    this.#showIf("has_header", preview.has_header !== null);
    /** @type {HTMLInputElement} */ (this.#input("has_header")).checked = Boolean(preview.has_header);
  }

  /** Sets an option, and shows it only if the file has it. @param {"delimiter" | "encoding" | "sheet"} name @param {string | null | undefined} value */
  #choose(name, value) {
    this.#showIf(name, Boolean(value));
    if (!value) return;
    const select = /** @type {HTMLSelectElement} */ (this.#input(name));
    const key = value.toLowerCase();
    const known = [...select.options].find((option) => option.value.toLowerCase() === key);
    if (!known) select.add(new Option(value, value));
    select.value = known?.value ?? value;
  }

  /** @param {string} name @param {boolean} shown */
  #showIf(name, shown) {
    /** @type {HTMLElement} */ (this.form.querySelector(`[data-only="${name}"]`)).hidden = !shown;
  }

  /** @param {string} words empty hides it */
  #showProblem(words) {
    this.#part("problem").textContent = words;
    this.#part("problem").hidden = !words;
  }

  /** Reads the options. @returns {Options} */
  #options() {
    /** @type {Record<string, unknown>} */
    const options = {};
    for (const name of ["delimiter", "encoding", "sheet", "has_header"]) {
      const input = /** @type {HTMLInputElement | HTMLSelectElement} */ (this.#input(name));
      if (input.closest("[data-only]")?.hasAttribute("hidden")) continue;
      options[name] = input instanceof HTMLInputElement ? input.checked : input.value;
    }
    return options;
  }

  async #previewAgain() {
    this.#latestPreview += 1;
    const number = this.#latestPreview;
    try {
      const preview = await api("POST", `/imports/${this.#staged?.id}/preview`, { options: this.#options() });
      if (number === this.#latestPreview && this.#staged) this.#show(preview);
    } catch (error) {
      this.#showProblem(reasonOf(error));
    }
  }

  /** @returns {Promise<Import | undefined>} */
  async #start() {
    /** @type {HTMLInputElement} */
    const name = /** @type {HTMLInputElement} */ (this.#input("name"));
    if (!this.form.reportValidity()) return undefined;
    this.startButton.disabled = true;
    try {
      return await api("POST", `/imports/${this.#staged?.id}/start`, {
        options: this.#options(),
        name: name.value.trim(),
      });
    } catch (error) {
      this.#showProblem(reasonOf(error));
      this.startButton.disabled = false;
      return undefined;
    }
  }
}

/** Shows the first rows as a plain table. @param {Preview} preview */
function sampleOf({ columns, rows }) {
  const table = make("table", "");
  table
    .createTHead()
    .insertRow()
    .append(...columns.map((column) => make("th", "", plainText(column))));
  const body = table.createTBody();
  for (const row of rows) body.insertRow().append(...row.map((value) => make("td", "", plainText(value))));
  return table;
}
