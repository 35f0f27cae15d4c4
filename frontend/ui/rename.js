/** Turns a name into an input in its place: Enter and leaving it save, Esc cancels. */

import { make } from "./elements.js";

/**
 * @param {HTMLElement} element shows the name
 * @param {{ label: string, name: string, save: (name: string) => Promise<void> | void, done?: () => void }} how
 */
export function renameInPlace(element, { label, name, save, done }) {
  const input = make("input", { className: "rename", value: name, maxLength: 200, ariaLabel: label });
  const shown = [...element.childNodes];
  element.replaceChildren(input);
  input.select();
  input.focus();
  let open = true;
  /** @param {boolean} keep */
  const close = (keep) => {
    if (!open) return;
    open = false;
    const newName = input.value.trim();
    element.replaceChildren(...shown);
    done?.();
    if (keep && newName && newName !== name) void save(newName);
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    close(event.key === "Enter");
  });
  for (const type of ["pointerdown", "dblclick", "click"])
    input.addEventListener(type, (event) => event.stopPropagation());
  input.addEventListener("blur", () => close(true));
}
