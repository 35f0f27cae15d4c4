/** What the columns of the table hold in the row that the panel shows: for the menus of references. */

import { api } from "../ui/api.js";

const SETTLE_MS = 300; // rows stepped past within this time are not fetched

/** @typedef {import("../fields/references.js").Reference} Reference */
/** @typedef {import("../fields/references.js").Example & { column_id: number, name: string }} Item */

export class Examples {
  /** @type {Reference[] | null} null until they are here */
  #references = null;
  /** Of the column itself: what a condition over its answers refers to. @type {Reference | undefined} */
  #own;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.panel = panel;
    const gone = new AbortController();
    const again = () => (panel.isConnected ? this.#loadSoon() : gone.abort());
    panel.addEventListener("input", (event) => {
      if (/** @type {HTMLElement} */ (event.target).dataset.rowNumber !== undefined) this.#loadSoon();
    });
    for (const name of ["marl:columns-changed", "marl:run"])
      document.addEventListener(name, again, { signal: gone.signal });
    void this.#load();
  }

  #loadSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#load(), SETTLE_MS);
  }

  get #position() {
    /** @type {HTMLInputElement | null} */
    const number = this.panel.querySelector("[data-row-number]");
    return Math.max(0, (Number(number?.value) || 1) - 1);
  }

  async #load() {
    const { tableId, columnId } = this.panel.dataset;
    const position = this.#position;
    /** @type {{ row: { position: number } | null, items: Item[] } | null} */
    const shown = await api("GET", `/tables/${tableId}/examples?position=${position}`).catch(() => null); // the names are enough
    if (!shown || position !== this.#position) return; // what comes late is of another row
    const referenceTo = (/** @type {Item} */ item) => ({
      name: item.name,
      type: item.type,
      example: item,
      row: shown.row?.position,
    });
    const own = shown.items.find(({ column_id: id }) => String(id) === columnId);
    this.#own = own && referenceTo(own);
    this.#references = shown.items.filter((item) => item !== own).map(referenceTo);
  }

  /** Returns the references with what is known of them. @param {Reference[]} named @returns {Reference[]} */
  addTo(named) {
    return this.#references ?? named;
  }

  /** Adds the fields of the last answer to the body of the answers that a condition is about. @param {Reference[]} named @returns {Reference[]} */
  addToAnswer(named) {
    const example = this.#own?.example;
    return named.map((one) => (one.name === "body" && example?.fields.length ? { ...one, example } : one));
  }
}
