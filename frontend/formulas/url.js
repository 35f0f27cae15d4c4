/** URL and URLSearchParams, which QuickJS lacks: enough to take an address apart and to put one together. */

const PATTERN =
  /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/(?:([^/?#@]*)@)?(\[[0-9A-Fa-f:.]+\]|[^/?#:]*)(?::(\d*))?)?([^?#]*)(\?[^#]*)?(#.*)?$/s;
/** @type {Record<string, string>} */
const PORTS = { "http:": "80", "https:": "443", "ws:": "80", "wss:": "443", "ftp:": "21" };

/** @param {string} text */
const decoded = (text) => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
};
/** @param {string} text */
const encoded = (text) =>
  encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

export class URLSearchParams {
  /** @type {[string, string][]} */
  #pairs = [];

  /** @param {any} [from] */
  constructor(from = "") {
    if (typeof from === "string") this.#pairs = parsed(from);
    else for (const [name, value] of from[Symbol.iterator] ? from : Object.entries(from)) this.append(name, value);
  }
  /** @param {any} name @param {any} value */
  append(name, value) {
    this.#pairs.push([String(name), String(value)]);
  }
  /** @param {string} name */
  delete(name) {
    this.#pairs = this.#pairs.filter(([other]) => other !== String(name));
  }
  /** @param {string} name */
  get(name) {
    return this.getAll(name)[0] ?? null;
  }
  /** @param {string} name */
  getAll(name) {
    return this.#pairs.filter(([other]) => other === String(name)).map(([, value]) => value);
  }
  /** @param {string} name */
  has(name) {
    return this.#pairs.some(([other]) => other === String(name));
  }
  /** @param {string} name @param {any} value */
  set(name, value) {
    const place = this.#pairs.findIndex(([other]) => other === String(name));
    this.delete(name);
    this.#pairs.splice(place < 0 ? this.#pairs.length : place, 0, [String(name), String(value)]);
  }
  sort() {
    this.#pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  }
  /** @param {(value: string, name: string, params: URLSearchParams) => void} callback */
  forEach(callback) {
    for (const [name, value] of this.#pairs) callback(value, name, this);
  }
  entries() {
    return this.#pairs.map(([name, value]) => [name, value]).values();
  }
  keys() {
    return this.#pairs.map(([name]) => name).values();
  }
  values() {
    return this.#pairs.map(([, value]) => value).values();
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  get size() {
    return this.#pairs.length;
  }
  toJSON() {
    return this.toString();
  }
  toString() {
    return this.#pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&");
  }
}

/** @param {string} query @returns {[string, string][]} */
function parsed(query) {
  const pieces = query.replace(/^\?/, "").split("&").filter(Boolean);
  return pieces.map((piece) => {
    const [name, ...rest] = piece.split("=");
    return [decoded(name), decoded(rest.join("="))];
  });
}

/** Resolves `..` and `.`. @param {string} path */
function tidy(path) {
  /** @type {string[]} */
  const resolved = [];
  const pieces = path.split("/");
  pieces.forEach((piece, index) => {
    if (piece === "..") {
      if (resolved.length > 1) resolved.pop();
    } else if (piece !== ".") resolved.push(piece);
    if ((piece === ".." || piece === ".") && index === pieces.length - 1) resolved.push("");
  });
  return resolved.join("/");
}

/** @param {string} text */
const escaped = (text) => encodeURI(text).replaceAll("%25", "%").replaceAll("%5B", "[").replaceAll("%5D", "]");

export class URL {
  /** @param {any} address @param {any} [base] */
  constructor(address, base) {
    const text = absolute(String(address).trim(), base);
    const match = PATTERN.exec(text);
    const protocol = `${match?.[1].toLowerCase()}:`;
    const host = match?.[3] ?? "";
    const isWeb = protocol in PORTS;
    if (!match || (isWeb && (!host || /[\s<>^|%"{}\\]/.test(host)))) throw new TypeError("Invalid URL");
    const [username = "", password = ""] = (match[2] ?? "").split(":");
    this.protocol = protocol;
    this.username = username;
    this.password = password;
    this.hostname = isWeb ? host.toLowerCase() : host;
    this.port = match[4] && match[4] !== PORTS[protocol] ? String(Number(match[4])) : "";
    this.pathname = escaped(isWeb ? tidy(match[5] || "/") : match[5]);
    this.hash = match[7] && match[7] !== "#" ? escaped(match[7]) : "";
    this.searchParams = new URLSearchParams(match[6] ?? "");
    this.search = match[6] && match[6] !== "?" ? escaped(match[6]) : "";
    Object.defineProperty(this, "searchParams", { enumerable: false });
  }
  get host() {
    return this.hostname + (this.port && `:${this.port}`);
  }
  get origin() {
    return this.protocol in PORTS ? `${this.protocol}//${this.host}` : "null";
  }
  get href() {
    const user = this.username && `${this.username}${this.password && `:${this.password}`}@`;
    const slashes = this.protocol in PORTS || this.hostname ? "//" : "";
    // A query that was changed through searchParams is written anew; otherwise it stays as it was.
    const query = this.searchParams.toString();
    const search = query === new URLSearchParams(this.search).toString() ? this.search : query && `?${query}`;
    return `${this.protocol}${slashes}${user}${this.host}${this.pathname}${search}${this.hash}`;
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
  /** @param {any} address @param {any} [base] */
  static canParse(address, base) {
    return URL.parse(address, base) !== null;
  }
  /** @param {any} address @param {any} [base] */
  static parse(address, base) {
    try {
      return new URL(address, base);
    } catch {
      return null;
    }
  }
}

/** @param {string} address @param {any} base */
function absolute(address, base) {
  if (base === undefined || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(address)) return address;
  const from = new URL(base);
  if (address.startsWith("//")) return from.protocol + address;
  const start = from.origin;
  if (address.startsWith("/")) return start + address;
  if (address.startsWith("?")) return start + from.pathname + address;
  if (address.startsWith("#") || address === "") return start + from.pathname + from.search + address;
  return start + from.pathname.replace(/[^/]*$/, "") + address;
}
