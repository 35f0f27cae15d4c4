/**
 * The footer: the newest run in a line, the others behind "2 more", and what was run before. The browser's tab tells
 * the percentage, and screen readers hear it now and then.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("./progress.js").Progress} Progress
 */
import { button, make } from "../ui/elements.js";
import { place } from "../ui/menu.js";
import { RunLine } from "./run-line.js";
import { didText, isOpen, percent } from "./run-words.js";

const SAID_EVERY_MS = 10_000;

export class Footer {
  /** @type {RunLine[]} the first one is in the footer, the others behind "more" */
  #lines = [];
  #others = make("div", "floating menu run-lines");
  #more = button("", "btn ghost", () => this.#openOthers());
  #said = make("span", "visually-hidden");
  #saidAt = 0;
  #title = document.title;

  /** @param {Progress} progress @param {HTMLElement} element */
  constructor(progress, element) {
    this.progress = progress;
    this.element = element;
    this.#said.setAttribute("aria-live", "polite");
    this.#others.popover = "auto";
    this.#others.setAttribute("role", "group");
    this.#others.setAttribute("aria-label", "Other runs");
    this.#lines.push(new RunLine(progress));
    element.append(this.#lines[0].element, this.#more, this.#others);
    element.after(this.#said);
    progress.addEventListener("change", () => this.#paint());
    progress.addEventListener("end", (event) => this.#end(/** @type {CustomEvent<Run>} */ (event).detail));
  }

  #paint() {
    const { runs } = this.progress;
    const open = runs.filter(isOpen);
    const shown = open.length ? open : runs.slice(0, 1);
    this.element.hidden = !shown.length;
    while (this.#lines.length < shown.length) this.#lines.push(new RunLine(this.progress));
    shown.forEach((run, index) => {
      this.#lines[index].fill(run);
    });
    this.#more.hidden = shown.length < 2;
    this.#more.textContent = `${shown.length - 1} more`;
    const others = this.#lines.slice(1, shown.length).map(({ element }) => element);
    if (others.length !== this.#others.childElementCount) this.#others.replaceChildren(...others);
    if (!others.length && this.#others.matches(":popover-open")) this.#others.hidePopover();
    this.#tellTab(open);
    const [first] = open;
    if (first && Date.now() - this.#saidAt > SAID_EVERY_MS)
      this.#say(`${this.progress.nameOf(first)}: ${percent(first)} percent`);
  }

  /** @param {Run[]} open */
  #tellTab(open) {
    const { name } = this.progress.grid.table;
    const paused = open.length > 0 && open.every(({ state }) => state === "paused");
    document.title = open.length ? `${paused ? "Paused" : `${percent(...open)}%`} · ${name}` : this.#title;
  }

  /** @param {Run} run */
  #end(run) {
    this.#say(`${this.progress.nameOf(run)}: ${didText(run)}`);
  }

  /** @param {string} words */
  #say(words) {
    this.#saidAt = Date.now();
    this.#said.textContent = words;
  }

  #openOthers() {
    this.#others.showPopover();
    place(this.#others, this.#more.getBoundingClientRect());
  }
}
