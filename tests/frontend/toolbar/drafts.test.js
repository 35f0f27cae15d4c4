/** Filters as they are edited, and as they are applied. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { toDraft, toFilters } from "../../../frontend/toolbar/drafts.js";

const filter = (value) => ({ column: 7, op: "contains", value });
const byId = (id) => (id === 7 ? { id: 7, name: "Name", type: "text" } : undefined);
const again = (filters) => toFilters(toDraft(filters), byId);

test("filters come back as they were", () => {
  for (const filters of [
    [],
    [filter("a"), filter("b")],
    [{ any: [filter("a"), { all: [filter("b"), filter("c")] }] }],
    [filter("a"), { any: [filter("b"), filter("c")] }],
  ])
    assert.deepEqual(again(filters), filters);
});

test("one group alone is the whole", () => {
  assert.equal(toDraft([{ any: [filter("a"), filter("b")] }]).holds, "any");
  assert.deepEqual(again([{ all: [filter("a"), filter("b")] }]), [filter("a"), filter("b")]);
});

test("what lacks a value, and what is alone in its group, needs no group", () => {
  assert.deepEqual(again([{ any: [filter(""), filter("b")] }]), [filter("b")]);
  assert.deepEqual(again([filter("a"), { any: [filter(""), filter("")] }]), [filter("a")]);
  assert.deepEqual(again([{ column: 8, op: "empty" }]), []);
});
