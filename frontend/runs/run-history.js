/**
 * The list of past runs: those that somebody started, and for each column what its automatic runs did together.
 *
 * @typedef {import("../grid/types.d.ts").Run & { started_by: string | null }} Run
 * @typedef {Pick<Run, "column_id" | "counts"> & { runs: number, last: string }} Automatic
 * @typedef {import("./progress.js").Progress} Progress
 */

import { openErrors } from "../grid/signals.js";
import { api, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { agoText, formatNumber, plural, timeText } from "../ui/format.js";
import { toast } from "../ui/notices.js";
import { place } from "../ui/place.js";
import {
  didText,
  endedCount,
  errorsOf,
  errorText,
  isOpen,
  outcomes,
  pausedItself,
  pauseText,
  scopeText,
  slowedText,
} from "./run-words.js";

const PAGE = 20; // runs

/** @param {Progress} progress @param {HTMLElement} opener */
export function listenToHistory(progress, opener) {
  const list = make("div", "floating menu run-history");
  list.popover = "auto";
  list.tabIndex = -1;
  list.setAttribute("role", "region");
  list.setAttribute("aria-label", "Runs of this table");
  document.body.append(list);
  const offer = () => (opener.hidden = !progress.grid.columns.list.some(({ type }) => type === "http"));
  progress.grid.columns.addEventListener("change", offer);
  offer();
  opener.addEventListener("click", () => void new RunHistory(progress, list, opener).open());
}

class RunHistory {
  #own = make("div", "own");

  /** @param {Progress} progress @param {HTMLElement} list @param {HTMLElement} opener */
  constructor(progress, list, opener) {
    this.progress = progress;
    this.list = list;
    this.opener = opener;
    this.path = `/tables/${progress.grid.table.id}/runs`;
  }

  async open() {
    try {
      const [automatic] = await Promise.all([this.#automatic(), this.#addPage()]);
      const none = make("p", "hint", "No runs yet.");
      const parts = this.#own.childElementCount || automatic.length ? [this.#own, ...automatic] : [none];
      this.list.replaceChildren(make("h2", "", "Runs"), ...parts);
      this.list.showPopover();
      place(this.list, this.opener);
      this.list.focus();
    } catch (error) {
      toast(`Can't show the runs. ${reasonOf(error)}`);
    }
  }

  /** Fetches the next runs that somebody started. */
  async #addPage() {
    const offset = this.#own.querySelectorAll("article").length;
    /** @type {{ items: Run[], total: number }} */
    const { items, total } = await api("GET", `${this.path}?automatic=false&limit=${PAGE}&offset=${offset}`);
    this.#own.querySelector(".older")?.remove();
    this.#own.append(...items.map((run) => this.#newItem(run)));
    if (offset + items.length >= total) return;
    const more = () => void this.#addPage().catch((error) => toast(`Can't show older runs. ${reasonOf(error)}`));
    this.#own.append(button("Older runs", "btn small older", more));
  }

  /** @returns {Promise<HTMLElement[]>} */
  async #automatic() {
    /** @type {{ items: Automatic[] }} */
    const { items } = await api("GET", `${this.path}/automatic`);
    if (!items.length) return [];
    return [make("h3", "", "Automatic updates"), ...items.map((sums) => this.#newSum(sums))];
  }

  /** @param {Run} run */
  #newItem(run) {
    const words = isOpen(run) ? soFarText(run) : didText(run);
    const when = run.started_at ? timeText(run.started_at) : "not started";
    const facts = [when, ...(run.started_by ? [run.started_by] : []), words].join(" · ");
    const item = this.#newArticle(run, scopeText(run.scope), facts, run.id);
    if (pausedItself(run) && this.progress.grid.canEdit) {
      const resume = button("Resume now", "btn small", () => {
        this.list.hidePopover();
        void this.progress.act(run, "resume");
      });
      item.append(resume);
    }
    return item;
  }

  /** @param {Automatic} sums */
  #newSum(sums) {
    const did = outcomes(sums).join(", ") || "nothing to do";
    const facts = `${plural(sums.runs, "run")}, the last ${agoText(sums.last)} · ${did}`;
    return this.#newArticle(sums, `${plural(sums.counts.total, "row")} automatically`, facts);
  }

  /** @param {Pick<Run, "column_id" | "counts">} of @param {string} scope @param {string} facts @param {number} [runId] */
  #newArticle(of, scope, facts, runId) {
    const name = make("b", "", this.progress.nameOf(of));
    const item = make("article", "", make("p", "", name, ` · ${scope}`), make("p", "hint", facts));
    if (!errorsOf(of)) return item;
    const showErrors = button(errorText(errorsOf(of)), "btn small", () => {
      this.list.hidePopover();
      openErrors(of.column_id, runId);
    });
    item.append(showErrors);
    return item;
  }
}

/** @param {Run} run */
function soFarText(run) {
  const soFar = `${formatNumber(endedCount(run))} of ${formatNumber(run.counts.total)} so far`;
  const more = run.state === "paused" ? pauseText(run) : slowedText(run);
  return more ? `${soFar} · ${more}` : soFar;
}
