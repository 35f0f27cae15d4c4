/**
 * What people say about a row: a part of its record. It follows what others write, and keeps what is typed for each row
 * until it is sent.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Row} Row
 * @typedef {object} Comment
 * @property {number} id
 * @property {string} who
 * @property {string} text
 * @property {{ written: string }[]} mentions
 * @property {string} created_at
 * @property {string | null} edited_at
 * @property {boolean} can_change
 * @property {boolean} can_delete
 */

import { api, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { keepingFocus } from "../ui/focus.js";
import { agoText } from "../ui/format.js";
import { icon, iconButton } from "../ui/icons.js";
import { toast } from "../ui/notices.js";
import { CommentDrafts } from "./comment-drafts.js";
import { newText } from "./comment-text.js";
import { MentionMenu } from "./mention-menu.js";

export class RowComments {
  element = make("section", { className: "comments", ariaLabel: "Comments" });
  #title = make("h3", { tabIndex: -1 });
  #list = make("ol", "comment-list");
  #problem = make("p", "problem");
  #form;
  #rowId = -1;
  /** Those that are drawn; undefined before they have arrived. @type {Comment[] | undefined} */
  #comments;
  #drafts;
  /** The comment that is being edited. @type {number | undefined} */
  #edited;

  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
    this.#drafts = new CommentDrafts(grid.table.id);
    this.#form = this.#newForm({
      label: "Write a comment",
      confirm: "Comment",
      send: (text) => this.#add(text),
    });
    this.#form.field.addEventListener("input", () => this.#drafts.set(this.#rowId, this.#form.field.value));
    this.#problem.role = "alert";
    this.element.append(this.#title, this.#list, this.#problem, this.#form.element);
    grid.rows.addEventListener("comments", (event) => {
      if (/** @type {CustomEvent<number>} */ (event).detail === this.#rowId) void this.#load();
    });
  }

  /** Whether something is typed that nobody has sent. */
  get isTyped() {
    return this.#drafts.any;
  }

  /** Shows the comments on a row. @param {Row} row */
  show(row) {
    if (row.id === this.#rowId) return this.follow(row);
    this.#rowId = row.id;
    this.#comments = undefined;
    this.#edited = undefined;
    this.#problem.textContent = "";
    this.#form.set(this.#drafts.of(row.id));
    this.#draw();
    void this.#load();
  }

  /** Fetches them again if there are others now. @param {Row} row */
  follow(row) {
    if (row.id === this.#rowId && this.#comments && (row.comments ?? 0) !== this.#comments.length) void this.#load();
  }

  async #load() {
    const rowId = this.#rowId;
    try {
      const { items } = await api("GET", `${this.#address}?limit=500`);
      if (rowId !== this.#rowId) return;
      this.#comments = items;
      this.#problem.textContent = "";
      this.grid.rows.setComments(rowId, items.length);
      this.#draw();
    } catch (error) {
      if (rowId === this.#rowId) this.#problem.textContent = `Can't show the comments. ${reasonOf(error)}`;
    }
  }

  get #address() {
    return `/tables/${this.grid.table.id}/rows/${this.#rowId}/comments`;
  }

  #draw() {
    const comments = this.#comments ?? [];
    const count = comments.length ? make("span", "hint", String(comments.length)) : "";
    this.#title.replaceChildren(icon("comment"), "Comments", count);
    if (this.#edited !== undefined && comments.some(({ id }) => id === this.#edited)) return this.#drawBesideEdited();
    if (this.#edited !== undefined) this.#edited = this.#drafts.edit = undefined; // it was deleted
    keepingFocus(this.#list, this.#form.field, () => {
      this.#list.replaceChildren(...comments.map((comment) => this.#newItem(comment)));
    });
    this.#list.hidden = !comments.length;
    const kept = comments.findIndex(({ id, can_change: canChange }) => canChange && id === this.#drafts.edit?.id);
    if (kept >= 0) this.#edit(comments[kept], /** @type {HTMLElement} */ (this.#list.children[kept]), false);
  }

  /** Leaves the comment alone that somebody is typing in. */
  #drawBesideEdited() {
    const edited = this.#list.querySelector(".edited");
    this.#list.replaceChildren(
      ...(this.#comments ?? []).map((comment) =>
        comment.id === this.#edited && edited ? edited : this.#newItem(comment),
      ),
    );
  }

  /** @param {Comment} comment */
  #newItem(comment) {
    const { who, text, mentions, created_at: at, edited_at: editedAt } = comment;
    const item = make("li", "comment");
    const when = make("time", { dateTime: at, className: "hint", title: new Date(at).toLocaleString() }, agoText(at));
    const head = make("div", "comment-head", make("span", "who", who), when);
    if (editedAt) head.append(make("span", "hint", "edited"));
    const tools = make("span", "comment-tools");
    const named = { who: `${who}, ${agoText(at)}` };
    if (comment.can_change) {
      const edit = () => this.#edit(comment, item);
      tools.append(iconButton("edit", `Edit comment of ${named.who}`, "btn ghost icon-only", edit, { title: "Edit" }));
    }
    if (comment.can_delete) {
      const remove = () => void this.#delete(comment);
      const label = `Delete comment of ${named.who}`;
      tools.append(iconButton("delete", label, "btn ghost icon-only", remove, { title: "Delete" }));
    }
    head.append(tools);
    const names = mentions.map(({ written }) => written);
    item.append(head, newText(text, names));
    return item;
  }

  /** @param {string} text */
  async #add(text) {
    const rowId = this.#rowId;
    await api("POST", this.#address, { text });
    this.#drafts.set(rowId, "");
    if (rowId !== this.#rowId) return;
    this.#form.set("");
    await this.#load();
    this.element.scrollIntoView({ block: "end" });
  }

  /** Edits one comment at a time, in its place. @param {Comment} comment @param {HTMLElement} item @param {boolean} [isAsked] not the one that was left */
  #edit(comment, item, isAsked = true) {
    if (this.#edited !== undefined) return this.#list.querySelector("textarea")?.focus();
    this.#edited = comment.id;
    const draft = this.#drafts.edit?.id === comment.id ? this.#drafts.edit : { id: comment.id, text: comment.text };
    this.#drafts.edit = draft;
    const end = () => {
      this.#edited = this.#drafts.edit = undefined;
      this.#draw();
      this.#title.focus({ preventScroll: true });
    };
    const form = this.#newForm({
      label: "Edit the comment",
      confirm: "Save",
      send: async (text) => {
        await api("PATCH", `/comments/${comment.id}`, { text });
        await this.#load();
        end();
      },
      cancel: end,
    });
    item.classList.add("edited");
    item.replaceChildren(form.element);
    form.set(draft.text);
    form.field.addEventListener("input", () => {
      draft.text = form.field.value;
    });
    if (isAsked) form.field.focus();
  }

  /** @param {Comment} comment */
  async #delete({ id, who }) {
    try {
      await api("DELETE", `/comments/${id}`);
      toast(`Deleted the comment of ${who}.`, { undo: () => void this.#restore(id) });
    } catch (error) {
      toast(`The comment was not deleted. ${reasonOf(error)}`);
    }
    await this.#load();
    this.#form.field.focus({ preventScroll: true });
  }

  /** @param {number} id of a comment that was deleted */
  async #restore(id) {
    try {
      await api("POST", `/comments/${id}/restore`);
    } catch (error) {
      toast(`The comment was not restored. ${reasonOf(error)}`);
    }
    await this.#load();
  }

  /**
   * Makes a field with its buttons. Ctrl+Enter sends, and Esc cancels.
   * @param {{ label: string, confirm: string, send: (text: string) => Promise<void>, cancel?: () => void }} what
   */
  #newForm({ label, confirm, send, cancel }) {
    const field = make("textarea", { className: "in", rows: 2, maxLength: 5000, ariaLabel: label, dir: "auto" });
    field.placeholder = `${label}. @ names a member`;
    const go = button(confirm, "btn primary", () => void submit());
    const problem = make("p", { className: "problem", role: "alert" });
    const keys = make("span", "hint keys", make("kbd", "", "Ctrl+Enter"));
    const line = make("div", "comment-buttons", problem, keys, go);
    if (cancel) go.before(button("Cancel", "btn", cancel));
    const element = make("div", "comment-form", field, line);
    new MentionMenu(field, element, this.grid.table.id);
    const fit = () => {
      go.disabled = !field.value.trim();
      problem.textContent = "";
    };
    const submit = async () => {
      if (go.disabled) return;
      go.disabled = true;
      try {
        await send(field.value);
      } catch (error) {
        fit();
        problem.textContent = reasonOf(error);
      }
    };
    const set = (/** @type {string} */ text) => {
      field.value = text;
      fit();
    };
    field.addEventListener("input", fit);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
      else if (event.key === "Escape" && cancel) {
        cancel();
        event.stopPropagation();
      } else return;
      event.preventDefault();
    });
    set("");
    return { element, field, set };
  }
}
