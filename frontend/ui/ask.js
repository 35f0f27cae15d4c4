/** A question before something is destroyed, in a `<dialog>`; Esc and "Cancel" mean no. */

/**
 * @param {{ title: string, text: string, confirm: string, danger?: boolean }} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, confirm, danger = false }) {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  dialog.setAttribute("aria-labelledby", "ask-title");
  const heading = Object.assign(document.createElement("h2"), { id: "ask-title", textContent: title });
  const words = Object.assign(document.createElement("p"), { textContent: text });
  const foot = Object.assign(document.createElement("div"), { className: "buttons" });
  const no = Object.assign(document.createElement("button"), {
    type: "button",
    className: "btn",
    textContent: "Cancel",
  });
  const yes = Object.assign(document.createElement("button"), {
    type: "button",
    className: `btn ${danger ? "danger" : "primary"}`,
    textContent: confirm,
  });
  foot.append(no, yes);
  dialog.append(heading, words, foot);
  document.body.append(dialog);
  dialog.showModal();
  (danger ? no : yes).focus();
  return new Promise((resolve) => {
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
