/** The runs that a page knows of. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Progress } from "../../../frontend/runs/progress.js";

const grid = { rows: { refresh() {} }, sheet: { classList: { toggle() {} } } };
const run = (id, state, automatic = false) => ({ id, state, automatic });

function afterUpdates(...runs) {
  const progress = new Progress(grid);
  const ended = [];
  progress.addEventListener("end", ({ detail }) => ended.push(detail.id));
  for (const one of runs) progress.update(one);
  return { shown: progress.runs.map(({ id, state }) => [id, state]), ended };
}

test("a run that has ended stays the last one", () => {
  const told = [run(1, "planning"), run(1, "running"), run(1, "done")];
  assert.deepEqual(afterUpdates(...told), { shown: [[1, "done"]], ended: [1] });
});

test("a run whose start is told after its end is over", () => {
  assert.deepEqual(afterUpdates(run(1, "running"), run(1, "done"), run(1, "planning")).shown, [[1, "done"]]);
  assert.deepEqual(afterUpdates(run(2, "done"), run(2, "planning")), { shown: [[2, "done"]], ended: [2] });
});

test("of the runs that have ended, the last one that somebody started is kept", () => {
  const told = [run(1, "done"), run(2, "done"), run(3, "done", true)];
  assert.deepEqual(afterUpdates(...told).shown, [[2, "done"]]);
});
