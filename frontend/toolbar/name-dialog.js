/** Asks for a name, in a `<dialog>`; Esc and the first button mean none. */

import { button, make } from "../ui/elements.js";

/**
 * @param {{ title: string, text: string, name: string, confirm: string }} question
 * @returns {Promise<string | undefined>}
 */
export function askName({ title, text, name, confirm }) {
  const dialog = make("dialog", "ask");
  const field = make("input", { className: "in", value: name, maxLength: 200, required: true, id: "ask-name" });
  field.setAttribute("aria-describedby", "ask-text");
  const label = make("label", { htmlFor: "ask-name" }, "Name");
  const no = button("Cancel", "btn", () => dialog.close());
  const yes = make("button", { className: "btn primary" }, confirm);
  const buttons = make("div", "buttons", no, yes);
  const form = make("form", { method: "dialog" }, label, field, make("p", { id: "ask-text" }, text), buttons);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) dialog.close(field.value.trim());
  });
  dialog.setAttribute("aria-labelledby", "ask-title");
  dialog.append(make("h2", { id: "ask-title" }, title), form);
  document.body.append(dialog);
  dialog.showModal();
  field.select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue || undefined);
    });
  });
}
