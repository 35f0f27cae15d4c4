/** Single lines out of a file, whatever ends them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "../../../frontend/imports/lines.js";

test("lines end with LF, CRLF or CR", async () => {
  const file = new Blob(["one\ntwo\r\nthree\rfour"]);
  assert.deepEqual(await linesOf(file, "utf-8", 2, 3), ["two", "three"]);
  assert.deepEqual(await linesOf(file, "utf-8", 4, 9), ["four"]);
});

test("Python's names of encodings are known, and others say so", async () => {
  const file = new Blob([new Uint8Array([0x4b, 0xf6, 0x6c, 0x6e])]);
  assert.deepEqual(await linesOf(file, "cp1252", 1, 1), ["Köln"]);
  assert.equal(await linesOf(file, "klingon", 1, 1), null);
});
