/** What goes wrong while a formula runs, in the words of a cell. */

/** What spreadsheet functions return for a failure. @type {Record<string, string>} */
const REASONS = {
  "#DIV/0!": "divides by zero",
  "#N/A": "found nothing",
  "#NAME?": "doesn't know a name",
  "#NUM!": "got a number that is out of range",
  "#REF!": "got a place that is out of range",
  "#VALUE!": "can't use the value it was given",
};

/** A spreadsheet function that failed. `code` is the spreadsheet's, such as #N/A. */
export class Failure extends Error {
  /** @param {string} name of the function @param {string} code @param {string} [words] */
  constructor(name, code, words = `${name} ${REASONS[code] ?? "failed"} (${code}).`) {
    super(words);
    this.code = code;
  }
}

/** Nothing where a date is needed, most of the time from an empty cell. */
export class MissingDate extends TypeError {
  constructor() {
    super("What should be a date is empty or not a valid date.");
  }
}

/** What is no number would be joined to text, as “NaN”. */
export class NoNumber extends TypeError {
  /** @param {number} value */
  constructor(value) {
    super(
      Number.isNaN(value)
        ? "A part of the text is not a number."
        : "A part of the text is larger than any number (it may divide by zero).",
    );
    this.isOver = !Number.isNaN(value);
  }
}

/** Something of an empty reference is read. */
export class EmptyReference extends TypeError {
  /** @param {number} slot */
  constructor(slot) {
    super("");
    this.slot = slot;
  }
}

/** A number is added to a number, an amount or a date that is text. */
export class TextNumber extends TypeError {
  /** @param {number} slot of the text @param {string} sum what is added, and what `+` would make of it
   * @param {"number" | "amount" | "date"} kind of the text */
  constructor(slot, sum, kind) {
    super("");
    this.slot = slot;
    this.sum = sum;
    this.kind = kind;
  }
}

/** A reference whose cell has failed. */
export class FailedReference extends Error {}

/** Throws what a spreadsheet function has returned as its failure. @param {string} name @param {any} result */
export function settled(name, result) {
  if (result instanceof Error) throw new Failure(name, result.message);
  return result;
}
