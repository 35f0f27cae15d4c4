/** The URL and URLSearchParams of formulas agree with the browser's. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { URL, URLSearchParams } from "../../../frontend/formulas/url.js";

const PARTS = [
  "href",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
  "origin",
];
const partsOf = (url) => Object.fromEntries(PARTS.map((part) => [part, url[part]]));

const ADDRESSES = [
  "https://example.com",
  "https://user:pass@Example.COM:8443/a/../b/./c?x=1&y=2#top",
  "http://example.com:80/?a",
  "https://example.com/a b?q=ä#ü",
  "HTTPS://example.com/%7Euser?a=%20b",
  "mailto:ann@example.com",
  "http://[::1]:8000/x",
  "https://example.com/a/b/../..",
];

for (const address of ADDRESSES) {
  test(`${address} has the parts that a browser sees`, () => {
    assert.deepEqual(partsOf(new URL(address)), partsOf(new globalThis.URL(address)));
  });
}

for (const path of [
  "next",
  "../up",
  "/root",
  "?only=query",
  "#hash",
  "//other.example/x",
  "https://full.example/",
  "",
]) {
  test(`"${path}" is resolved against an address as a browser does it`, () => {
    const base = "https://example.com/dir/page?a=1#b";
    assert.equal(new URL(path, base).href, new globalThis.URL(path, base).href);
  });
}

test("what is not an address is refused", () => {
  for (const address of ["example.com", "", "http://", "https://exa mple.com", "/path"]) {
    assert.throws(() => new URL(address), TypeError);
    assert.equal(URL.canParse(address), false);
    assert.equal(URL.parse(address), null);
  }
  assert.equal(URL.canParse("https://example.com"), true);
});

test("a changed parameter is in the address, and the others stay", () => {
  const url = new URL("https://example.com/?a=1&b=2#end");
  url.searchParams.set("b", "x y");
  url.searchParams.append("c", "ü&=");
  assert.equal(url.href, "https://example.com/?a=1&b=x+y&c=%C3%BC%26%3D#end");
  assert.equal(String(url), url.href);
  assert.equal(JSON.stringify({ url }), `{"url":"${url.href}"}`);
});

test("a query that nobody changed is left as it was written", () => {
  assert.equal(new URL("https://example.com/?a=%20b&c").href, "https://example.com/?a=%20b&c");
});

const QUERIES = ["a=1&b=2", "?a=1&a=2", "a", "a=b=c", "", "x=%zz", "q=a+b%20c"];
for (const query of QUERIES) {
  test(`the parameters of "${query}" are those that a browser reads`, () => {
    const own = [...new URLSearchParams(query)];
    const theirs = query.includes("%zz") ? [["x", "%zz"]] : [...new globalThis.URLSearchParams(query)];
    assert.deepEqual(own, theirs);
  });
}

test("parameters are read, replaced, deleted and sorted as in a browser", () => {
  const steps = (Params) => {
    const params = new Params([
      ["b", "1"],
      ["a", "2"],
      ["b", "3"],
    ]);
    const seen = [params.get("b"), params.getAll("b"), params.has("x"), params.get("x"), params.size];
    params.set("b", "4");
    params.append("c", "!'()~* ü");
    params.delete("a");
    params.sort();
    return [...seen, params.toString(), [...params.keys()], [...params.values()]];
  };
  assert.deepEqual(steps(URLSearchParams), steps(globalThis.URLSearchParams));
});

test("parameters are made from an object", () => {
  assert.equal(new URLSearchParams({ a: 1, b: "x y" }).toString(), "a=1&b=x+y");
});
