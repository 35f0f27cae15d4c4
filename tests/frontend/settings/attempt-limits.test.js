/** What limits of attempts would do, in words. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { deletedWords, effectWords, isShorter } from "../../../frontend/settings/attempt-limits.js";

const effect = { attempts: 0, bytes: 0, deleted: 0, bytes_deleted: 0, is_estimate: false };

test("a table without attempts has nothing to lose", () => {
  assert.equal(effectWords(effect), "There are no attempts yet.");
});

test("what stays as it is says so", () => {
  const words = "1 attempt takes about 700 bytes. None would be deleted now.";
  assert.equal(effectWords({ ...effect, attempts: 1, bytes: 700 }), words);
});

test("what would go is counted, and an estimate says that it is one", () => {
  const some = { attempts: 1_204_000, bytes: 838e6, deleted: 800_000, bytes_deleted: 557e6 };
  assert.equal(
    effectWords({ ...some, is_estimate: true }),
    "About 1,204,000 attempts take about 838\u00a0MB. About 800,000 of them would be deleted for good, about 557\u00a0MB. " +
      "The last one of each cell stays. Estimated from a sample.",
  );
});

test("limits are shorter if one of them is, and no limit is the longest", () => {
  const month = { attempt_days: 30, attempts_per_cell: null };
  assert.equal(isShorter(month, month), false);
  assert.equal(isShorter({ ...month, attempt_days: null }, month), false);
  assert.equal(isShorter({ ...month, attempt_days: 7 }, month), true);
  assert.equal(isShorter({ attempt_days: 90, attempts_per_cell: 5 }, month), true);
});

test("the question never says that nothing goes: a sample may have missed it", () => {
  assert.equal(deletedWords({ ...effect, is_estimate: true }), "attempts that are beyond these limits");
  assert.equal(deletedWords({ ...effect, deleted: 1, bytes_deleted: 700 }), "1 attempt, about 700 bytes");
});
