import assert from "node:assert/strict";
import { test } from "node:test";

import { asCurl } from "../../../frontend/details/curl.js";

const request = (/** @type {string} */ type, /** @type {string} */ body) => ({
  method: "POST",
  url: "https://a.example/",
  headers: { "Content-Type": type },
  body,
});

test("a form is one option for each pair, without its encoding", () => {
  const command = asCurl(request("application/x-www-form-urlencoded", "a%20b=x%20%26%20y%3D1&q="));
  assert.ok(command.endsWith("--data-urlencode 'a%20b=x & y=1' \\\n  --data-urlencode 'q='"));
});

test("a multipart form is one option for each part, and curl chooses its boundary", () => {
  const part = (/** @type {string} */ name, /** @type {string} */ text) =>
    `--marl-1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
  const type = "multipart/form-data; boundary=marl-1";
  const command = asCurl(request(type, `${part("a", "it's")}${part("b", "x\r\ny")}--marl-1--\r\n`));
  const fields = ["--form-string 'a=it'\\''s'", "--form-string 'b=x\r\ny'"];
  assert.equal(command, ["curl -X POST 'https://a.example/'", ...fields].join(" \\\n  "));
  assert.ok(asCurl(request(type, `${part("a=b", "1")}--marl-1--\r\n`)).includes("--data-raw"));
});

test("what was cut, and any other body, is sent as it is", () => {
  assert.ok(asCurl(request("multipart/form-data; boundary=x", "--x\r\nContent-Disp")).includes("--data-raw '--x"));
  const cut = asCurl(request("application/x-www-form-urlencoded", "a=%E2%9"));
  assert.ok(cut.endsWith("--data-urlencode 'a=%E2%9'"));
  assert.ok(asCurl(request("application/xml", "<a/>")).endsWith("--data-raw '<a/>'"));
  assert.ok(!asCurl({ method: "GET", url: "https://a.example/" }).includes("data"));
});
