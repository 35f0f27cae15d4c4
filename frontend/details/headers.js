/** @param {import("./exchange.js").Headers} headers @returns {[string, string][]} */
export function headerPairs(headers) {
  if (!Array.isArray(headers)) return Object.entries(headers ?? {});
  return headers.map((header) => (Array.isArray(header) ? header : [header.name, header.value]));
}
