"""Rows that are there more than once, found and merged on the page."""

from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Picture
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

COLUMNS = ["Name", "Company", "Email", "City", "Phone"]
PEOPLE = [
    ("Ada Lovelace", "Analytical Engines", "ada@engines.example", "London", ""),
    ("Grace Hopper", "Navy", "grace@navy.example", "", ""),
    ("Alan Turing", "Bletchley", "alan@bletchley.example", "Bletchley", "+44 1908 1"),
    ("A. Lovelace", "", "ADA@engines.example ", "", "+44 20 1815"),
    ("Grace Hopper", "Eckert–Mauchly", "grace@navy.example", "Arlington", "+1 703 1906"),
    ("Katherine Johnson", "NASA", "katherine@nasa.example", "Hampton", ""),
    ("Ada L.", "Analytical Engines Ltd", "Ada@Engines.example", "", ""),
]


@pytest.fixture
def api(app: App) -> Iterator[httpx.Client]:
    with app.api() as client:
        yield client


@pytest.fixture
def people(api: httpx.Client) -> int:
    table: dict[str, int] = api.post(
        "/tables", json={"name": "People", "columns": [{"name": name} for name in COLUMNS]}
    ).json()
    rows = [dict(zip(COLUMNS, person, strict=True)) for person in PEOPLE]
    api.post(f"/tables/{table['id']}/rows", json={"rows": rows}).raise_for_status()
    return table["id"]


def opened(page: Page) -> Locator:
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Find duplicates…").click()
    return page.get_by_role("dialog", name="Find duplicates")


def values_of(api: httpx.Client, table: int) -> list[list[object]]:
    return [
        [cell["value"] for cell in row["cells"].values()] for row in api.get(f"/tables/{table}/rows").json()["items"]
    ]


def test_groups_are_shown_and_merged(page: Page, app: App, api: httpx.Client, people: int, picture: Picture) -> None:
    page.goto(f"{app.url}/tables/{people}")
    dialog = opened(page)
    expect(dialog.get_by_role("checkbox", name="Email")).to_be_checked()
    expect(dialog.get_by_text("2 groups · 5 rows")).to_be_visible()
    kept = dialog.get_by_role("row").filter(has_text="Keep")
    expect(kept).to_contain_text(["Ada Lovelace", "Grace Hopper"])
    expect(kept.first.get_by_role("cell", name="+44 20 1815 (From row 4)")).to_be_visible()
    picture(dialog, "guide/images/files-5-duplicates")
    assert Axe().run(page).response["violations"] == []
    dialog.get_by_role("radio", name="Exactly").check()
    expect(dialog.get_by_text("1 group · 2 rows")).to_be_visible()
    dialog.get_by_role("radio", name="Ignore capitals and spaces").check()
    dialog.get_by_role("radio", name="Fullest row").check()
    expect(kept).to_contain_text(["Ada Lovelace", "Eckert–Mauchly"])
    dialog.get_by_role("button", name="Merge 2 groups, delete 3 rows").click()
    notice = page.get_by_role("log", name="Notices").filter(
        has_text="Merged 2 groups, deleted 3 rows, and filled 1 cell."
    )
    expect(notice.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator("#table-size")).to_contain_text("4 rows")
    assert values_of(api, people) == [
        ["Ada Lovelace", "Analytical Engines", "ada@engines.example", "London", "+44 20 1815"],
        list(PEOPLE[2]),
        list(PEOPLE[4]),
        [*PEOPLE[5][:4], None],
    ]
    notice.get_by_role("button", name="Undo").click()
    expect(page.locator("#table-size")).to_contain_text("7 rows")
    assert values_of(api, people) == [[value or None for value in person] for person in PEOPLE]


def test_undoing_a_merge_asks_before_it_empties_a_cell_that_was_changed_since(
    page: Page, app: App, api: httpx.Client, people: int
) -> None:
    page.goto(f"{app.url}/tables/{people}")
    opened(page).get_by_role("button", name="Merge 2 groups, delete 3 rows").click()
    notices = page.locator("#toasts")
    expect(notices.get_by_text("Merged 2 groups")).to_be_visible()
    [filled] = [row for row in api.get(f"/tables/{people}/rows").json()["items"] if "+44 20 1815" in str(row)]
    changed = {"rows": [{"id": filled["id"], "cells": {"Phone": "+44 999"}}]}
    api.patch(f"/tables/{people}/rows", json=changed).raise_for_status()
    page.locator("#sheet").focus()
    page.keyboard.press("Control+z")
    words = "“Phone” was changed by someone else meanwhile. Nothing was undone."
    expect(notices.get_by_text(words)).to_be_visible()
    assert "+44 999" in str(values_of(api, people))
    notices.get_by_role("button", name="Undo anyway").click()
    expect(page.locator("#table-size")).to_contain_text("7 rows")
    assert values_of(api, people) == [[value or None for value in person] for person in PEOPLE]


def test_without_duplicates_there_is_nothing_to_merge(page: Page, app: App, people: int) -> None:
    page.goto(f"{app.url}/tables/{people}")
    dialog = opened(page)
    expect(dialog.get_by_role("checkbox", name="Email")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(dialog.get_by_role("checkbox", name="City")).to_be_checked()
    dialog.get_by_role("checkbox", name="Phone").check()
    expect(dialog.get_by_role("region").get_by_text("No duplicates in Email, City, and Phone.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Merge")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="More for this table")).to_be_focused()


def test_a_worker_finds_and_merges_those_of_a_large_table_and_can_be_stopped(
    page: Page, app: App, api: httpx.Client
) -> None:
    number = 60_000
    lines = ["Email,City", *(f"{place % (number // 2)}@x.example,{place}" for place in range(number))]
    begun = api.post("/imports", files={"file": ("people.csv", "\n".join(lines).encode())}).json()
    while (state := api.get(f"/imports/{begun['id']}").json())["state"] != "done":
        page.wait_for_timeout(200)
    page.goto(f"{app.url}/tables/{state['table_id']}")
    dialog = opened(page)
    expect(dialog.get_by_role("status")).to_contain_text("Comparing")
    expect(dialog.get_by_text("30,000 groups · 60,000 rows")).to_be_visible(timeout=60_000)
    dialog.get_by_role("button", name="Merge 30,000 groups, delete 30,000 rows").click()
    expect(dialog).to_be_hidden()
    page.reload()
    notice = page.get_by_role("status").filter(has_text="rows…").or_(page.get_by_text("Looking for duplicates…"))
    expect(notice.first).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("It was stopped.")).to_be_visible(timeout=30_000)
    assert api.get(f"/tables/{state['table_id']}/rows?limit=1").json()["total"] > number // 2
