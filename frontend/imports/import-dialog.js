/**
 * The dialog of one file: it is sent, shown with its first lines, and imported as chosen.
 *
 * @typedef {import("./types.d.ts").Preview} Preview
 * @typedef {import("./types.d.ts").Import} Import
 * @typedef {import("./types.d.ts").Reading} Reading
 * @typedef {import("./types.d.ts").Check} Check
 * @typedef {import("./types.d.ts").Target} Target
 * @typedef {Import | File | undefined} Decision started, another file to take instead, or cancelled
 */

import { api, reasonOf } from "../ui/api.js";
import { ask } from "../ui/ask.js";
import { button, make } from "../ui/elements.js";
import { formatNumber, plural } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { FileCheck } from "./check.js";
import { revealLine, showFile } from "./file-view.js";
import { linesOf } from "./lines.js";
import { Mapping } from "./mapping.js";
import { showMapping, showProblems } from "./mapping-view.js";
import { matchJson, newMatch, showMatch } from "./match-view.js";
import { showNewTable } from "./new-table-view.js";
import { buttonWords, showTally, showWarnings } from "./outcome-view.js";
import { showEncodings, showReading } from "./reading-view.js";
import { send } from "./send.js";
import { hasLines, sizeWords, unitOf, whereWords } from "./words.js";

export class ImportDialog {
  /** Number of the latest preview; responses to older ones are dropped. */
  #latestPreview = 0;
  /** @type {Check | null} */
  #check = null;
  /** Whether the dialog is starting the import: a second click is nothing. */
  #isStarting = false;
  /** @type {Preview | undefined} */
  #preview;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {() => Target | undefined} target the table that files are added to; undefined to make new ones
   * @param {() => Promise<File | undefined>} chooseFile
   */
  constructor(dialog, target, chooseFile) {
    this.dialog = dialog;
    this.targetNow = target;
    this.form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
    this.startButton = /** @type {HTMLButtonElement} */ (this.#part("start"));
    this.chooseFile = chooseFile;
    this.check = new FileCheck((state) => this.#showCheck(state));
    /** @type {HTMLElement} */ (dialog.querySelector("header")).prepend(icon("file"));
    this.#part("close").append(icon("close"));
    this.#part("undo-note").prepend(icon("undo"));
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.dialog.querySelector(`[data-part="${name}"]`));
  }

  /**
   * Takes one file through the dialog; throws if the server refuses it.
   * @param {File} file @param {string} [place] "2 of 3", where several files come one after the other
   * @returns {Promise<Decision>}
   */
  async of(file, place = "") {
    const stop = new AbortController();
    this.#begin(file, place);
    const decided = this.#open(stop);
    let id = 0;
    try {
      const staged = await send(file, this.target?.id, (part) => this.#sending(part), stop.signal);
      id = staged.id;
      this.staged = staged;
      this.#ready(staged.preview);
      const decision = await decided;
      if (!decision || decision instanceof File) await api("DELETE", `/imports/${id}`);
      return decision;
    } catch (error) {
      if (stop.signal.aborted && !id) return undefined;
      throw error;
    } finally {
      this.check.stop();
      this.staged = undefined;
      await this.#close();
    }
  }

  /** Closes the dialog and waits for its event, which would otherwise cancel the next file. */
  async #close() {
    if (!this.dialog.open) return;
    const closed = new Promise((resolve) => this.dialog.addEventListener("close", resolve, { once: true }));
    this.dialog.close();
    await closed;
  }

  /** Begins without what was chosen for the file before. @param {File} file @param {string} place */
  #begin(file, place) {
    this.file = file;
    this.target = this.targetNow();
    this.unit = unitOf(file.name);
    /** @type {Reading} */
    this.reading = {};
    this.mapping = new Mapping(this.target?.columns ?? []);
    this.match = newMatch();
    this.#check = null;
    this.#isStarting = false;
    const title = this.target ? `Add ${file.name} to ${this.target.name}` : `Import ${file.name}`;
    /** @type {HTMLElement} */ (this.dialog.querySelector("h2")).textContent = title;
    this.#part("size").textContent = [sizeWords(file.size), place && `File ${place}`].filter(Boolean).join(" · ");
    this.startButton.textContent = "Import";
  }

