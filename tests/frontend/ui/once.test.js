import assert from "node:assert/strict";
import { test } from "node:test";
import { once } from "../../../frontend/ui/once.js";

test("work under way is not begun again, and can be once it has ended, well or not", async () => {
  /** @type {string[]} */
  const begun = [];
  const work = once(async (/** @type {string} */ name) => {
    begun.push(name);
    await Promise.resolve();
    if (name === "bad") throw new Error(name);
  });
  await Promise.all([work("first"), work("second")]);
  await assert.rejects(work("bad"));
  await work("third");
  assert.deepEqual(begun, ["first", "bad", "third"]);
});
