/** The state of a cell as the inspector says it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { stateSentence } from "../../../frontend/details/cell-words.js";
import { stateText } from "../../../frontend/grid/cells.js";

const skipped = (...values) => stateSentence({ value: null, state: "skipped" }, { text: "{{A}} > 3", values });

test("a run condition that is not met shows the values of its columns", () => {
  assert.equal(skipped({ name: "A", value: "2" }), "Run condition not met: {{A}} is 2");
  assert.equal(
    skipped({ name: "A", value: "" }, { name: "B", value: "x", missing: null }),
    "Run condition not met: {{A}} is empty, {{B}} is x",
  );
});

test("a column without a result says why, whatever its value reads like", () => {
  assert.equal(
    skipped({ name: "A", value: "", missing: "no_result_yet" }),
    "Run condition not met: {{A}} has no result yet",
  );
  assert.equal(skipped({ name: "A", value: "", missing: "skipped" }), "Run condition not met: {{A}} was skipped");
  assert.equal(
    skipped({ name: "A", value: "has no result because of rain" }),
    "Run condition not met: {{A}} is has no result because of rain",
  );
});

test("a condition without columns is shown itself", () => {
  assert.equal(skipped(), "Run condition not met: {{A}} > 3");
});

test("a result of old inputs says so, unless it is about to be replaced", () => {
  assert.match(stateSentence({ value: 1, state: "done", stale: true }), /^Out of date, .*: Done$/);
  assert.equal(stateSentence({ value: 1, state: "running", stale: true }), "Running");
});

test("a cell that runs again says which try it is", () => {
  assert.equal(stateText({ value: null, state: "running", attempts: 0, max_attempts: 4 }), "Running");
  assert.equal(stateText({ value: null, state: "running", attempts: 1, max_attempts: 4 }), "Running · try 2 of 4");
  assert.equal(stateText({ value: null, state: "running", attempts: 1 }), "Running · try 2");
});

test("a result whose letters are a guess says so", () => {
  const error = { code: "guessed_letters", message: "They were read as cp866: check them." };
  assert.equal(
    stateSentence({ value: "Привет", state: "done", error }),
    "Done, but letters are a guess. They were read as cp866: check them.",
  );
});

test("a result with characters that no database stores says so", () => {
  const error = { code: "replaced_characters", message: "“�” stands for it here." };
  const sentence = "Done, but characters replaced. “�” stands for it here.";
  assert.equal(stateSentence({ value: "a�", state: "done", error }), sentence);
});

test("a list that was cut short says so, and one that may have been says that", () => {
  const cut = (code, message) => stateSentence({ value: [1], state: "done", error: { code, message } });
  assert.equal(cut("incomplete", "The API has more."), "Done, but not all. The API has more.");
  assert.equal(cut("maybe_incomplete", "The API may have more."), "Done, but maybe not all. The API may have more.");
});
