/**
 * What this browser keeps of the views of a table: which one is shown, in the address too, and what is not saved of each.
 *
 * @typedef {import("./types.d.ts").ViewId} ViewId
 * @typedef {import("./types.d.ts").ViewSpec} ViewSpec
 * @typedef {{ spec: Partial<ViewSpec>, version: number }} Unsaved
 */

/** @param {string | null} text @returns {ViewId} */
const idOf = (text) => (text && /^\d+$/.test(text) ? Number(text) : text === "errors" ? "errors" : "");

/** @param {() => string | null} read */
function quietly(read) {
  try {
    return read();
  } catch {
    return null; // without storage, the next visit begins anew
  }
}

export class ViewStore {
  #key;

  /** @param {number} tableId */
  constructor(tableId) {
    this.#key = `marl:view:${tableId}`;
  }

  /** The view of the address or, if it names none, the one shown last. @returns {ViewId} */
  last() {
    const named = new URLSearchParams(location.search).get("view");
    const id = idOf(named ?? quietly(() => localStorage.getItem(`${this.#key}:last`)));
    this.remember(id);
    return id;
  }

  /** @param {ViewId} id */
  remember(id) {
    const address = new URL(location.href);
    if (id === "") address.searchParams.delete("view");
    else address.searchParams.set("view", String(id));
    history.replaceState(history.state, "", address);
    this.#put(`${this.#key}:last`, id === "" ? undefined : String(id));
  }

  /** @param {ViewId} id @returns {Unsaved | undefined} */
  read(id) {
    const text = quietly(() => localStorage.getItem(this.#keyOf(id)));
    try {
      return text ? JSON.parse(text) : undefined;
    } catch {
      return undefined;
    }
  }

  /** @param {ViewId} id @param {Unsaved | undefined} unsaved */
  write(id, unsaved) {
    this.#put(this.#keyOf(id), unsaved && JSON.stringify(unsaved));
  }

  /** @param {ViewId} id */
  #keyOf(id) {
    return `${this.#key}:${id || "all"}`;
  }

  /** @param {string} key @param {string | undefined} text */
  #put(key, text) {
    quietly(() => {
      if (text === undefined) localStorage.removeItem(key);
      else localStorage.setItem(key, text);
      return null;
    });
  }
}
