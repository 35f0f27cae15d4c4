/** Where in a text the menu of references opens, and which part of the text filters it. */

/**
 * @typedef {object} Opening
 * @property {number} from where the reference goes
 * @property {number} typed where the filter begins
 * @property {boolean} [inBraces] whether braces that close it may follow
 * @property {string} [inside] a reference, as it stands in braces, whose fields are offered
 * @property {boolean} [inPath] after a slash that may as well belong to an address: nothing is selected by itself
 */

const FILTER = /^[^\n"{}/]*$/;

/**
 * @param {string} before @param {string} after the caret @param {string} kind of template
 * @returns {Opening | null}
 */
export function openingAt(before, after, kind) {
  const braces = /\{\{(?!\{)[^{}\n]*$/.exec(before);
  if (braces) return { from: braces.index, typed: braces.index + 2, inBraces: true };
  const dot = /\{\{([^{}\n]+)\}\}\.[\w.[\]*]*$/.exec(before);
  if (dot) return { from: dot.index, typed: dot.index + dot[1].length + 5, inside: dot[1].trim() };
  return slashAt(before, after, kind);
}

/** @param {string} before @param {string} after @param {string} kind @returns {Opening | null} */
function slashAt(before, after, kind) {
  const slash = /\/(?!\s)[^\n"{}/]*$/.exec(before)?.index;
  if (slash === undefined) return null;
  const lead = before.slice(0, slash);
  if (/(^|[a-z]):\/?$/i.test(lead)) return null; // of https://
  if (kind === "url" && /^\s*https?:\/\/[^?#]*[^/?#]$/i.test(lead))
    return after === "" ? { from: slash + 1, typed: slash + 1, inPath: true } : null;
  const isSecond = kind === "url" && /^\s*https?:\/\/[^/?#]+[^?#]*\/$/i.test(lead); // nobody wants an empty part of an address
  return isSecond || /(^|[\s"'([{,:=&?>+])$/.test(lead) ? { from: slash, typed: slash + 1 } : null;
}

/** Says whether text can filter the menu. @param {string} text */
export const isFilter = (text) => FILTER.test(text);
