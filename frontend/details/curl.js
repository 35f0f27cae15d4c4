/** A request as a command for a shell, as the panel writes it too; the secrets are already hidden. */

import { headerPairs } from "./headers.js";

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** @param {import("./exchange.js").SentRequest} request */
export function asCurl({ method, url, headers, body }) {
  const all = headerPairs(headers);
  const type = all.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const texts = type.startsWith("multipart/form-data") ? partsOf(body ?? "") : [];
  const shown = all.filter(([name]) => !(texts.length && name.toLowerCase() === "content-type"));
  const parts = [
    `curl -X ${method} ${quoted(url)}`,
    ...shown.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(texts.length ? texts.map((text) => `--form-string ${quoted(text)}`) : dataOf(type, body)),
  ];
  return parts.join(" \\\n  ");
}

/** @param {string} type @param {string | null | undefined} body */
function dataOf(type, body) {
  if (!body) return [];
  const pairs = body.split("&").map((pair) => /^([^=]+)=(.*)$/s.exec(pair));
  if (!type.startsWith("application/x-www-form-urlencoded") || pairs.includes(null))
    return [`--data-raw ${quoted(body)}`];
  return pairs.map((pair) => `--data-urlencode ${quoted(`${pair?.[1]}=${decoded(pair?.[2] ?? "")}`)}`);
}

/** @param {string} value */
function decoded(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // cut by the bound of what is stored
  }
}

/** Returns `name=value` of each part; nothing where curl can't say one of them. @param {string} body @returns {string[]} */
function partsOf(body) {
  const delimiter = body.slice(0, body.indexOf("\r\n"));
  const end = `${delimiter}--\r\n`;
  if (!body.endsWith(end)) return [];
  const parts = body.slice(0, -end.length).split(`${delimiter}\r\n`).slice(1);
  const found = parts.map((part) => /^Content-Disposition: form-data; name="([^"=]*)"\r\n\r\n(.*)\r\n$/s.exec(part));
  return found.includes(null) ? [] : found.map((part) => `${part?.[1]}=${part?.[2]}`);
}
