/** What is said about formulas that are not valid JavaScript, and whether the offered edit mends them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnose } from "../../../frontend/formulas/syntax.js";
import { parse } from "../../../frontend/formulas/words.js";

const MARK = "ref";

function problemOf(source) {
  try {
    parse(source);
  } catch (error) {
    return diagnose(error, source, MARK);
  }
  return undefined;
}

const mend = (source, { start, end, text }) => source.slice(0, start) + text + source.slice(end);

/** [what is wrong, the formula, its marked part, the formula after the edit] */
const MENDED = [
  ["an equals sign in front", "=1 + 2", "=", "1 + 2"],
  ["a single equals sign", "1 = 2", "=", "1 == 2"],
  ["curly quotes", "“a” + 1", "“a”", '"a" + 1'],
  ["single curly quotes", "‘a’", "‘a’", "'a'"],
  ["a semicolon at the end", "1 + 2;", ";", "1 + 2"],
  ["a semicolon between arguments", "MAX(1; 2)", ";", "MAX(1, 2)"],
  ["a return", "return 1", "return", " 1"],
  ["an open bracket", "MAX(1, 2", "(", "MAX(1, 2)"],
  ["two open brackets", "MAX([1, 2", "[", "MAX([1, 2])"],
  ["a bracket too many", "(1))", ")", "(1)"],
  ["a text without an end", '"abc', '"', '"abc"'],
  ["backticks without an end", "`abc", "`", "`abc`"],
  ["leading zeros", "007", "007", "7"],
  ["a sign of another alphabet", "1 × 2", "×", "1 * 2"],
  ["a sign for not equal", "1 ≠ 2", "≠", "1 != 2"],
  ["an invisible character", "1\u200b + 2", "\u200b", "1 + 2"],
  ["a number after a number", "1 2", "2", "1  + 2"],
  ["a hash", "#1", "#", "1"],
];

for (const [what, source, marked, mended] of MENDED) {
  test(`${what} is marked, and its edit makes a valid formula`, () => {
    const problem = problemOf(source);
    assert.ok(problem?.edit, "an edit is offered");
    assert.equal(source.slice(problem.start, problem.end), marked);
    assert.match(problem.message, /\.$/);
    assert.ok(problem.edit.label);
    assert.equal(mend(source, problem.edit), mended);
    assert.equal(problemOf(mended), undefined, "the formula is valid afterwards");
  });
}

test("statements are named, and if is translated", () => {
  assert.match(problemOf("if (1) 2").message, /“if”.*IF\(test, yes, no\)/);
  assert.match(problemOf("const a = 1").message, /“const”/);
});

test("a formula that stops too early is marked at its end", () => {
  const problem = problemOf("1 +");
  assert.deepEqual([problem.start, problem.end, problem.edit], [3, 3, undefined]);
});

test("an unclosed search pattern is marked where it opens", () => {
  const problem = problemOf("/abc");
  assert.equal("/abc".slice(problem.start, problem.end), "/");
});

test("every syntax error has words and a place inside the text", () => {
  for (const source of ["", "1 +* 2", "a b", "({a:})", "x => {", "1..2.", "@", "🙂", "[1,,", "a ? b"]) {
    const problem = problemOf(source);
    assert.ok(problem, source);
    assert.ok(problem.message.length > 10, source);
    assert.ok(problem.start >= 0 && problem.start <= problem.end && problem.end <= source.length + 1, source);
  }
});

test("the words of run conditions are valid", () => {
  for (const source of ["a is empty", "NOT a contains 'b' AND c is not empty", "a <> b OR a does not contain c"]) {
    assert.equal(problemOf(source), undefined, source);
  }
});
