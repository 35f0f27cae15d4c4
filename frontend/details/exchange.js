/**
 * One exchange with a server: the request and the response, as trees or as they were sent.
 *
 * @typedef {[string, string][] | { name: string, value: string }[] | Record<string, string> | null | undefined} Headers
 * @typedef {{ status: number, method: string, url: string, credentials: boolean | null }} Hop
 * @typedef {{ method: string, url: string, headers?: Headers, body?: string | null }} SentRequest
 * @typedef {{ status: number, headers?: Headers, body?: string | null, truncated?: boolean,
 *   charset?: string, charset_guessed?: boolean }} ReceivedResponse
 * @typedef {{ raw: boolean, search: string, fields?: { target: import("../answers/tree.js").Target | undefined,
 *   memory: import("../answers/tree.js").Memory } }} How it is shown; `fields`: what becomes of those of the response
 */

import { AnswerTree } from "../answers/tree.js";
import { copy } from "../ui/copy.js";
import { button, make } from "../ui/elements.js";
import { icon } from "../ui/icons.js";
import { parseHolder } from "../ui/json.js";
import { asCurl } from "./curl.js";
import { headerPairs } from "./headers.js";

/** @param {SentRequest} request @param {Hop[]} hops that were followed @param {How} how */
export function requestPart(request, hops, how) {
  const curl = button("Copy as cURL", "btn small", () => {
    void copy(asCurl(request), "Copied. Replace •••••••• with your own secret.");
  });
  const head = make("header", "", make("h3", "", "Request"), curl);
  const line = make("p", "wire", make("b", "", request.method), ` ${request.url}`);
  const sent = how.raw
    ? [rawPart("Request", `${request.method} ${request.url}`, request)]
    : [line, headersPart(request.headers, how.search), ...bodyPart(request.body, "Request body", how)];
  return make("section", "exchange", head, ...sent, ...redirectsPart(hops));
}

/** What an API did by itself: it posted to the address that it had been given. @param {SentRequest} call */
export function callPart({ method, url }) {
  return make(
    "section",
    "exchange",
    make("header", "", make("h3", "", "The API called back")),
    make("p", "wire", make("b", "", method), ` ${url}`),
  );
}

/** @param {Hop[]} hops @returns {Node[]} */
function redirectsPart(hops) {
  if (!hops.length) return [];
  const items = hops.map(({ status, method, url, credentials }) =>
    make(
      "li",
      "",
      make("b", "", String(status)),
      " ",
      icon("right"),
      ` ${method} ${url}`,
      credentialsNote(credentials),
    ),
  );
  const list = make("ol", "redirects", ...items);
  list.setAttribute("aria-label", "Redirects");
  return [list];
}

/** @param {boolean | null} along */
function credentialsNote(along) {
  if (along === null) return "";
  return make("span", "hint", along ? " with the credentials" : " without the credentials");
}

/** @param {ReceivedResponse} response @param {How} how @param {string} title */
export function responsePart(response, how, title = `Response ${response.status}`) {
  const copyBody = button("Copy body", "btn small", () => void copy(response.body ?? "", "Copied the body."));
  const head = make("header", "", make("h3", "", title), ...(response.body ? [copyBody] : []));
  const part = make("section", "exchange", head);
  if (how.raw) part.append(rawPart("Response", String(response.status), response));
  else
    part.append(
      headersPart(response.headers, how.search),
      ...bodyPart(response.body, "Response", how, response.status < 300),
    );
  const { truncated, charset = "utf-8", charset_guessed } = response;
  if (truncated) part.append(make("p", "notice-line", "The response was longer. Only the beginning is stored."));
  if (charset_guessed)
    part.append(make("p", "notice-line", `The response doesn't name its encoding. It was read as ${charset}.`));
  else if (charset !== "utf-8") part.append(make("p", "notice-line", `The response is encoded in ${charset}.`));
  return part;
}

/** @param {string} label @param {string} first @param {{ headers?: Headers, body?: string | null }} message */
function rawPart(label, first, { headers, body }) {
  const lines = headerPairs(headers).map(([name, value]) => `${name}: ${value}`);
  const code = make("pre", "code", [first, ...lines, "", body ?? ""].join("\n").trimEnd());
  code.tabIndex = 0;
  code.setAttribute("role", "region");
  code.setAttribute("aria-label", `${label}, raw`);
  return code;
}

/** @param {Headers} headers @param {string} search */
function headersPart(headers, search) {
  const needle = search.trim().toLowerCase();
  const all = headerPairs(headers);
  const shown = all.filter(([name, value]) => `${name}: ${value}`.toLowerCase().includes(needle));
  const list = make("dl", "", ...shown.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
  const part = make(
    "details",
    "headers",
    make("summary", "", `${all.length} ${all.length === 1 ? "header" : "headers"}`),
  );
  if (shown.length) part.append(list);
  part.open = Boolean(needle && shown.length);
  return part;
}

/** @param {string | null | undefined} body @param {string} label @param {How} how @param {boolean} [gives] whether columns are made of its fields @returns {Node[]} */
function bodyPart(body, label, { search, fields }, gives = false) {
  if (!body) return [make("p", "hint", "No body.")];
  const value = parseHolder(body);
  if (value) return treePart(new AnswerTree(value, { label, ...(gives ? fields : {}) }), search);
  const code = make("pre", "code", body);
  code.tabIndex = 0;
  code.setAttribute("role", "region");
  code.setAttribute("aria-label", "Body");
  return [code];
}

/** @param {AnswerTree} tree @param {string} search @returns {Node[]} */
function treePart(tree, search) {
  tree.search(search);
  return [tree.isEmpty ? make("p", "hint", search ? "Nothing found." : "Empty.") : tree.element];
}
