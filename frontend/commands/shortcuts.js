/** Ctrl+K opens the search of commands; ? and Ctrl+/ show the keys. The pages, tables and the guide are among the commands. */

import { api } from "../ui/api.js";
import { commandsOf, offerCommands } from "../ui/commands.js";
import { CommandDialog } from "./command-dialog.js";
import { showKeys } from "./keys-dialog.js";

const TAKES_TEXT = "input, textarea, select, [contenteditable='true'], [role='grid']";

export function listenToShortcuts() {
  offerCommands(guidePages);
  offerCommands(tables);
  offerCommands(() => [
    ...commandsOf(document.getElementById("account-menu"), "Marl"),
    ...commandsOf(document.getElementById("help-menu"), "Help").filter(({ text }) => text !== "Search commands"),
  ]);
  document.addEventListener("keydown", onKey);
  for (const [name, show] of /** @type {const} */ ([
    ["commands", openCommands],
    ["keys", showKeys],
  ]))
    for (const opener of document.querySelectorAll(`[data-show-${name}]`)) opener.addEventListener("click", show);
}

function openCommands() {
  document.getElementById("help-menu")?.hidePopover();
  new CommandDialog().open();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (document.querySelector("dialog[open]")) return;
  if (command && event.key.toLowerCase() === "k") openCommands();
  else if (command && event.key === "/") void showKeys();
  else if (event.key === "?" && !(/** @type {Element} */ (event.target).closest(TAKES_TEXT))) void showKeys();
  else return;
  event.preventDefault();
}

/** @returns {Promise<import("../ui/commands.js").Command[]>} */
async function tables() {
  const { items } = await api("GET", "/tables?limit=500");
  return items.map((/** @type {{ id: number, name: string }} */ { id, name }) => ({
    text: name,
    note: "Table",
    icon: "table",
    run: () => location.assign(`/tables/${id}`),
  }));
}

/** @returns {Promise<import("../ui/commands.js").Command[]>} */
async function guidePages() {
  const response = await fetch("/help/sections");
  const { sections } = await response.json();
  return sections.map((/** @type {{ title: string, page: string, address: string }} */ { title, page, address }) => ({
    text: title,
    note: title === page ? "Guide" : `Guide: ${page}`,
    icon: "help",
    isHelp: true,
    run: () => location.assign(address),
  }));
}
