import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Rows } from "../../../frontend/grid/rows.js";

const TOTAL = 1000;
/** What was asked for, in order. @type {string[]} */
let asked = [];
let isReachable = true;
let clock = 0;

/** @param {number} ms */
function pass(ms) {
  clock += ms;
  mock.timers.tick(ms);
}

/** Lets everything happen that waits for nothing but the answers. */
const settled = async () => {
  for (let turn = 0; turn < 50; turn += 1) await null;
};

mock.timers.enable({ apis: ["setTimeout"] });
mock.method(performance, "now", () => clock);
mock.method(globalThis, "fetch", async (/** @type {string} */ url) => {
  const offset = Number(new URL(url, "http://marl.example").searchParams.get("offset"));
  asked.push(String(offset));
  if (asked.length > 10) return new Promise(() => {}); // so that a test that fails ends
  if (!isReachable) throw new TypeError("fetch failed");
  const items = Array.from({ length: 100 }, (_, i) => ({ id: offset + i, position: offset + i, cells: {} }));
  return new Response(JSON.stringify({ items, total: TOTAL }));
});

beforeEach(() => {
  asked = [];
  isReachable = true;
});

/** Rows of which the first ones have been read. */
async function loaded() {
  const rows = new Rows(1, TOTAL);
  rows.keepLoaded(0, 20);
  await settled();
  assert.equal(rows.at(99)?.id, 99);
  asked = [];
  return rows;
}

test("what comes into view after a rest is fetched at once", async () => {
  const rows = new Rows(1, TOTAL);
  rows.keepLoaded(0, 20);
  assert.deepEqual(asked, ["0"]);
});

test("what is scrolled past is not fetched", async () => {
  const rows = await loaded();
  for (const first of [230, 430, 630]) rows.keepLoaded(first, first + 20);
  pass(30);
  assert.deepEqual(asked, ["600"]);
});

test("rows that change while they are fetched are fetched once more", async () => {
  const rows = await loaded();
  rows.refresh();
  pass(30);
  rows.refresh();
  await settled();
  assert.deepEqual(asked, ["0", "0"]);
});

test("without a server a row that has changed is asked for again only after a while", async () => {
  const rows = await loaded();
  isReachable = false;
  rows.refresh();
  pass(30);
  await settled();
  assert.deepEqual(asked, ["0"]);
  isReachable = true;
  pass(2000);
  await settled();
  assert.deepEqual(asked, ["0", "0"]);
  assert.equal(rows.at(99)?.id, 99);
});

test("a value that was announced by its length alone is read, and what stood there stays until then", async () => {
  const rows = await loaded();
  rows.announce([[5, 7, { value: "old", state: "done" }]]);
  rows.announce([[5, 7, /** @type {any} */ ({ state: "done", value_length: 20_000 })]]);
  assert.equal(rows.at(5)?.cells[7].value, "old");
  pass(30);
  await settled();
  assert.deepEqual(asked, ["0"]);
});

test("a long value of a row that is not here is not read", async () => {
  const rows = await loaded();
  rows.announce([[500, 7, /** @type {any} */ ({ state: "done", value_length: 20_000 })]]);
  pass(30);
  await settled();
  assert.deepEqual(asked, []);
});

test("rows that are being fetched while a long value is announced are fetched once more", async () => {
  const rows = await loaded();
  rows.refresh();
  pass(30);
  rows.announce([[500, 7, /** @type {any} */ ({ state: "done", value_length: 20_000 })]]);
  await settled();
  assert.deepEqual(asked, ["0", "0"]);
});

test("what was asked for before rows changed places is not shown, and asked for once more", async () => {
  const rows = await loaded();
  const [first, second] = /** @type {import("../../../frontend/grid/types.d.ts").Row[]} */ ([rows.at(0), rows.at(1)]);
  rows.refresh();
  pass(30);
  rows.reorder(0, [second, first]);
  isReachable = false; // the second time
  await settled();
  assert.deepEqual([asked, rows.at(0)?.id, rows.at(1)?.id], [["0", "0"], 1, 0]);
});

test("while rows change places nothing is shown that the server had before", async () => {
  const rows = await loaded();
  const [first, second] = /** @type {import("../../../frontend/grid/types.d.ts").Row[]} */ ([rows.at(0), rows.at(1)]);
  let store = () => {};
  const storing = /** @type {Promise<void>} */ (new Promise((resolve) => (store = resolve)));
  rows.reorder(0, [second, first]);
  const stored = rows.keepOrder(storing);
  rows.refresh(); // as for what others have changed
  pass(30);
  await settled();
  assert.deepEqual([asked, rows.at(0)?.id], [["0"], 1]);
  store();
  await stored;
  pass(30);
  await settled();
  assert.deepEqual([asked, rows.at(0)?.id], [["0", "0"], 0]);
});
