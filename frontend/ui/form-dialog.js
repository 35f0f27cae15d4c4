/** Opens a dialog that is a form below its title, and is gone when it closes. */

import { make } from "./elements.js";

/**
 * @param {HTMLDialogElement} dialog
 * @param {{ title: string, parts: HTMLElement[], submit: () => unknown }} content `submit` is called by Enter and by the button of
 *   the form that has no action of its own; what it does closes the dialog or not
 */
export function openForm(dialog, { title, parts, submit }) {
  const heading = make("h2", { id: "dialog-title" }, title);
  const form = make("form", { method: "dialog" }, heading, ...parts);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(form);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
