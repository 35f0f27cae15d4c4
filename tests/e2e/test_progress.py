"""A run under the eyes of who watches it: in the footer, in the head, in the browser's tab, and when it is over."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.servers.echo import Echo, serving
from tests.servers.limited_api import Closed, FixedWindow, LimitedApi
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

SLOW = {"requests": 2, "duration_ms": 1000}


@pytest.fixture
def echo() -> Iterator[Echo]:
    with serving() as server:
        yield server


@pytest.fixture
def table(page: Page, app: App) -> int:
    with app.api() as api:
        made = int(
            api.post("/tables", json={"name": "Leads Q4", "columns": [{"name": "Company", "type": "text"}]}).json()[
                "id"
            ]
        )
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": f"C{number}"} for number in range(60)]})
    return made


def run(app: App, table: int, name: str, config: dict[str, object]) -> None:
    with app.api() as api:
        column = api.post(f"/tables/{table}/columns", json={"name": name, "type": "http", "config": config}).json()
        assert api.post(f"/columns/{column['id']}/runs", json={"rows": "all"}).status_code == 202


def asking(echo: Echo, name: str, of: str = "{{Company}}") -> dict[str, object]:
    request = {"method": "POST", "url": f"{echo.url}/{name}", "body": json.dumps({"of": of})}
    return request | {"field_paths": ["is"], "auto_update": False}


def expect_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]


def test_a_run_is_watched_paused_resumed_and_stopped(page: Page, app: App, table: int, echo: Echo) -> None:
    run(app, table, "Profile", asking(echo, "a") | {"rate_limit": SLOW})
    page.goto(f"{app.url}/tables/{table}")
    progress = page.get_by_role("region", name="Progress of runs")
    expect(progress).to_contain_text("of 60")
    expect(progress).to_contain_text("left")
    expect(page).to_have_title(re.compile(r"^\d+% · Leads Q4$"))
    expect(page.get_by_role("columnheader", name="Profile")).to_contain_text("%")
    progress.get_by_role("button", name="Pause", exact=True).press("Enter")
    expect(progress.get_by_text("Paused")).to_be_visible()
    expect(progress.get_by_role("button", name="Resume")).to_be_focused()
    expect(page).to_have_title("Paused · Leads Q4")
    expect(page.get_by_role("columnheader", name="Profile")).to_contain_text("%")
    expect_accessible(page)
    progress.get_by_role("button", name="Resume").press("Enter")
    expect(page.get_by_role("columnheader", name="Profile")).not_to_contain_text("Paused")
    progress.get_by_role("button", name="Stop", exact=True).click()
    expect(progress).to_contain_text("stopped")
    expect(progress).to_contain_text("not run")
    expect(progress.get_by_role("button", name=re.compile(r"^Run the rest, \d+ rows$"))).to_be_visible()
    expect(page).to_have_title("Leads Q4 – Marl")


def test_a_run_whose_api_asks_to_wait_says_until_when_and_can_be_resumed_now(page: Page, app: App, table: int) -> None:
    with LimitedApi() as api:
        limit = Closed()
        book = api.book(limit, lambda: (429, {"Retry-After": "7200"}, {"message": "Daily quota used up"}))
        page.goto(f"{app.url}/tables/{table}")
        expect(page.get_by_text("C3", exact=True)).to_be_visible()
        run(app, table, "Profile", {"url": f"{book.url}/{{{{Company}}}}", "auto_update": False})
        progress = page.get_by_role("region", name="Progress of runs")
        waits = re.compile(r"The API asks to wait until \d\d:\d\d")
        expect(progress.get_by_text(waits)).to_be_visible()
        page.get_by_role("button", name="Runs", exact=True).click()
        expect(page.get_by_role("region", name="Runs of this table").get_by_text(waits)).to_be_visible()
        expect_accessible(page)
        page.keyboard.press("Escape")
        limit.is_open = True
        progress.get_by_role("button", name="Resume now").press("Enter")
        expect(progress).to_contain_text("60 done")


def test_a_run_that_its_api_slows_says_to_what(page: Page, app: App, table: int) -> None:
    with LimitedApi() as api:
        book = api.book(FixedWindow(10, 1))
        page.goto(f"{app.url}/tables/{table}")
        expect(page.get_by_text("C3", exact=True)).to_be_visible()
        run(app, table, "Profile", {"url": f"{book.url}/{{{{Company}}}}", "auto_update": False})
        progress = page.get_by_role("region", name="Progress of runs")
        expect(progress.get_by_text(re.compile(r"^Slowed to [\d.]+/s by the API$"))).to_be_visible()
        expect(progress).to_contain_text("60 done")
        page.get_by_role("button", name="Runs", exact=True).click()
        runs = page.get_by_role("region", name="Runs of this table")
        expect(runs).to_contain_text(re.compile(r"60 done in .*, slowed to [\d.]+/s by the API"))


def test_further_runs_are_held_behind_one_button(page: Page, app: App, table: int, echo: Echo) -> None:
    run(app, table, "Profile", asking(echo, "a") | {"rate_limit": SLOW})
    run(app, table, "Push", asking(echo, "b", "{{Profile}}") | {"rate_limit": SLOW})
    page.goto(f"{app.url}/tables/{table}")
    progress = page.get_by_role("region", name="Progress of runs")
    progress.get_by_role("button", name="1 more").click()
    others = page.get_by_role("group", name="Other runs")
    expect(others.get_by_text("Profile")).to_be_visible()
    others.get_by_role("button", name="Stop", exact=True).click()
    expect(progress.get_by_role("button", name="1 more")).to_be_hidden()
    progress.get_by_role("button", name="Stop", exact=True).click()


def test_the_bottom_line_says_what_a_run_did_and_offers_the_next_step(
    page: Page, app: App, table: int, echo: Echo
) -> None:
    echo.answers["a"] = lambda of: (404, {"error": "no such company"}) if of in ("C3", "C7") else (200, {"is": of})
    page.goto(f"{app.url}/tables/{table}")
    expect(page.get_by_text("C3", exact=True)).to_be_visible()
    run(app, table, "Profile", asking(echo, "a") | {"rate_limit": {"requests": 30, "duration_ms": 1000}})
    progress = page.get_by_role("region", name="Progress of runs")
    expect(progress).to_contain_text("finished just now")
    expect(progress).to_contain_text("58 done")
    expect(page.locator(".toast")).to_have_count(0)
    progress.get_by_role("button", name="2 failed").click()
    expect(page.get_by_role("heading", name="Errors in Profile")).to_be_visible()
    page.get_by_role("button", name="Runs", exact=True).click()
    runs = page.get_by_role("region", name="Runs of this table")
    expect(runs.get_by_role("article")).to_contain_text("58 done, 2 failed in")
    expect_accessible(page)
    page.keyboard.press("Escape")
    expect(runs).to_be_hidden()
    page.reload()
    echo.answers["a"] = lambda of: (200, {"is": of})
    progress.get_by_role("button", name="Run failed again").click()
    expect(progress).to_contain_text("2 done")


def test_after_the_first_rows_the_others_are_one_click_away(page: Page, app: App, table: int, echo: Echo) -> None:
    with app.api() as api:
        made = {"name": "Profile", "type": "http", "config": asking(echo, "a")}
        column = api.post(f"/tables/{table}/columns", json=made).json()
        assert api.post(f"/columns/{column['id']}/runs", json={"rows": {"first": 10}}).status_code == 202
    page.goto(f"{app.url}/tables/{table}")
    progress = page.get_by_role("region", name="Progress of runs")
    expect(progress).to_contain_text("first 10 rows")
    progress.get_by_role("button", name="Looks good, run the other 50").click()
    expect(progress).to_contain_text("50 done")


def test_automatic_runs_are_folded_and_own_runs_come_first(page: Page, app: App, table: int, echo: Echo) -> None:
    with app.api() as api:
        made = {"name": "Profile", "type": "http", "config": asking(echo, "a") | {"auto_update": True}}
        column = api.post(f"/tables/{table}/columns", json=made).json()
        assert api.post(f"/columns/{column['id']}/runs", json={"rows": {"first": 10}}).status_code == 202
        page.goto(f"{app.url}/tables/{table}")
        for name in ("D1", "D2"):
            api.post(f"/tables/{table}/rows", json={"rows": [{"Company": name}]})
            page.locator("#sheet").press("Control+End")
            expect(page.get_by_text(f"a({name})", exact=True)).to_be_visible()
    page.get_by_role("button", name="Runs", exact=True).click()
    runs = page.get_by_role("region", name="Runs of this table").get_by_role("article")
    expect(runs).to_have_count(2)
    expect(runs.first).to_contain_text("First 10 rows")
    expect(runs.last).to_contain_text("2 rows automatically")
