/** The keys, as the guide lists them, in a dialog above the page. */

import { messageForStatus, UNREACHABLE } from "../ui/api.js";
import { make } from "../ui/elements.js";
import { iconButton } from "../ui/icons.js";

export async function showKeys() {
  if (document.querySelector("dialog.keys")) return;
  const text = make("div", { className: "guide-text", tabIndex: 0, role: "region", ariaLabel: "List of keys" });
  const title = make("h2", { id: "keys-title" }, "Keys");
  const close = iconButton("close", "Close", "btn ghost icon-only", () => dialog.close());
  const dialog = make("dialog", "keys", make("header", "", title, close), text);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  text.focus();
  try {
    const response = await fetch("/help/keys", { headers: { "HX-Request": "true" } });
    if (!response.ok) text.textContent = messageForStatus(response.status);
    else text.innerHTML = (await response.text()).replaceAll(/ id="[^"]*"/g, ""); // the page has its own
  } catch {
    text.textContent = UNREACHABLE;
  }
}
