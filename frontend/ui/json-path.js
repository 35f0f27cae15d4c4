/** Paths to a value inside JSON, as the server reads them: `address.city`, `items[0]`, `["a key"]`. */

/** Extends a path by one step. @param {string} path "" for the root @param {string} key @param {boolean} inList */
export function joinPath(path, key, inList) {
  if (inList) return `${path}[${key}]`;
  const plain = !/[.[\]\\"]/.test(key) && key !== "" && key !== "*" && key.trim() === key && !key.startsWith("$");
  if (!plain) return `${path}["${key.replace(/[\\"]/g, "\\$&")}"]`;
  return path ? `${path}.${key}` : key;
}
