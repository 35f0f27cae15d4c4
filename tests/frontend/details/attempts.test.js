/** What the inspector says of attempts that are gone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { deletedSentence } from "../../../frontend/details/attempts.js";

test("deleted attempts are counted, and the limits of the table stand beside", () => {
  assert.equal(
    deletedSentence({ number: 3, attempt_days: 30, attempts_per_cell: 5 }),
    "3 older attempts were deleted. This table keeps attempts for 30 days, and at most 5 attempts of a cell.",
  );
  assert.equal(
    deletedSentence({ number: 1, attempt_days: null, attempts_per_cell: 1 }),
    "1 older attempt was deleted. This table keeps at most 1 attempt of a cell.",
  );
});

test("a table that has no limits any more says so", () => {
  assert.equal(
    deletedSentence({ number: 2, attempt_days: null, attempts_per_cell: null }),
    "2 older attempts were deleted. This table keeps all attempts now.",
  );
});
