/**
 * Whom a table tells when a column or a source has run, in a dialog: a webhook and e-mail addresses, for every run or for
 * failures, and this browser.
 *
 * @typedef {{ column: string | null, source: string | null, text: string, channel: "webhook" | "email",
 *   state: "sent" | "waiting" | "maybe_sent" | "given_up", sent_at: string | null, due_at: string | null,
 *   error: string }} Notice
 * @typedef {{ webhook_host: string | null, emails: string[], when: "always" | "failures", failed_percent: number,
 *   can_email: boolean, problem: string, last: Notice[] }} Notices
 */

import { ApiError, api, reasonOf } from "../ui/api.js";
import { button, make } from "../ui/elements.js";
import { openForm } from "../ui/form-dialog.js";
import { timeText } from "../ui/format.js";
import { toast } from "../ui/notices.js";
import { once } from "../ui/once.js";

const BROWSER = {
  granted: "It shows a notification when a run ends while the table is open in a tab behind others.",
  default: "It can show a notification when a run ends while the table is open in a tab.",
  denied: "This browser blocks notifications of this page. Its settings for this site can allow them.",
};

/** @param {number} tableId */
export async function openNotices(tableId) {
  try {
    new NoticesDialog(tableId, await api("GET", `/tables/${tableId}/notices`)).open();
  } catch (error) {
    toast(`Can't show the notices. ${reasonOf(error)}`);
  }
}

class NoticesDialog {
  #webhook = make("input", { id: "notices-webhook", className: "in mono", type: "url", autocomplete: "off" });
  #remove = make("input", { type: "checkbox" });
  #emails = make("input", { id: "notices-emails", className: "in", autocomplete: "off" });
  #always = make("input", { type: "radio", name: "when", value: "always" });
  #failures = make("input", { type: "radio", name: "when", value: "failures" });
  #percent = make("input", { type: "number", className: "in", min: "0", max: "99", required: true });
  #problem = make("p", { className: "problem", role: "alert", hidden: true });
  #dialog = make("dialog", "table-settings notices");

  /** @param {number} tableId @param {Notices} notices */
  constructor(tableId, notices) {
    this.path = `/tables/${tableId}/notices`;
    this.notices = notices;
    const host = notices.webhook_host;
    this.#webhook.placeholder = host ? `Kept: ${host}. Type to replace` : "https://hooks.slack.com/services/…";
    this.#emails.value = notices.emails.join(", ");
    this.#emails.disabled = !notices.can_email;
    this.#always.checked = notices.when === "always";
    this.#failures.checked = notices.when === "failures";
    this.#percent.value = String(notices.failed_percent);
    this.#percent.ariaLabel = "Percent of failed rows";
  }

  open() {
    openForm(this.#dialog, {
      title: "Notices of runs",
      parts: [...this.#fields(), this.#problem, this.#buttons()],
      submit: () => this.#send(false),
    });
    this.#webhook.focus();
  }

