/**
 * The first steps in the sample table: a card that says what to press next, until it is closed.
 *
 * @typedef {import("../grid/types.d.ts").Grid} Grid
 * @typedef {import("../grid/types.d.ts").Run} Run
 */

import { openSettings } from "../grid/signals.js";
import { startRun } from "../runs/run-menu.js";
import { button, make } from "../ui/elements.js";

const HASH = "#sample";

/** @param {Grid} grid */
export function startCoach(grid) {
  const [profile, account] = grid.columns.list.filter((column) => column.type === "http");
  if (location.hash !== HASH || !profile || !account) return;
  const steps = [
    {
      title: `Press Run to fill “${profile.name}”`,
      text: "It calls an API with the domain of each row, 10 rows per second. See the request in the panel on the right.",
      run: profile,
    },
    {
      title: `“${account.name}” signs in first`,
      text: "Its connection signs in with an e-mail and a password, gets a JWT and sends it with every request. Run it too.",
      run: account,
    },
    {
      title: "Now with your own rows and your own API",
      text: "Click a cell to see its request and response. Open a column's settings from its header.",
      run: null,
    },
  ];
  const card = newCard();
  const stage = document.querySelector(".stage");
  stage?.append(card.element);
  stage?.classList.add("coached");
  let step = 0;
  const show = () => {
    const { title, text, run } = steps[step];
    card.show(`Step ${step + 1} of ${steps.length}`, title, text, run ? "Run" : "Done");
    if (!run) return;
    openSettings(run);
    grid.viewport.reveal(-1, grid.columns.indexOf(run.id));
    whenEnded(run.id, goOn); // whoever started it
  };
  const goOn = () => {
    step += 1;
    if (card.element.isConnected) show();
  };
  card.press(() => {
    const { run } = steps[step];
    if (!run) return card.close();
    void startRun(run, "missing");
    card.wait();
  });
  history.replaceState(null, "", location.pathname);
  // The panel can be opened once every script of the page has run.
  document.addEventListener("DOMContentLoaded", show);
}

/** @param {number} columnId @param {() => void} go */
function whenEnded(columnId, go) {
  const listen = (/** @type {Event} */ event) => {
    const run = /** @type {CustomEvent<Run>} */ (event).detail;
    if (run.column_id !== columnId || (run.state !== "done" && run.state !== "stopped")) return;
    document.removeEventListener("marl:run", listen);
    go();
  };
  document.addEventListener("marl:run", listen);
}

function newCard() {
  const [count, title, text] = [make("p", "count"), make("h2", ""), make("p", { className: "text", role: "status" })];
  const close = () => {
    element.closest(".coached")?.classList.remove("coached");
    element.remove();
  };
  const skip = button("Skip", "btn ghost", close);
  const go = button("Run", "btn primary", null);
  const foot = make("div", "buttons", skip, go);
  const element = make("section", { className: "coach", ariaLabel: "First steps" }, count, title, text, foot);
  return {
    element,
    close,
    /** @param {() => void} run */
    press: (run) => go.addEventListener("click", run),
    wait: () => {
      go.disabled = true;
      text.textContent = "Watch the cells fill in.";
    },
    /** @param {string} where @param {string} heading @param {string} words @param {string} label */
    show: (where, heading, words, label) => {
      [count.textContent, title.textContent, text.textContent, go.textContent] = [where, heading, words, label];
      go.disabled = false;
      skip.hidden = label === "Done";
    },
  };
}
