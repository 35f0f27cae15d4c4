/**
 * The text of a comment, taken apart: what is a link, and what names a member. Everything else stays text.
 *
 * @typedef {{ kind: "text" | "link" | "mention", text: string }} Part
 */

import { make } from "../ui/elements.js";

const LINK = /https?:\/\/[^\s<>"]+/g;
const AFTER_LINK = /[.,;:!?'")\]}]+$/; // belongs to the sentence around it

/** @param {string} text */
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Takes out what a pattern finds. @param {Part[]} parts @param {RegExp} pattern @param {Part["kind"]} kind */
function split(parts, pattern, kind) {
  return parts.flatMap((part) => {
    if (part.kind !== "text") return [part];
    /** @type {Part[]} */
    const found = [];
    let end = 0;
    for (const match of part.text.matchAll(pattern)) {
      const text = kind === "link" ? match[0].replace(AFTER_LINK, "") : match[0];
      found.push({ kind: "text", text: part.text.slice(end, match.index) }, { kind, text });
      end = match.index + text.length;
    }
    return [...found, { kind: /** @type {const} */ ("text"), text: part.text.slice(end) }];
  });
}

/** @param {string} text @param {string[]} names as they are written in it @returns {Part[]} */
export function partsOf(text, names) {
  const links = split([{ kind: "text", text }], LINK, "link");
  const longestFirst = [...names].sort((a, b) => b.length - a.length).map(escaped);
  const all = names.length ? split(links, new RegExp(`@(?:${longestFirst.join("|")})`, "gi"), "mention") : links;
  return all.filter((part) => part.text);
}

/** @param {string} text @param {string[]} names */
export function newText(text, names) {
  const nodes = partsOf(text, names).map((part) => {
    if (part.kind === "text") return part.text;
    if (part.kind === "mention") return make("span", "mention", part.text);
    return make("a", { href: part.text, target: "_blank", rel: "noopener noreferrer nofollow" }, part.text);
  });
  return make("p", "comment-text", ...nodes);
}
