"""What a running Marl tells of its own parts."""

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def test_a_worker_that_runs_is_seen(page: Page, app: App) -> None:
    page.goto(f"{app.url}/settings/system")
    expect(page.get_by_role("row", name="celery@")).to_be_visible()
    expect(page.get_by_text("Nothing is running in this workspace.")).to_be_visible()
    answer = httpx.get(f"{app.url}/readyz").json()
    assert (answer["ok"], answer["down"]) == (True, [])
    told = httpx.get(f"{app.url}/metrics").text
    assert "marl_workers 1.0" in told
    assert 'marl_up{part="worker"} 1.0' in told
    expect(page.get_by_text("Last heartbeat just now")).to_be_visible()  # it looks again by itself
    assert Axe().run(page).response["violations"] == []


def test_a_run_goes_on_under_the_hand_of_who_watches_it(page: Page, app: App, jwt_api: str) -> None:
    with app.api() as api:
        table = api.post("/tables", json={"name": "Watched", "columns": [{"name": "Company", "type": "text"}]}).json()
        api.post(f"/tables/{table['id']}/rows", json={"rows": [{"Company": f"C{n}"} for n in range(60)]})
        config = {
            "method": "GET",
            "url": f"{jwt_api}/nowhere/{{{{Company}}}}",
            "rate_limit": {"requests": 2, "duration_ms": 1000},
        }
        column = api.post(f"/tables/{table['id']}/columns", json={"name": "Profile", "type": "http", "config": config})
        run = api.post(f"/columns/{column.json()['id']}/runs", json={"rows": "all"}).json()
        page.goto(f"{app.url}/settings/system")
        link = page.get_by_role("link", name="Watched")
        link.focus()
        expect(page.get_by_text("× 404 ·")).to_be_visible()
        expect(link).to_be_focused()
        assert Axe().run(page).response["violations"] == []
        api.post(f"/runs/{run['id']}/stop")
    expect(page.get_by_text("Nothing is running in this workspace.")).to_be_visible()


def test_the_tabs_of_the_settings_stay_where_they_are(page: Page, app: App) -> None:
    page.goto(f"{app.url}/settings/members")
    tabs = page.get_by_role("navigation", name="Settings").get_by_role("link")
    places = [tab.bounding_box() for tab in tabs.all()]
    for name in ("API tokens", "Account", "Audit log", "System"):
        tabs.get_by_text(name).click()
        expect(tabs.get_by_text(name)).to_have_attribute("aria-current", "page")
        assert [tab.bounding_box() for tab in tabs.all()] == places
