/**
 * The footer: the newest run in a line, and the others behind "2 more". Screen readers hear the percentage now and then.
 *
 * @typedef {import("../grid/types.d.ts").Run} Run
 * @typedef {import("./progress.js").Progress} Progress
 */

import { button, make } from "../ui/elements.js";
import { place } from "../ui/place.js";
import { RunLine } from "./run-line.js";
import { didText, isOpen, percent } from "./run-words.js";
import { Tab } from "./tab.js";

const ANNOUNCED_EVERY_MS = 10_000;

export class Footer {
  /** The first one is in the footer, the others behind "more". @type {RunLine[]} */
  #lines = [];
  #others = make("div", "floating menu run-lines");
  #more = button("", "btn ghost", () => this.#openOthers());
  #liveRegion = make("span", "visually-hidden");
  #announcedAt = 0;

  /** @param {Progress} progress @param {HTMLElement} element */
  constructor(progress, element) {
    this.progress = progress;
    this.element = element;
    this.#liveRegion.setAttribute("aria-live", "polite");
    this.#others.popover = "auto";
    this.#others.setAttribute("role", "group");
    this.#others.setAttribute("aria-label", "Other runs");
    this.#lines.push(new RunLine(progress));
    element.append(this.#lines[0].element, this.#more, this.#others);
    element.after(this.#liveRegion);
    new Tab(progress, element);
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
    const [first] = open;
    if (first && Date.now() - this.#announcedAt > ANNOUNCED_EVERY_MS)
      this.#announce(`${this.progress.nameOf(first)}: ${percent(first)} percent`);
  }

  /** @param {Run} run */
  #end(run) {
    this.#announce(`${this.progress.nameOf(run)}: ${didText(run)}`);
  }

  /** @param {string} words */
  #announce(words) {
    this.#announcedAt = Date.now();
    this.#liveRegion.textContent = words;
  }

  #openOthers() {
    this.#others.showPopover();
    place(this.#others, this.#more);
  }
}
