/** The panel that the address names (`?panel=`), which opens: so the address of a part of the page leads to all of it. */

import { openPanel } from "../grid/signals.js";

const PANEL =
  /^\/(tables\/\d+\/(sources(\/new)?|panel\/new(\/[a-z]+)?)|columns\/\d+\/(panel|formula|lookup)|sources\/\d+)$/;

/** Opens the panel, whose name is taken out of the address: a reload opens it no more. */
export function openNamedPanel() {
  const address = new URL(location.href);
  const panel = address.searchParams.get("panel");
  if (panel === null) return;
  address.searchParams.delete("panel");
  history.replaceState(history.state, "", address);
  if (PANEL.test(panel)) openPanel(panel);
}