  #fields() {
    const { webhook_host: host, can_email: canEmail, problem, last } = this.notices;
    const slack = "Of Slack, Mattermost, or whatever takes messages as Slack does. The address is kept encrypted.";
    const mail = canEmail
      ? "Up to 10 addresses, with commas between."
      : "This server isn't set up to send e-mail. Whoever runs it can do that.";
    const what =
      "A run fails, too, when it stops by itself or its schedule can't start it, and rejected rows of a source count as failed. Runs of auto-update, and those that someone stops, send no notice.";
    /** @type {HTMLElement[]} */
    const webhook = [this.#webhook, make("p", "hint", slack)];
    if (host) webhook.push(make("label", "notice-choice", this.#remove, `Stop sending to ${host}`));
    return [
      ...(problem ? [make("p", "problem", problem)] : []),
      make("div", "field", make("label", { htmlFor: this.#webhook.id }, "Webhook"), ...webhook),
      make(
        "div",
        "field",
        make("label", { htmlFor: this.#emails.id }, "E-mail"),
        this.#emails,
        make("p", "hint", mail),
      ),
      make(
        "fieldset",
        "plain",
        make("legend", "", "When"),
        make("label", "notice-choice", this.#always, "Every run"),
        make("label", "notice-choice", this.#failures, "Failed runs, or above ", this.#percent, " % failed rows"),
      ),
      make("p", "hint", what),
      make("fieldset", "plain", make("legend", "", "This browser"), this.#browser()),
      ...(last.length
        ? [make("h3", "", "Last notices"), make("ul", "last-notices", ...last.slice(0, 5).map(line))]
        : []),
    ];
  }

  /** Whether this browser shows a notification, or the button that asks it to. */
  #browser() {
    const place = make("p", "hint");
    const show = () => {
      const said = "Notification" in window ? Notification.permission : "denied";
      place.textContent = BROWSER[said];
      if (said !== "default") return;
      const ask = async () => {
        await Notification.requestPermission();
        show();
      };
      place.append(
        " ",
        button("Notify me", "btn small", () => void ask()),
      );
    };
    show();
    return place;
  }

  #buttons() {
    const sample = button("Save and send a sample", "btn", () => void this.#send(true));
    const cancel = button("Cancel", "btn", () => this.#dialog.close());
    return make("div", "buttons", sample, cancel, make("button", { type: "submit", className: "btn primary" }, "Save"));
  }

  /** @returns {Promise<boolean>} */
  async #save() {
    const typed = this.#webhook.value.trim();
    const change = {
      ...(typed || this.#remove.checked ? { webhook_url: typed } : {}),
      emails: this.#emails.value.split(/[,;\s]+/).filter(Boolean),
      when: this.#failures.checked ? "failures" : "always",
      failed_percent: Number(this.#percent.value),
    };
    return this.#tell(() => api("PATCH", this.path, change));
  }

  /** Saves, and sends a sample where one is asked for. @type {(withSample: boolean) => Promise<void>} */
  #send = once(async (withSample) => {
    if (!(await this.#save())) return;
    if (withSample && !(await this.#tell(() => api("POST", `${this.path}/test`)))) return;
    this.#dialog.close();
    if (withSample) toast("A sample was sent.");
  });

  /** Shows what is wrong at its field; without one, above the buttons. @param {string} [name] */
  #point(name) {
    const field = name === "webhook_url" ? this.#webhook : name === "emails" ? this.#emails : undefined;
    if (!field) return this.#dialog.querySelector(".buttons")?.before(this.#problem);
    field.after(this.#problem);
    field.ariaInvalid = "true";
    field.focus();
  }

  /** @param {() => Promise<unknown>} ask @returns {Promise<boolean>} whether it went well; otherwise the dialog says why not */
  async #tell(ask) {
    this.#problem.hidden = true;
    for (const field of [this.#webhook, this.#emails]) field.removeAttribute("aria-invalid");
    try {
      await ask();
      return true;
    } catch (error) {
      this.#problem.textContent = reasonOf(error);
      this.#problem.hidden = false;
      this.#point(error instanceof ApiError ? error.details?.[0]?.field : undefined);
      return false;
    }
  }
}

/** @param {Notice} notice */
function line(notice) {
  const { state, error, text } = notice;
  const isFine = !error && (state === "sent" || state === "waiting");
  const told = make("li", isFine ? "" : "problem", ending(notice));
  told.title = text;
  return told;
}

/** What became of a notice. @param {Notice} notice */
function ending({ column, source, channel, state, sent_at: sentAt, due_at: dueAt, error }) {
  const name = column ?? source;
  const by = channel === "webhook" ? "webhook" : "e-mail";
  if (state === "sent") return `${name}: sent by ${by}, ${timeText(sentAt ?? "")}.${error && ` ${error}`}`;
  if (state === "maybe_sent") return `${name}: may have been sent by ${by}, so it isn’t sent again. ${error}`;
  if (state === "given_up") return `${name}: not sent by ${by}. ${error} Given up.`;
  return error
    ? `${name}: not sent by ${by}. ${error} Next try ${timeText(dueAt ?? "")}.`
    : `${name}: on its way by ${by}.`;
}
