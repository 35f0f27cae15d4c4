/**
 * One exchange with a server: the request and the response, as trees or as they were sent.
 *
 * @typedef {[string, string][] | { name: string, value: string }[] | Record<string, string> | null | undefined} Headers
 * @typedef {{ status: number, method: string, url: string, credentials: boolean | null }} Redirect
 * @typedef {{ method: string, url: string, headers?: Headers, body?: string | null, redirects?: Redirect[] }} SentRequest
 * @typedef {{ status: number, headers?: Headers, body?: string | null, truncated?: boolean,
 *   charset?: string, charset_guessed?: boolean }} ReceivedResponse
 */

import { copy } from "../ui/copy.js";
import { button, make } from "../ui/elements.js";
import { newTree, parsed } from "./json-tree.js";

/** @param {Headers} headers @returns {[string, string][]} */
function pairs(headers) {
  if (!Array.isArray(headers)) return Object.entries(headers ?? {});
  return headers.map((header) => (Array.isArray(header) ? header : [header.name, header.value]));
}

/** Writes a command for a shell; the secrets are already hidden. @param {SentRequest} request */
function asCurl({ method, url, headers, body }) {
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = [
    `curl -X ${method} ${quoted(url)}`,
    ...pairs(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
  ];
  if (body) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

/** @param {SentRequest} request @param {{ raw: boolean, search: string }} how */
export function requestPart(request, how) {
  const curl = button("Copy as cURL", "btn small", () => {
    void copy(asCurl(request), "Copied. Replace •••••••• with your own secret.");
  });
  const head = make("header", "", make("h3", "", "Request"), curl);
  const line = make("p", "wire", make("b", "", request.method), ` ${request.url}`);
  const sent = how.raw
    ? [rawPart("Request", `${request.method} ${request.url}`, request)]
    : [line, headersPart(request.headers, how.search), ...bodyPart(request.body, how.search)];
  return make("section", "exchange", head, ...sent, ...redirectsPart(request.redirects ?? []));
}

/** @param {Redirect[]} redirects that were followed @returns {Node[]} */
function redirectsPart(redirects) {
  if (!redirects.length) return [];
  const items = redirects.map(({ status, method, url, credentials }) =>
    make("li", "", make("b", "", String(status)), ` → ${method} ${url}`, credentialsNote(credentials)),
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

/** @param {ReceivedResponse} response @param {{ raw: boolean, search: string }} how */
export function responsePart(response, how) {
  const copyBody = button("Copy body", "btn small", () => void copy(response.body ?? "", "Copied the body."));
  const head = make("header", "", make("h3", "", `Response ${response.status}`), ...(response.body ? [copyBody] : []));
  const part = make("section", "exchange", head);
  if (how.raw) part.append(rawPart("Response", String(response.status), response));
  else part.append(headersPart(response.headers, how.search), ...bodyPart(response.body, how.search));
  const { truncated, charset = "utf-8", charset_guessed } = response;
  if (truncated) part.append(make("p", "notice-line", "The response was longer. Only the beginning is stored."));
  if (charset_guessed)
    part.append(make("p", "notice-line", `The response doesn't name its encoding. It was read as ${charset}.`));
  else if (charset !== "utf-8") part.append(make("p", "notice-line", `The response is encoded in ${charset}.`));
  return part;
}

/** @param {string} label @param {string} first @param {{ headers?: Headers, body?: string | null }} message */
function rawPart(label, first, { headers, body }) {
  const lines = pairs(headers).map(([name, value]) => `${name}: ${value}`);
  const code = make("pre", "code", [first, ...lines, "", body ?? ""].join("\n").trimEnd());
  code.tabIndex = 0;
  code.setAttribute("role", "region");
  code.setAttribute("aria-label", `${label}, raw`);
  return code;
}

/** @param {Headers} headers @param {string} search */
function headersPart(headers, search) {
  const needle = search.trim().toLowerCase();
  const all = pairs(headers);
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

/** @param {string | null | undefined} body @param {string} search @returns {Node[]} */
function bodyPart(body, search) {
  if (!body) return [make("p", "hint", "No body.")];
  const value = parsed(body);
  if (value) return [newTree(value, search)];
  const code = make("pre", "code", body);
  code.tabIndex = 0;
  code.setAttribute("role", "region");
  code.setAttribute("aria-label", "Body");
  return [code];
}
