/**
 * Whom a table is for, in a dialog: everybody in the workspace, or the people on its list, each as editor or viewer.
 *
 * @typedef {"viewer" | "editor"} Role
 * @typedef {{ user_id: number, name: string, email: string, role: Role }} Member
 * @typedef {{ user_id: number, name: string, email: string }} Person
 * @typedef {{ access: "workspace" | "members", items: Member[], owners: { user_id: number, name: string }[], version: string,
 *   read_by: { table_id: number, name: string }[], read_by_others: number, your_id: number | null }} Sharing
 */

import { ApiError, api, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { openForm } from "../ui/form-dialog.js";
import { plural } from "../ui/format.js";
import { iconButton } from "../ui/icons.js";
import { toast } from "../ui/notices.js";
import { once } from "../ui/once.js";

/** @param {{ id: number, name: string }} table @param {(isRestricted: boolean) => void} changed called with what was saved */
export async function openMembers(table, changed) {
  try {
    const [sharing, { items }] = await Promise.all([
      api("GET", `/tables/${table.id}/members`),
      api("GET", "/members?limit=500"),
    ]);
    new MembersDialog(table, sharing, items, changed).open();
  } catch (error) {
    toast(`Can't show whom the table is for. ${reasonOf(error)}`);
  }
}

/** Whom a text names, by name or e-mail address; undefined for nobody, or for a name that several have. @param {Person[]} people @param {string} text */
export function named(people, text) {
  const wanted = text.trim().toLowerCase();
  const found = people.filter(({ name, email }) => [name, email].some((one) => one.toLowerCase() === wanted));
  return found.length === 1 ? found[0] : undefined;
}

/** @param {string[]} names */
const listed = (names) => new Intl.ListFormat("en").format(names);

class MembersDialog {
  #everybody = make("input", { type: "radio", name: "access", value: "workspace" });
  #some = make("input", { type: "radio", name: "access", value: "members" });
  #who = make("input", { id: "member-name", className: "in", autocomplete: "off", placeholder: "Name or e-mail" });
  #role = roleSelect("editor", "Role of the person you add");
  #choices = make("datalist", { id: "member-choices" });
  #list = make("ul", "shares members");
  #people = make("div", "people");
  #problem = make("p", { className: "problem", role: "alert", hidden: true });
  #said = make("p", { className: "visually-hidden", role: "status" });
  #dialog = make("dialog", "table-settings sharing");

  /** @param {{ id: number, name: string }} table @param {Sharing} sharing @param {Person[]} people of the workspace @param {(isRestricted: boolean) => void} changed */
  constructor(table, sharing, people, changed) {
    this.table = table;
    this.sharing = sharing;
    this.people = people;
    this.changed = changed;
    this.members = sharing.items;
    this.owners = new Set(sharing.owners.map((owner) => owner.user_id));
    this.#everybody.checked = sharing.access === "workspace";
    this.#some.checked = !this.#everybody.checked;
    this.#who.setAttribute("list", this.#choices.id);
  }

  open() {
    this.#people.append(this.#adding(), this.#list, ...this.#hints().map((words) => make("p", "hint", words)));
    for (const radio of [this.#everybody, this.#some]) radio.addEventListener("change", () => this.#choose());
    this.#show();
    openForm(this.#dialog, {
      title: `Share “${this.table.name}”`,
      parts: [
        make(
          "fieldset",
          "plain",
          make("legend", "", "Who sees this table"),
          choice(this.#everybody, "Everyone in the workspace", "Each with the role that they have there."),
          choice(this.#some, "Only these people", "For all others it isn't there."),
        ),
        this.#people,
        this.#problem,
        this.#said,
        this.#buttons(),
      ],
      submit: () => this.#save(),
    });
  }

  /** Who may have a place on the list: owners see every table as they are. */
  get #others() {
    const there = new Set(this.members.map((member) => member.user_id));
    return this.people.filter((person) => !there.has(person.user_id) && !this.owners.has(person.user_id));
  }

  #adding() {
    this.#who.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.#add();
    });
    const label = make("label", { htmlFor: this.#who.id }, "Add someone from the workspace");
    const add = button("Add", "btn", () => this.#add());
    return make("div", "field", label, make("div", "adding", this.#who, this.#role, add), this.#choices);
  }

  #hints() {
    const { owners, read_by: readBy, read_by_others: others } = this.sharing;
    const hints = [
      `Owners of the workspace always see and manage every table: ${listed(owners.map(({ name }) => name))}.`,
    ];
    const readers = readBy.map(({ name }) => `“${name}”`);
    if (others) readers.push(`${plural(others, "table")} that ${others === 1 ? "isn't" : "aren't"} shared with you`);
    if (readers.length) {
      const show = readBy.length + others === 1 ? "shows" : "show";
      hints.push(
        `${listed(readers)} ${show} values of this table, by look-ups or lists, to all who see ${readers.length === 1 ? "it" : "them"}.`,
      );
    }
    return [...hints, "Links to views go on working until they end."];
  }

  #buttons() {
    const help = make("a", { href: "/help/members#who-sees-a-table", target: "_blank" }, "How sharing works");
    const cancel = button("Cancel", "btn", () => this.#dialog.close());
    return make("div", "buttons", help, cancel, make("button", { type: "submit", className: "btn primary" }, "Save"));
  }

  /** Whoever keeps a table to some people is one of them. */
  #choose() {
    const you = this.#others.find((person) => person.user_id === this.sharing.your_id);
    if (this.#some.checked && you) this.members = [{ ...you, role: /** @type {Role} */ ("editor") }, ...this.members];
    this.#show();
    if (this.#some.checked) this.#who.focus();
  }

  #add() {
    const found = named(this.#others, this.#who.value);
    if (!found) return this.#refuse(this.#whyNot());
    this.members = [...this.members, { ...found, role: /** @type {Role} */ (this.#role.value) }];
    this.#who.value = "";
    this.#said.textContent = `Added ${found.name}.`;
    this.#show();
    this.#who.focus();
  }

  #whyNot() {
    const text = this.#who.value.trim();
    if (!text) return "Type the name or e-mail address of someone in this workspace.";
    const known = named(this.people, text);
    if (known && this.owners.has(known.user_id))
      return `${known.name} is an owner of the workspace, and sees every table.`;
    if (known) return `${known.name} is on the list already.`;
    return `There is no “${text}” in this workspace, or several people have this name. Type an e-mail address, or ask an owner to invite them.`;
  }

  /** @param {string} words */
  #refuse(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = false;
    this.#who.focus();
  }

  #show() {
    this.#problem.hidden = true;
    this.#people.hidden = !this.#some.checked;
    this.#list.hidden = !this.members.length;
    this.#list.replaceChildren(...this.members.map((member) => this.#line(member)));
    this.#choices.replaceChildren(
      ...this.#others.map(({ name, email }) => new Option(name === email ? "" : name, email)),
    );
  }

  /** @param {Member} member */
  #line(member) {
    const isYou = member.user_id === this.sharing.your_id;
    const { name, email } = member;
    const words = make(
      "span",
      "who",
      isYou ? `${name} (you)` : name,
      email === name ? "" : make("span", "hint", ` ${email}`),
    );
    if (isYou) return make("li", "", words, make("span", "hint", member.role === "editor" ? "Editor" : "Viewer"));
    const role = roleSelect(member.role, `Role of ${name}`);
    role.addEventListener("change", () => (member.role = /** @type {Role} */ (role.value)));
    const remove = iconButton("close", `Take ${name} off the list`, "btn ghost icon-only", () => this.#remove(member));
    return make("li", "", words, role, remove);
  }

  /** @param {Member} member */
  #remove(member) {
    this.members = this.members.filter((other) => other !== member);
    this.#said.textContent = `${member.name} is off the list.`;
    this.#show();
    this.#who.focus();
  }

  #save = once(async () => {
    if (this.#some.checked && this.#who.value.trim()) return this.#add();
    const access = this.#some.checked ? "members" : "workspace";
    const members = this.#some.checked ? this.members.map(({ user_id, role }) => ({ user_id, role })) : [];
    try {
      await api("PUT", `/tables/${this.table.id}/members`, { access, members }, { ifMatch: this.sharing.version });
    } catch (error) {
      const isChanged = error instanceof ApiError && error.status === 412;
      this.#problem.textContent = isChanged
        ? "Someone else changed the list meanwhile. Close this and open it again to see it."
        : reasonOf(error);
      this.#problem.hidden = false;
      return;
    }
    this.#dialog.close();
    this.changed(access === "members");
    toast(
      access === "members"
        ? "Only the people on the list and owners see this table."
        : "Everyone in the workspace sees this table.",
    );
  });
}

/** @param {HTMLInputElement} radio @param {string} words @param {string} hint */
function choice(radio, words, hint) {
  return make("label", "notice-choice", radio, make("span", "", words, make("small", "hint", hint)));
}

/** @param {Role} chosen @param {string} label */
function roleSelect(chosen, label) {
  const select = make("select", { className: "in", ariaLabel: label });
  select.append(new Option("Editor", "editor"), new Option("Viewer", "viewer"));
  select.value = chosen;
  return select;
}
