/**
 * What was typed as comments and not sent: by row, and the new text of the comment that is being edited. It outlives a load
 * of the page in this tab, for the same person.
 *
 * @typedef {{ id: number, text: string }} Edit of a comment
 */

export class CommentDrafts {
  #key;
  /** By row. @type {Map<number, string>} */
  #texts = new Map();
  /** @type {Edit | undefined} */
  edit;

  /** @param {number} tableId */
  constructor(tableId) {
    const userId = document.querySelector("[data-user-id]")?.getAttribute("data-user-id");
    this.#key = `marl-comments:${userId}:${tableId}`;
    this.#take();
    addEventListener("pagehide", () => this.#store());
    addEventListener("pageshow", ({ persisted }) => persisted && sessionStorage.removeItem(this.#key));
  }

  get any() {
    return this.edit !== undefined || [...this.#texts.values()].some((text) => text.trim());
  }

  /** @param {number} rowId */
  of(rowId) {
    return this.#texts.get(rowId) ?? "";
  }

  /** @param {number} rowId @param {string} text */
  set(rowId, text) {
    if (text) this.#texts.set(rowId, text);
    else this.#texts.delete(rowId);
  }

  #take() {
    const stored = JSON.parse(sessionStorage.getItem(this.#key) ?? "null");
    sessionStorage.removeItem(this.#key);
    if (!stored) return;
    this.#texts = new Map(stored.texts);
    this.edit = stored.edit;
  }

  #store() {
    if (!this.any) return;
    try {
      sessionStorage.setItem(this.#key, JSON.stringify({ texts: [...this.#texts], edit: this.edit }));
    } catch {
      // more than the browser keeps
    }
  }
}
