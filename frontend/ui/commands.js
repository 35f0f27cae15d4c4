/**
 * What can be done on a page: its parts offer commands, and the search of commands (Ctrl+K) finds them.
 *
 * @typedef {object} Command
 * @property {string} text
 * @property {string} [note] what kind of command it is, in soft letters at the right
 * @property {import("./icon-names.js").IconName} [icon]
 * @property {boolean} [isHelp] it says how something is done: what does it goes before
 * @property {() => void} run
 *
 * @typedef {() => Command[] | Promise<Command[]>} Source
 */

const REMEMBERED = "marl:commands";
const RECENT = 8;
const OF_HELP = 3; // ranks that do something

/** @type {Source[]} */
const sources = [];

/** Offers commands, which are asked for whenever the search opens; what is offered last comes first. @param {Source} source */
export const offerCommands = (source) => sources.push(source);

/** Gives the commands of all parts, again as soon as another part has them. @param {(commands: Command[]) => void} give */
export function collectCommands(give) {
  /** @type {Command[][]} */
  const found = sources.map(() => []);
  sources.forEach(async (source, index) => {
    const commands = source();
    found[index] = Array.isArray(commands) ? commands : await commands.catch(() => []);
    give(found.toReversed().flat());
  });
}

/** Makes commands of the buttons and links that can be pressed in a part of the page, but not of the tabs of views. @param {Element | null} part @param {string} note @returns {Command[]} */
export function commandsOf(part, note) {
  const pressable = /** @type {NodeListOf<HTMLElement>} */ (
    part?.querySelectorAll("a[href]:not([data-view]), button:enabled") ?? []
  );
  return [...pressable]
    .filter((element) => !element.closest("[hidden]"))
    .map((element) => ({ text: nameOf(element), note, run: () => element.click() }))
    .filter(({ text }) => text);
}

/** @param {HTMLElement} element */
function nameOf(element) {
  if (element.ariaLabel) return element.ariaLabel;
  const words = [...element.childNodes].filter((node) => node.nodeName !== "KBD").map((node) => node.textContent);
  return words.join("").trim().replace(/\s+/g, " ");
}

/**
 * Finds the commands that have every word that was typed: those first that begin with it, then those with a word that does,
 * and help after all that does something. With nothing typed, those that were used last come first.
 * @param {Command[]} commands @param {string} typed @param {string[]} [recent] texts, the last one first
 */
export function ranked(commands, typed, recent = []) {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const rank = words.length ? byMatch(words) : byUse(recent);
  return commands
    .map((command) => ({ command, rank: rank(command) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .map(({ command }) => command);
}

/** @param {string[]} words @returns {(command: Command) => number} */
const byMatch =
  (words) =>
  ({ text, note = "", isHelp }) => {
    const [name, all] = [text.toLocaleLowerCase(), `${text} ${note}`.toLocaleLowerCase()];
    if (!words.every((word) => all.includes(word))) return Infinity;
    const first = isHelp ? OF_HELP : 0;
    if (name.startsWith(words.join(" "))) return first;
    return first + (words.every((word) => ` ${name}`.includes(` ${word}`)) ? 1 : 2);
  };

/** @param {string[]} recent @returns {(command: Command) => number} */
const byUse =
  (recent) =>
  ({ text }) => {
    const place = recent.indexOf(text);
    return place < 0 ? recent.length : place;
  };

/** The texts of the commands that were used last, the last one first. @returns {string[]} */
export function recentCommands() {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED) ?? "[]");
  } catch {
    return []; // somebody else wrote it, or the browser keeps nothing
  }
}

/** @param {string} text */
export function rememberCommand(text) {
  const recent = [text, ...recentCommands().filter((other) => other !== text)].slice(0, RECENT);
  localStorage.setItem(REMEMBERED, JSON.stringify(recent));
}
