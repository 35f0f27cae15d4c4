/**
 * Finds rows of the table that are alike in some columns, shows them, and merges them.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("./types.d.ts").Choices} Choices
 * @typedef {import("./types.d.ts").Found} Found
 */

import { reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { plural } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { toast } from "../ui/notices.js";
import { groupsTable } from "./groups-view.js";
import { merge, tellDone } from "./merge.js";
import { search } from "./search.js";
import { buttonWords, countWords, likelyKey, moreWords, noneWords, searchWords } from "./words.js";

const SETTLE_MS = 250; // several boxes ticked one after the other are one search

/** @type {[Choices["match"], string][]} */
const MATCHES = [
  ["exact", "Exactly"],
  ["loose", "Ignore capitals and spaces"],
];
/** @type {[Choices["keep"], string][]} */
const KEEPS = [
  ["first", "First row"],
  ["last", "Last row"],
  ["fullest", "Fullest row"],
];

export class DuplicatesDialog {
  /** @type {Found | null} null while rows are looked through */
  #found = null;
  #searching = new AbortController();
  #timer = 0;
  /** Whether rows are being merged: a second click is nothing. */
  #isMerging = false;

  /** @param {Grid} grid @param {HTMLElement} back gets the focus again */
  constructor(grid, back) {
    this.grid = grid;
    this.back = back;
    const key = likelyKey(grid.columns.all);
    /** @type {Choices} */
    this.choices = { columns: key ? [key.id] : [], match: "loose", keep: "first", fill_blanks: true };
    this.dialog = make("dialog", "import duplicates");
    this.dialog.setAttribute("aria-labelledby", "duplicates-title");
    this.counts = make("span", { className: "soft", role: "status" });
    this.problem = make("p", { className: "problem", role: "alert", hidden: true });
    this.groups = make("div", { className: "groups", tabIndex: 0, role: "region", ariaLabel: "Rows that are alike" });
    this.more = make("p", "soft");
    // No form: Enter on a box must not merge.
    this.mergeButton = button("Merge", "btn primary", () => void this.#merge(), { disabled: true });
  }

  open() {
    this.dialog.append(this.#head(), this.#body(), this.#foot());
    this.dialog.addEventListener("close", () => {
      clearTimeout(this.#timer);
      this.#searching.abort();
      this.dialog.remove();
      this.back.focus({ preventScroll: true });
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
    /** @type {HTMLElement | null} */ (this.dialog.querySelector(":checked"))?.focus();
    void this.#search();
  }

  #head() {
    const close = button("", "btn ghost icon-only", () => this.dialog.close(), { ariaLabel: "Close" });
    close.append(icon("close"));
    return make("header", "", make("h2", { id: "duplicates-title" }, "Find duplicates"), this.counts, close);
  }

  #body() {
    const data = make("div", "data", this.problem, this.more, this.groups);
    const rail = make("div", "rail", this.#columnsBlock(), this.#matchBlock(), this.#keepBlock());
    return make("div", "both", data, rail);
  }

  #foot() {
    const cancel = button("Cancel", "btn", () => this.dialog.close());
    const note = make("span", "soft", icon("undo"), "Deleted rows stay in the trash for 30 days");
    return make("footer", "", note, make("span", "spacer"), cancel, this.mergeButton);
  }

  #columnsBlock() {
    const boxes = this.grid.columns.all.map(({ id, name }) => {
      const box = make("input", { type: "checkbox", checked: this.choices.columns.includes(id) });
      box.addEventListener("change", () => {
        const others = this.choices.columns.filter((other) => other !== id);
        this.#choose({ columns: box.checked ? [...others, id] : others });
      });
      return make("label", "check", box, make("span", "", name));
    });
    const list = make("div", "column-list", ...boxes);
    return make("fieldset", "block plain", make("legend", "", "Rows with the same"), list);
  }

  #matchBlock() {
    const { match } = this.choices;
    return make(
      "fieldset",
      "block plain",
      make("legend", "", "Compare"),
      ...radios("match", MATCHES, match, (value) => this.#choose({ match: value })),
    );
  }

  #keepBlock() {
    const fill = make("input", { type: "checkbox", name: "fill", checked: this.choices.fill_blanks });
    fill.addEventListener("change", () => {
      this.choices.fill_blanks = fill.checked;
      this.#show();
    });
    const keeps = radios("keep", KEEPS, this.choices.keep, (value) => {
      this.choices.keep = value;
      this.#show();
    });
    const label = make("label", "check", fill, make("span", "", "Fill blank cells from the others"));
    return make("fieldset", "block plain", make("legend", "", "Keep"), ...keeps, label);
  }

  /** Takes another key, and searches. @param {Partial<Choices>} change */
  #choose(change) {
    Object.assign(this.choices, change);
    this.#searching.abort();
    clearTimeout(this.#timer);
    this.#found = null;
    this.#show();
    this.#timer = window.setTimeout(() => void this.#search(), SETTLE_MS);
  }

  async #search() {
    this.#found = null;
    this.problem.hidden = true;
    this.#searching = new AbortController();
    const { signal } = this.#searching;
    this.#show();
    if (!this.choices.columns.length) return;
    try {
      const found = await search(this.grid.table.id, this.choices, signal, (now) => {
        if (!signal.aborted) this.#wait(searchWords(now));
      });
      if (signal.aborted) return;
      this.#found = found;
      this.#show();
    } catch (error) {
      if (!signal.aborted) this.#refuse(error);
    }
  }

  /** @param {unknown} error */
  #refuse(error) {
    this.problem.textContent = reasonOf(error);
    this.problem.hidden = false;
    this.counts.textContent = "";
  }

  #show() {
    const found = this.#found;
    const columns = this.grid.columns.all.filter(({ id }) => this.choices.columns.includes(id));
    this.mergeButton.disabled = !found?.groups || this.#isMerging;
    this.mergeButton.textContent = buttonWords(found);
    this.groups.ariaBusy = String(!found && columns.length > 0);
    this.more.textContent = found ? moreWords(found) : "";
    if (!columns.length) this.#say("", "Choose the columns by which rows are alike.");
    else if (!found) this.#wait(`Comparing ${plural(this.grid.rows.tableTotal, "row")}…`);
    else if (!found.groups) this.#say(countWords(found), noneWords(columns));
    else {
      this.counts.textContent = countWords(found);
      this.groups.replaceChildren(groupsTable(found, this.grid.columns.all, this.choices));
    }
  }

  /** What was found for other columns stays until there is something new. @param {string} words */
  #wait(words) {
    this.counts.textContent = words;
    if (!this.groups.querySelector("table")) this.groups.replaceChildren(make("p", "none", words));
  }

  /** @param {string} counts @param {string} words in the place of the groups */
  #say(counts, words) {
    this.counts.textContent = counts;
    this.groups.replaceChildren(make("p", "none", words));
  }

  async #merge() {
    const found = this.#found;
    if (!found?.groups || this.#isMerging) return;
    this.#isMerging = true;
    this.#show();
    this.mergeButton.textContent = "Merging…";
    try {
      const done = await merge(this.grid, this.choices, () => this.dialog.close());
      this.dialog.close();
      tellDone(this.grid, this.choices, done);
    } catch (error) {
      if (!this.dialog.open) toast(`Nothing was merged. ${reasonOf(error)}`);
      this.#isMerging = false;
      this.#show();
      this.#refuse(error);
    }
  }
}

/**
 * @template {string} Value
 * @param {string} name @param {[Value, string][]} options @param {Value} chosen @param {(value: Value) => void} choose
 */
function radios(name, options, chosen, choose) {
  return options.map(([value, words]) => {
    const radio = make("input", { type: "radio", name, value, checked: value === chosen });
    radio.addEventListener("change", () => choose(value));
    return make("label", "check", radio, make("span", "", words));
  });
}
