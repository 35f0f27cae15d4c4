/** Search in an answer. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { matches } from "../../../frontend/answers/matches.js";

const ANSWER = { data: { city: "Utrecht", tags: ["a", "b"] }, id: 7 };
const found = (query) => [...matches(ANSWER, query).shown].sort();

test("what has the text in its name or value is left, with the way there", () => {
  assert.deepEqual(found("utrecht"), ["data", "data.city"]);
  assert.deepEqual(found("7"), ["id"]);
});

test("what is inside a name that was found is left, too", () => {
  assert.deepEqual(found("tags"), ["data", "data.tags", "data.tags[0]", "data.tags[1]"]);
});

test("the matches are counted in words", () => {
  assert.equal(matches(ANSWER, "t").words, "3 found");
  assert.equal(matches(ANSWER, "nowhere").words, "Nothing found");
});
