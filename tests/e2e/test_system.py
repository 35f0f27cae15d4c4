"""What a running Marl tells of its own parts."""

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.e2e.conftest import App

pytestmark = pytest.mark.e2e


def test_a_worker_that_runs_is_seen(page: Page, app: App) -> None:
    assert httpx.get(f"{app.url}/readyz").json() == {"ok": True, "down": []}
    told = httpx.get(f"{app.url}/metrics").text
    assert "marl_workers 1.0" in told
    assert 'marl_up{part="worker"} 1.0' in told
    page.goto(f"{app.url}/settings/system")
    expect(page.get_by_role("row", name="celery@")).to_be_visible()
    expect(page.get_by_text("Nothing runs in this workspace now.")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
