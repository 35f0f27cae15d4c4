/** Puts the parts of a response behind tabs; without this script they are below each other. */

/** @param {HTMLElement} root */
export function raiseTabs(root) {
  for (const list of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-tabs]"))) {
    list.removeAttribute("data-tabs");
    list.hidden = false;
    const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="tab"]')]);
    list.addEventListener("click", (event) => {
      const tab = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('[role="tab"]'));
      if (tab) select(tabs, tab);
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next =
        tabs[(tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step + tabs.length) % tabs.length];
      select(tabs, next);
      next.focus();
    });
    select(tabs, tabs[0]);
  }
}

/** @param {HTMLElement[]} tabs @param {HTMLElement} selected */
function select(tabs, selected) {
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab === selected));
    tab.tabIndex = tab === selected ? 0 : -1;
    const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
    if (panel) panel.hidden = tab !== selected;
  }
}