  /** @param {AbortController} stop @returns {Promise<Decision>} resolves when the user has decided */
  #open(stop) {
    this.#show("sending");
    this.startButton.disabled = true;
    this.#sending(0);
    this.dialog.showModal();
    return new Promise((resolve) => {
      const leave = async () => (await this.#mayLeave()) && this.dialog.close();
      this.#part("cancel").onclick = leave;
      this.#part("close").onclick = leave;
      this.dialog.oncancel = (event) => {
        if (event.target !== this.dialog) return;
        event.preventDefault();
        void leave();
      };
      this.dialog.onclose = () => {
        stop.abort();
        resolve(undefined);
      };
      this.#part("another").onclick = async () => {
        const another = await this.chooseFile();
        if (another) resolve(another);
      };
      this.form.onsubmit = async (event) => {
        event.preventDefault();
        const started = await this.#start();
        if (started) resolve(started);
      };
    });
  }

  /** @param {"sending" | "choices"} part */
  #show(part) {
    this.#part("sending").hidden = part !== "sending";
    for (const name of ["choices", "another", "undo-note"]) this.#part(name).hidden = part === "sending";
  }

  /** Asks only if choices would be lost. */
  async #mayLeave() {
    const isTouched = this.mapping?.isChanged || Object.keys(this.reading ?? {}).length || this.match?.key.length;
    if (!this.staged || !isTouched) return true;
    const text = "What you chose for this file is not kept. Nothing has been imported.";
    return ask({ title: "Leave without importing?", text, confirm: "Leave", cancel: "Keep choosing" });
  }

  /** @param {number} part 0 to 1 */
  #sending(part) {
    /** @type {HTMLProgressElement} */ (this.#part("sending-bar")).value = part;
    this.#part("sending-text").textContent =
      part < 1 ? `Uploading… ${Math.round(part * 100)} %` : "Reading the first lines…";
  }

  /** @param {Preview} preview */
  #ready(preview) {
    this.#show("choices");
    if (!this.target)
      showNewTable(this.#part("into"), this.staged?.name || (this.file?.name ?? "").replace(/\.[^.]+$/, ""));
    this.#showPreview(preview);
    this.startButton.focus();
  }

  /** @param {Preview} preview */
  #showPreview(preview) {
    this.#preview = preview;
    const isReadable = !preview.problem;
    const choose = (/** @type {Reading} */ reading) => void this.#readAgain(reading);
    const kind = preview.sheets.length ? "workbook" : this.unit === "line" ? "text" : "json";
    showReading(this.#part("picks"), preview, this.reading ?? {}, { kind, choose });
    showEncodings(this.#part("encodings"), preview, choose);
    this.#showProblem(preview.problem ?? "");
    this.#part("where").textContent = this.#whereWords(preview);
    for (const name of ["file", "map"]) this.#part(name).hidden = !isReadable;
    this.#part("excerpt").hidden = true;
    if (isReadable) {
      const lines = hasLines(this.file?.name ?? "");
      showFile(this.#part("file"), preview, { unit: this.unit ?? "line", hasLines: lines, choose });
      this.mapping?.read(preview.columns_guess);
    }
    this.#showMapping();
  }

  /** @param {Preview} preview */
  #whereWords(preview) {
    const reader = preview.reader ? `Read with ${preview.reader}. ` : "";
    if (preview.problem) return reader;
    const name = this.file?.name ?? "";
    return hasLines(name)
      ? `${reader}${whereWords(preview, this.unit ?? "line")}`
      : reader || "One row for each object";
  }

  #showMapping() {
    const { mapping } = this;
    if (!mapping) return;
    const changed = () => this.#changed();
    if (this.target && this.match) showMatch(this.#part("into"), this.match, mapping, () => this.#showMapping());
    const keyed = mapping.entries.filter(({ goes }) => typeof goes === "number" && this.match?.key.includes(goes));
    const keys = new Set(keyed.map(({ from }) => from));
    showMapping(this.#part("map"), mapping, { isNewTable: !this.target, keys, changed });
    this.#describe();
    this.#checkAgain();
  }

  /** Follows a change of the mapping, whose row is drawn already. */
  #changed() {
    const { mapping, match } = this;
    if (!mapping || !match) return;
    if (this.target) showMatch(this.#part("into"), match, mapping, () => this.#showMapping());
    this.#describe();
    this.#checkAgain();
  }

  #describe() {
    const entries = this.mapping?.entries ?? [];
    this.#part("column-count").textContent = this.#preview?.problem ? "" : plural(entries.length, "column");
    this.#part("column-words").textContent = this.#preview?.problem ? "" : (this.mapping?.summary ?? "");
  }

  #checkAgain() {
    const { mapping, staged } = this;
    if (!mapping || !staged) return;
    const hasProblem = showProblems(this.#part("map"), mapping) || mapping.entries.every(({ goes }) => goes === "out");
    const isReady = !this.#preview?.problem && !hasProblem;
    this.startButton.disabled = !isReady;
    this.check.stop();
    if (isReady) this.check.restart(staged.id, this.#options());
    else this.#showCheck({ problem: "" });
  }

  /** @param {Import | { problem: string } | null} state */
  #showCheck(state) {
    const words = this.#part("counting");
    const failed = state && "problem" in state ? state.problem : (state?.check_state === "failed" && state.error) || "";
    this.#check = state && "check" in state && state.check_state === "done" ? (state.check ?? null) : null;
    const read = state && "rows_done" in state && state.rows_done ? ` ${formatNumber(state.rows_done)}` : "";
    words.textContent = this.#check ? "" : failed || (state && "problem" in state ? "" : `Counting…${read}`);
    words.classList.toggle("problem", Boolean(failed));
    showTally(this.#part("tally"), this.#check);
    const warnings = this.#check?.warnings ?? this.#preview?.warnings ?? [];
    showWarnings(this.#part("checks"), warnings, {
      showLine: this.#canShowLines ? (line) => void this.#showLine(line) : null,
      asText: (column) => this.#keepAsText(column),
    });
    this.startButton.textContent = buttonWords(this.#check);
  }

  /** Returns what imports a column of the file as text; null where it goes nowhere. @param {string} column */
  #keepAsText(column) {
    const { mapping } = this;
    const entry = mapping?.entries.find(({ from, goes }) => from === column && goes !== "out");
    if (!mapping || !entry) return null;
    return () => {
      mapping.keepAsText(entry);
      this.#showMapping();
      const names = [`Type of ${column}`, `Don’t make ${column} text`];
      const fields = /** @type {NodeListOf<HTMLElement>} */ (this.#part("map").querySelectorAll("select, button"));
      Array.from(fields, (field) => names.includes(field.ariaLabel ?? "") && field.focus());
    };
  }

  get #canShowLines() {
    return this.unit === "line" && this.#preview?.encoding;
  }

  /** Shows a line where it stands, or, past the first ones, as it is in the file. @param {number} line */
  async #showLine(line) {
    const excerpt = this.#part("excerpt");
    excerpt.hidden = revealLine(this.#part("file"), line);
    if (!excerpt.hidden || !this.file) return;
    const from = Math.max(1, line - 1);
    const lines = await linesOf(this.file, this.#preview?.encoding ?? "utf-8", from, line + 1);
    const rows = (lines ?? []).map((text, index) => {
      const row = make("div", from + index === line ? "shown" : "", make("b", "", formatNumber(from + index)), text);
      return row;
    });
    const close = button("", "btn ghost icon-only", () => (excerpt.hidden = true), { ariaLabel: "Hide the lines" });
    close.append(icon("close"));
    excerpt.replaceChildren(make("div", "lines", ...(lines ? rows : ["These lines can't be shown here."])), close);
    excerpt.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} words empty hides it @param {() => void} [again] */
  #showProblem(words, again) {
    const problem = this.#part("problem");
    problem.replaceChildren(words, ...(again ? [" ", button("Try again", "link", again)] : []));
    problem.hidden = !words;
  }

  #options() {
    return { ...this.reading, columns: this.mapping?.json, ...(this.match ? matchJson(this.match) : {}) };
  }

  /** @param {Reading} reading what was chosen now */
  async #readAgain(reading) {
    this.reading = JSON.parse(JSON.stringify({ ...this.reading, ...reading })); // without what is undefined
    this.#latestPreview += 1;
    const number = this.#latestPreview;
    this.check.stop();
    this.#part("file").ariaBusy = "true";
    try {
      const preview = await api("POST", `/imports/${this.staged?.id}/preview`, { options: this.reading });
      if (number === this.#latestPreview && this.staged) this.#showPreview(preview);
    } catch (error) {
      if (number === this.#latestPreview) this.#showProblem(reasonOf(error), () => void this.#readAgain({}));
    } finally {
      this.#part("file").ariaBusy = null;
    }
  }

  /** @returns {Promise<Import | undefined>} */
  async #start() {
    if (this.#isStarting) return undefined;
    this.#isStarting = true;
    this.startButton.disabled = true;
    const name = /** @type {HTMLInputElement | null} */ (this.form.elements.namedItem("name"))?.value.trim();
    try {
      return await api("POST", `/imports/${this.staged?.id}/start`, { options: this.#options(), name });
    } catch (error) {
      this.#showProblem(reasonOf(error));
      this.#part("problem").scrollIntoView({ block: "nearest" });
      this.startButton.disabled = false;
      this.#isStarting = false;
      return undefined;
    }
  }
}
