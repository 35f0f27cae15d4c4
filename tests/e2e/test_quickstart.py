"""The quickstart of the guide, step by step; its pictures are made here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Picture
from tests.e2e.test_main_job import cell
from tests.servers.marl import App, running

pytestmark = pytest.mark.e2e


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[App]:
    with running(tmp_path / "fresh") as app:
        yield app


def test_from_an_empty_app_to_a_filled_column(browser: Browser, fresh: App, picture: Picture) -> None:
    page = browser.new_page(viewport={"width": 1120, "height": 660})
    page.goto(fresh.link)
    expect(page.get_by_role("button", name="Try with a sample")).to_be_visible()
    picture(page, "guide/images/quickstart-1-empty")
    page.get_by_role("button", name="Try with a sample").click()
    page.wait_for_url(re.compile(r"/tables/\d+"))
    coach = page.get_by_role("region", name="First steps")
    expect(coach).to_contain_text("Press Run to fill “Company profile”")
    expect(page.locator("#panel")).to_contain_text("Endpoint URL")
    picture(page, "guide/images/quickstart-2-sample")
    coach.get_by_role("button", name="Run").click()
    expect(coach).to_contain_text("“CRM account” signs in first", timeout=30_000)
    expect(cell(page, 1, 5)).to_have_text("Kyoto")
    picture(page, "guide/images/quickstart-3-filled")
    coach.get_by_role("button", name="Run").click()
    expect(coach).to_contain_text("your own rows and your own API", timeout=30_000)
    picture(page, "guide/images/quickstart-4-signed-in")
    page.close()
    page.close()


def test_the_first_steps_go_on_when_the_run_was_started_elsewhere(page: Page, app: App) -> None:
    page.goto(app.url)
    page.get_by_role("button", name=re.compile("^(Try with a s|S)ample$")).click()
    page.wait_for_url(re.compile(r"/tables/\d+"))
    coach = page.get_by_role("region", name="First steps")
    expect(coach).to_contain_text("Press Run to fill “Company profile”")
    with app.api() as api:
        table = api.get(f"/tables/{page.url.rpartition('/')[2]}").json()
        [profile, _] = [column["id"] for column in table["columns"] if column["type"] == "http"]
        api.post(f"/columns/{profile}/runs", json={"rows": "missing"}).raise_for_status()
    expect(coach).to_contain_text("“CRM account” signs in first", timeout=30_000)
