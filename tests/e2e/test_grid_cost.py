"""What the grid costs the browser, in counts: how fast the machine is, is not asked."""

from collections import Counter

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e

CHANGES = 20

# Lays the page out in each of these frames, once.
CHANGE = """
async (changes) => {
  const cell = document.querySelector("#grid-body .c");
  for (let change = 0; change < changes; change += 1) {
    cell.textContent = change;
    await new Promise(requestAnimationFrame);
  }
}
"""

COUNT_CHANGES = """
() => {
  window.changes = 0;
  const watched = { childList: true, characterData: true, subtree: true };
  new MutationObserver((found) => (changes += found.length)).observe(document.querySelector("#grid-body"), watched);
}
"""

FETCHED = """
() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname)
"""

# In one frame, so that the grid measures itself before it hears of the scroll.
SCROLL_AND_WIDEN = """
() => new Promise((done) => requestAnimationFrame(() => {
  const grid = document.querySelector("#grid");
  grid.scrollTop = 9600;
  grid.style.marginBottom = "1px";
  requestAnimationFrame(() => requestAnimationFrame(() => done(grid.scrollTop)));
}))
"""


@pytest.fixture
def shown(page: Page, app: App) -> Page:
    """A table of 400 rows, and nothing under way any more."""
    with app.api() as api:
        table = api.post("/tables", json={"name": "Cost", "columns": [{"name": "Company"}]}).json()["id"]
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": f"Company {n}"} for n in range(1, 401)]})
    page.goto(f"{app.url}/tables/{table}")
    expect(page.get_by_text("Company 1", exact=True)).to_be_visible()
    return page


def layouts(session: CDPSession) -> int:
    metrics = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
    return int(metrics["LayoutCount"])


def test_a_change_of_a_cell_lays_the_page_out_once(shown: Page) -> None:
    session = shown.context.new_cdp_session(shown)
    session.send("Performance.enable")
    before = layouts(session)
    shown.evaluate(CHANGE, CHANGES)
    assert layouts(session) - before < 1.5 * CHANGES


def test_a_page_fetches_what_it_shows_once(page: Page, app: App) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Once", "columns": [{"name": "Company"}]}).json()
        [row] = api.post(f"/tables/{made['id']}/rows", json={"rows": [{"Company": "Acme"}]}).json()["ids"]
        page.goto(f"{app.url}/tables/{made['id']}")
        expect(page.get_by_text("Acme", exact=True)).to_be_visible()
        api.patch(f"/tables/{made['id']}/rows", json={"rows": [{"id": row, "cells": {"Company": "Changed"}}]})
        expect(page.get_by_text("Changed", exact=True)).to_be_visible()  # the live events have begun
    fetched = Counter(page.evaluate(FETCHED))
    of_table = f"/api/v1/tables/{made['id']}"
    assert fetched[f"{of_table}/rows"] == 1
    assert fetched[of_table] == 1
    assert fetched[f"{of_table}/views"] == 0
    assert sum(path.endswith(".js") for path in fetched) <= 3


def test_only_cells_that_differ_are_drawn_when_rows_are_read_again(shown: Page, app: App) -> None:
    shown.evaluate(COUNT_CHANGES)
    rows = f"/tables/{shown.url.rpartition('/')[2]}/rows"
    with app.api() as api:
        with shown.expect_response("**/rows?offset=0&*") as read:
            api.post(rows, json={"rows": [{"Company": "Company 401"}]})
        read.value.finished()
        first = api.get(rows, params={"limit": 1}).json()["items"][0]["id"]
        api.patch(rows, json={"rows": [{"id": first, "cells": {"Company": "Changed"}}]})
    expect(shown.get_by_text("Changed", exact=True)).to_be_visible()
    assert shown.evaluate("changes") == 1


def test_a_scroll_is_kept_when_the_grid_changes_its_size_in_the_same_frame(shown: Page) -> None:
    assert shown.evaluate(SCROLL_AND_WIDEN) == 9600
    expect(shown.get_by_text("Company 302", exact=True)).to_be_visible()
