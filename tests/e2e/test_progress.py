"""A run under the eyes of who watches it: in the footer, in the head, in the browser's tab, and when it is over."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.servers.echo import Echo, serving
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
    expect(page.get_by_role("columnheader", name="Profile")).to_contain_text("Paused")
    expect_accessible(page)
    progress.get_by_role("button", name="Resume").press("Enter")
    expect(page.get_by_role("columnheader", name="Profile")).not_to_contain_text("Paused")
    progress.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("not run in")
    expect(page).to_have_title("Leads Q4 – Marl")


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


def test_a_finished_run_says_what_it_did_until_it_is_dismissed(page: Page, app: App, table: int, echo: Echo) -> None:
    echo.answers["a"] = lambda of: (404, {"error": "no such company"}) if of in ("C3", "C7") else (200, {"is": of})
    page.goto(f"{app.url}/tables/{table}")
    expect(page.get_by_text("C3", exact=True)).to_be_visible()
    run(app, table, "Profile", asking(echo, "a") | {"rate_limit": {"requests": 30, "duration_ms": 1000}})
    notice = page.locator(".toast")
    expect(notice).to_contain_text("Profile: 58 done, 2 failed in")
    notice.get_by_role("button", name="Show errors").click()
    expect(page.get_by_role("heading", name="Errors in Profile")).to_be_visible()
    page.get_by_role("button", name="Runs", exact=True).click()
    runs = page.get_by_role("region", name="Runs of this table")
    expect(runs.get_by_role("article")).to_contain_text("58 done, 2 failed in")
    expect_accessible(page)
    page.keyboard.press("Escape")
    expect(runs).to_be_hidden()


def test_only_the_newest_finished_run_has_a_notice(page: Page, app: App, table: int, echo: Echo) -> None:
    echo.answers["a"] = lambda of: (404, {"error": "no such company"})
    page.goto(f"{app.url}/tables/{table}")
    expect(page.get_by_text("C3", exact=True)).to_be_visible()
    notice = page.locator(".toast")
    run(app, table, "Profile", asking(echo, "a"))
    expect(notice).to_contain_text("Profile: 60 failed in")
    run(app, table, "Push", asking(echo, "b"))
    expect(notice).to_contain_text("Push: 60 done in")
    expect(notice).to_have_count(1)


def test_the_notice_of_a_run_without_failures_goes_by_itself(page: Page, app: App, table: int, echo: Echo) -> None:
    page.clock.install()
    page.goto(f"{app.url}/tables/{table}")
    expect(page.get_by_text("C3", exact=True)).to_be_visible()
    run(app, table, "Profile", asking(echo, "a"))
    notice = page.locator(".toast")
    expect(notice).to_contain_text("Profile: 60 done in")
    page.clock.run_for(10_000)
    expect(notice).to_have_count(0)
    run(app, table, "Push", asking(echo, "b"))
    notice.hover()
    page.clock.run_for(10_000)
    expect(notice).to_be_visible()
