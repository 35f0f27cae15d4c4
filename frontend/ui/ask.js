/** A question before something is destroyed, in a `<dialog>`; Esc and the first button mean no. */

import { button, make } from "./elements.js";

/**
 * Asks, and resolves to true when the user confirms.
 * @param {{ title: string, text: string, confirm: string, cancel?: string, danger?: boolean }} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, confirm, cancel = "Cancel", danger = false }) {
  const dialog = make("dialog", "ask");
  const no = button(cancel, "btn", () => dialog.close());
  const yes = button(confirm, `btn ${danger ? "danger" : "primary"}`, () => dialog.close("yes"));
  dialog.setAttribute("aria-labelledby", "ask-title");
  dialog.append(make("h2", { id: "ask-title" }, title), make("p", "", text), make("div", "buttons", no, yes));
  document.body.append(dialog);
  dialog.showModal();
  (danger ? no : yes).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
