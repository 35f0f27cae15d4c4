/**
 * Where each column of a file goes: into a column of the table, into a new one, or nowhere.
 *
 * @typedef {import("./types.d.ts").Guess} Guess
 * @typedef {import("./types.d.ts").Target} Target
 * @typedef {Target["columns"][number]} Column
 * @typedef {{ from: string, values: unknown[], goes: "new" | "out" | number, name: string, type: string,
 *   asText?: boolean }} Entry
 *   `goes`: "new", "out", or the id of a column; `name`: of the new column; `asText`: the column of the table becomes one of texts
 */

/** Those that a new column can have. @type {[string, string][]} */
export const TYPES = [
  ["text", "Text"],
  ["number", "Number"],
  ["number:comma", "Number, 1.234,56"],
  ["number:dot", "Number, 1,234.56"],
  ["date", "Date, 2026-11-28"],
  ["date:dmy", "Date, day first"],
  ["date:mdy", "Date, month first"],
  ["date:ymd", "Date, year first"],
  ["checkbox", "Yes or no"],
  ["email", "E-mail address"],
  ["url", "Web address"],
];

const PLAIN = new Set(["text", "number", "checkbox", "date"]);

/** Whether values can be written into the column: computed ones fill themselves. @param {Column} column */
export const takesValues = (column) => PLAIN.has(column.type);

/** The ways in which values can be written that go into a column of this type. @param {string} type */
export const waysOf = (type) => TYPES.filter(([key]) => key === type || key.startsWith(`${type}:`));

export class Mapping {
  /** @type {Entry[]} */
  entries = [];
  /** What was chosen by hand, by the name in the file: it outlives another reading. @type {Map<string, Partial<Entry>>} */
  #chosen = new Map();

  /** @param {Column[]} columns of the table that the file is added to; none for a new table */
  constructor(columns) {
    this.columns = columns.filter(takesValues);
  }

  get isChanged() {
    return this.#chosen.size > 0;
  }

  /** Takes what was guessed for a reading of the file. @param {Guess[]} guesses */
  read(guesses) {
    this.entries = guesses.map((guess) => this.#entryOf(guess));
  }

  /** @param {Guess} guess @returns {Entry} */
  #entryOf({ from, to, type, is_new: isNew, values }) {
    const column = isNew ? undefined : this.columns.find(({ id, name }) => id === to || name === to);
    const name = isNew && typeof to === "string" ? to : from;
    /** @type {Entry["goes"]} */
    const goes = column?.id ?? (to === null ? "out" : "new");
    const guessed = { from, values, goes, name, type: column ? wayInto(column, type) : (type ?? "text") };
    return { ...guessed, ...this.#chosen.get(from) };
  }

  /** @param {Entry} entry @param {Partial<Entry>} change */
  choose(entry, change) {
    if (typeof change.goes === "number") change.type = wayInto(this.#column(change.goes), entry.type);
    if ("goes" in change) change.asText = false;
    Object.assign(entry, change);
    this.#chosen.set(entry.from, { ...this.#chosen.get(entry.from), ...change });
  }

  /** @param {number} id */
  #column(id) {
    return /** @type {Column} */ (this.columns.find((column) => column.id === id));
  }

  /** The type of the column that it goes into; undefined for a new one. @param {Entry} entry */
  typeInTable({ goes }) {
    return typeof goes === "number" ? this.#column(goes).type : undefined;
  }

  /** Keeps all values as they are written; returns whether a column of the table changes its type for it. @param {Entry} entry */
  keepAsText(entry) {
    const changesTable = typeof entry.goes === "number";
    this.choose(entry, changesTable ? { asText: true } : { type: "text" });
    return changesTable;
  }

  /** What is wrong with where the column goes; empty if nothing is. @param {Entry} entry @returns {string} */
  problemOf(entry) {
    if (entry.goes === "out") return "";
    const others = this.entries.filter((other) => other !== entry && other.goes !== "out");
    if (typeof entry.goes === "number")
      return others.some(({ goes }) => goes === entry.goes) ? "Another column goes here too." : "";
    if (!entry.name.trim()) return "Give the column a name.";
    const names = [...this.columns.map(({ name }) => name), ...others.filter(({ goes }) => goes === "new").map(nameOf)];
    return names.map((name) => name.trim()).includes(entry.name.trim()) ? "Another column has this name." : "";
  }

  /** Says how many columns go where. */
  get summary() {
    const number = (/** @type {(entry: Entry) => boolean} */ of) => this.entries.filter(of).length;
    const found = number(({ goes }) => typeof goes === "number");
    /** @type {[number, string][]} */
    const parts = [
      [found, "found in the table"],
      [number(({ goes }) => goes === "new"), "new"],
      [number(({ goes }) => goes === "out"), "left out"],
    ];
    const told = parts.filter(([count], index) => count && (index !== 1 || this.columns.length));
    return told.map(([count, words]) => `${count} ${words}`).join(", ");
  }

  /** As the API takes it. */
  get json() {
    return this.entries.map(({ from, goes, name, type, asText }) => ({
      from,
      to: goes === "out" ? null : goes === "new" ? name.trim() : goes,
      type: goes === "out" ? null : type,
      ...(goes === "new" ? { is_new: true } : {}),
      ...(asText ? { as_text: true } : {}),
    }));
  }
}

/** @param {Entry} entry */
const nameOf = ({ name }) => name;

/** The way values are written for a column, as guessed where that fits its type. @param {Column} column @param {string | null} guessed */
const wayInto = ({ type }, guessed) => (waysOf(type).some(([key]) => key === guessed) && guessed ? guessed : type);
