/** Numbers and times as text. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { agoText, bytesText, durationText, groupDigits, plural, timeText } from "../../../frontend/ui/format.js";

test("counts have separators, and only one is singular", () => {
  assert.equal(plural(1, "row"), "1 row");
  assert.equal(plural(0, "row"), "0 rows");
  assert.equal(plural(12_345, "row"), "12,345 rows");
});

test("a number gets separators as it is written, and keeps every digit", () => {
  for (const [text, shown] of [
    ["607438.0", "607,438.0"],
    ["1234567.50", "1,234,567.50"],
    ["-1000", "-1,000"],
    ["999", "999"],
    ["12345678901234567890.123456", "12,345,678,901,234,567,890.123456"],
  ])
    assert.equal(groupDigits(text), shown);
});

test("what only looks like a number stays as it is", () => {
  for (const text of [
    "0042",
    "00420.5",
    "1,234",
    "1.000,50",
    "12345 kg",
    "1e+21",
    "5.0e-20",
    "0.30000000000000004",
    "",
  ])
    assert.equal(groupDigits(text), text);
});

test("durations are in the unit that suits them, at least one second, and do not break", () => {
  assert.equal(durationText(0.2), "1\u00a0s");
  assert.equal(durationText(59), "59\u00a0s");
  assert.equal(durationText(150), "3\u00a0min");
  assert.equal(durationText(7500), "2\u00a0h 5\u00a0min");
});

test("a moment of another day has its date", () => {
  const now = new Date();
  assert.equal(timeText(now.toISOString()), now.toLocaleTimeString());
  const past = new Date("2020-05-06T07:08:09Z");
  assert.equal(timeText(past.toISOString()), `${past.toLocaleDateString()} ${past.toLocaleTimeString()}`);
});

test("bytes are in the unit that suits them", () => {
  assert.equal(bytesText(1), "1 byte");
  assert.equal(bytesText(999), "999 bytes");
  assert.equal(bytesText(1000), "1\u00a0kB");
  assert.equal(bytesText(1_449_000), "1.4\u00a0MB");
  assert.equal(bytesText(557_123_456), "557\u00a0MB");
  assert.equal(bytesText(2e15), "2,000\u00a0TB");
});

test("a moment that has passed is told alike at every distance", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-05-31T12:00:00Z") });
  for (const [moment, shown] of [
    ["2026-05-31T11:59:01Z", "just now"],
    ["2026-05-31T11:58:01Z", "1\u00a0min ago"],
    ["2026-05-31T09:00:01Z", "2\u00a0h ago"],
    ["2026-05-30T12:00:00Z", "1\u00a0day ago"],
    ["2026-05-02T11:00:00Z", "29\u00a0days ago"],
    ["2026-04-30T12:00:00Z", "on 30 Apr 2026"],
  ])
    assert.equal(agoText(moment), shown);
});
