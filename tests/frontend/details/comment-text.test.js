/** What in a comment is a link, and what names a member. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { partsOf } from "../../../frontend/details/comment-text.js";

const marked = (text, names = []) => partsOf(text, names).map(({ kind, text: part }) => `${kind}:${part}`);

test("addresses of the web are links, without the sentence around them", () => {
  assert.deepEqual(marked("see (https://acme.example/a?b=1)."), [
    "text:see (",
    "link:https://acme.example/a?b=1",
    "text:).",
  ]);
  assert.deepEqual(marked("http://a.example"), ["link:http://a.example"]);
});

test("nothing else is a link", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "<a href=x>y</a>", "acme.example"])
    assert.deepEqual(marked(text), [`text:${text}`]);
  assert.deepEqual(marked('https://a.example/"onclick="x'), ["link:https://a.example/", 'text:"onclick="x']);
});

test("names are marked as they are written, the longest first", () => {
  const names = ["Sam", "Sam Smith", "kim+1@a.example"];
  assert.deepEqual(marked("@sam smith and @Sam", names), ["mention:@sam smith", "text: and ", "mention:@Sam"]);
  assert.deepEqual(marked("@kim+1@a.example!", names), ["mention:@kim+1@a.example", "text:!"]);
  assert.deepEqual(marked("@Lee", names), ["text:@Lee"]);
});
