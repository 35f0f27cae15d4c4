/** JSON and JavaScript with references in them. A reference is parsed as a plain value, so that colours and indentation are right. */

import { javascriptLanguage } from "@codemirror/lang-javascript";
import { jsonLanguage } from "@codemirror/lang-json";
import { bracketMatching, indentOnInput, indentUnit, Language, syntaxHighlighting } from "@codemirror/language";
import { Parser } from "@lezer/common";
import { classHighlighter } from "@lezer/highlight";

import { maskReferences } from "./references.js";

class MaskedParser extends Parser {
  /** @param {Parser} inner @param {string} letter */
  constructor(inner, letter) {
    super();
    this.inner = inner;
    this.letter = letter;
  }

  /**
   * Parses the whole text each time: it is short, and a brace can change what comes long before it.
   * @param {import("@lezer/common").Input} input
   * @param {readonly import("@lezer/common").TreeFragment[]} _fragments
   * @param {readonly { from: number, to: number }[]} ranges
   */
  createParse(input, _fragments, ranges) {
    return this.inner.startParse(maskReferences(input.read(0, input.length), this.letter), [], ranges);
  }
}

const json = new Language(jsonLanguage.data, new MaskedParser(jsonLanguage.parser, "1"), [], "json");
const formula = new Language(javascriptLanguage.data, new MaskedParser(javascriptLanguage.parser, "_"), [], "formula");

/** @type {Record<string, Language>} by the kind of template */
const LANGUAGES = { json, body: json, secrets: json, formula, default: formula, run_if: formula, answer: formula };

/** @param {string} kind @returns {import("@codemirror/state").Extension[]} */
export function languageOf(kind) {
  const language = LANGUAGES[kind];
  if (!language) return [];
  return [
    language.extension,
    syntaxHighlighting(classHighlighter),
    bracketMatching(),
    indentOnInput(),
    indentUnit.of("  "),
  ];
}
