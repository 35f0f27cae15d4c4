/** Checks a formula when it is saved, and makes the script that runs. The bundle's value is `check(request)`, from JSON to JSON. */

import { guardedReferences, misunderstandings, stateReferences } from "./meaning.js";
import { shownMonths } from "./months.js";
import { KNOWN } from "./names.js";
import { Renderer } from "./render.js";
import { mendable } from "./sums.js";
import { diagnose } from "./syntax.js";
import { declared, walk } from "./tree.js";
import { parse } from "./words.js";

/** @typedef {import("./syntax.js").Problem} Problem */
/** @typedef {import("./syntax.js").Edit} Edit */

/** In `source` each reference is a space, `mark`, its slot in base 36 and no-break spaces: as long as it is in `shown`.
 * @typedef {{source: string, shown: string, holes: [number, number][], mark: string, slots: number, figures: number[], isCondition: boolean}} Request */

const MOST = 20;

/** @param {string} json */
export default function check(json) {
  const request = /** @type {Request} */ (JSON.parse(json));
  /** @type {Problem[]} */
  const problems = [];
  /** @type {Edit[]} */
  const edits = [];
  let text = request.source;
  let tree = null;
  while (!tree && problems.length < MOST) {
    const [parsed, problem] = attempt(text, request.mark);
    tree = parsed;
    if (!problem) break;
    if (edits.some((edit) => isInside(problem, edit))) {
      problems.push(
        located({ message: "The formula ends too early.", start: problem.start, end: problem.start }, edits, request),
      );
      break;
    }
    problems.push(located(problem, edits, request));
    if (!problem.edit) break;
    text = text.slice(0, problem.edit.start) + problem.edit.text + text.slice(problem.edit.end);
    edits.push(problem.edit);
  }
  if (tree) {
    for (const problem of misunderstandings(tree, text, request.mark)) problems.push(located(problem, edits, request));
  }
  const known = problems.some(({ unknown }) => unknown) ? [...KNOWN] : [];
  return JSON.stringify(problems.length ? { problems, known } : compiled(tree, text, request));
}

/** Says whether a problem is in what an edit has written, not in what the user has. @param {Problem} problem @param {Edit} edit */
const isInside = ({ start }, edit) => start >= edit.start && start < edit.start + edit.text.length;

/** @param {string} text @param {string} mark @returns {[any, Problem | null]} */
function attempt(text, mark) {
  try {
    return [parse(text), null];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [null, diagnose(error, text, mark)];
  }
}

/** @param {any} tree @param {string} text @param {Request} request */
function compiled(tree, text, request) {
  const { mark, slots } = request;
  const statuses = stateReferences(tree, mark);
  const asked = slotsOf(statuses, mark);
  const guarded = slotsOf(guardedReferences(tree, mark), mark).filter((slot) => !asked.includes(slot));
  const names = Array.from({ length: slots }, (_, slot) => mark + slot.toString(36));
  names.push(...[...asked, ...guarded].map((slot) => `${mark}_${slot.toString(36)}`));
  const own = declared(tree);
  const renderer = new Renderer(request, { statuses, guarded, own });
  const body = request.isCondition ? renderer.operand(tree) : renderer.render(tree);
  const math = own.has("Math") ? "" : `const Math=${mark}.math;`;
  return {
    script: `(function(${mark}){"use strict";${math}return function(${names}){return(\n${body}\n)}})`,
    asked,
    guarded,
    sums: sumsOf(tree, request),
    months: monthsOf(tree, text, request),
  };
}

/** @param {Set<any>} references @param {string} mark */
const slotsOf = (references, mark) =>
  [...new Set([...references].map((node) => parseInt(node.name.slice(mark.length), 36)))].sort((a, b) => a - b);

/** Returns the references in sums, at their places in the text as the user sees it. @param {any} tree @param {Request} request */
function sumsOf(tree, { mark, holes }) {
  /** @type {{slot: number, start: number, end: number}[]} */
  const found = [];
  walk(tree, (node) => {
    if (node.type === "BinaryExpression" && node.operator === "+")
      found.push(...mendable([node.left, node.right], mark));
  });
  return found.map(({ slot, start, end }) => {
    for (const [from, to] of holes) {
      if (from < start && start < to) start = from;
      if (from < end && end < to) end = to;
    }
    return { slot, start, end };
  });
}

/** Returns the months from 0 to 11 that are shown, at their places, with the edit that counts them from 1.
 * @param {any} tree @param {string} text @param {Request} request */
function monthsOf(tree, text, request) {
  return shownMonths(tree).map(({ start, end }) => {
    const edit = { start, end, text: `(${text.slice(start, end)} + 1)`, label: "Add 1" };
    return located({ message: "", start, end, edit }, [], request);
  });
}

/** Maps a position in the edited text to the text as the user wrote it. @param {number} position @param {Edit[]} edits */
function original(position, edits) {
  for (const { start, end, text } of [...edits].reverse()) {
    if (position >= start + text.length) position += end - start - text.length;
    else if (position > start) position = Math.min(position, end);
  }
  return position;
}

/** Moves a problem to its place in the text as the user sees it.
 * @param {Problem} problem @param {Edit[]} edits @param {Request} request @returns {Problem} */
function located(problem, edits, request) {
  let [start, end] = [original(problem.start, edits), original(problem.end, edits)];
  for (const [from, to] of request.holes) {
    if (from <= start && start < to) [start, end] = [from, Math.max(end, to)];
  }
  const edit = problem.edit && {
    ...problem.edit,
    start: original(problem.edit.start, edits),
    end: original(problem.edit.end, edits),
  };
  if (edit) edit.text = readable(edit, request);
  return { ...problem, message: inWords(problem.message, request.mark), start, end, edit };
}

/** @param {Edit} edit @param {Request} request */
function readable(edit, { source, shown, holes }) {
  let [text, position] = [edit.text, 0];
  for (const [start, end] of holes) {
    if (start < edit.start || end > edit.end) continue;
    const at = text.indexOf(source.slice(start, end), position);
    if (at < 0) continue;
    text = text.slice(0, at) + shown.slice(start, end) + text.slice(at + end - start);
    position = at + end - start;
  }
  return text;
}

/** @param {string} message @param {string} mark */
const inWords = (message, mark) => message.replace(new RegExp(`“${mark}\\w*”`), "This reference");
