"""The app as `make run` starts it, an API with a JWT sign-in, and a real Chromium."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.e2e import chromium
from tests.servers.marl import App, copy_prepared, running
from tests.servers.processes import ROOT, free_port, serving

type Picture = Callable[[Page | Locator, str], None]

expect.set_options(timeout=30_000)  # the machine may be busy: how fast is not asked here


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    data = tmp_path_factory.mktemp("app")
    if "PYTEST_XDIST_WORKER" in os.environ:
        copy_prepared(data)
    with running(data) as app:
        yield app


@pytest.fixture(scope="module", autouse=True)
def _no_tables_of_other_modules(app: App) -> None:
    """Tests read the list of tables, and any module may come before theirs."""
    with app.api() as api:
        for table in api.get("/tables", params={"limit": 500}).json()["items"]:
            api.delete(f"/tables/{table['id']}?force=true").raise_for_status()


@pytest.fixture(scope="session")
def session_cookies(app: App) -> dict[str, str]:
    """Of the first owner, who signed in once for all tests."""
    with httpx.Client(follow_redirects=True, timeout=30, trust_env=False) as client:
        client.get(app.link).raise_for_status()
        return dict(client.cookies)


@pytest.fixture(scope="session")
def jwt_api() -> Iterator[str]:
    port = free_port()
    with serving([sys.executable, "-m", "tests.servers.jwt_api", str(port)], f"http://127.0.0.1:{port}/log"):
        yield f"http://127.0.0.1:{port}"


# For these tests alone: while Playwright runs, Django takes this thread for an event loop and refuses the database.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield chromium.launched(playwright)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Its pages fail the test by a script error, and by what their security policy refuses."""
    context = browser.new_context(viewport={"width": 1440, "height": 860})
    context.set_default_timeout(30_000)
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda message: faults.append(message.text) if is_refusal(message) else None)
    yield context
    context.close()
    assert faults == []


def is_refusal(message: ConsoleMessage) -> bool:
    return message.type == "error" and "Content Security Policy" in message.text


@pytest.fixture
def page(context: BrowserContext, app: App, session_cookies: dict[str, str]) -> Page:
    """An empty page of the first owner, who is signed in."""
    context.add_cookies([{"name": name, "value": value, "url": app.url} for name, value in session_cookies.items()])
    return context.new_page()


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    """Takes one for the documentation: into it when MARL_PICTURES is set, so that a test run changes no file."""
    folder = ROOT / "docs" if os.environ.get("MARL_PICTURES") else tmp_path

    def take(of: Page | Locator, name: str) -> None:
        file = folder / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        of.screenshot(path=file, caret="initial")

    return take


@pytest.fixture
def drop(page: Page) -> Callable[..., None]:
    """Drops files on the page: `drop({"a.json": "{}"})`."""

    def dropped(files: dict[str, str], on: str = "body") -> None:
        data = page.evaluate_handle(
            """(files) => {
                const data = new DataTransfer();
                for (const [name, text] of Object.entries(files)) data.items.add(new File([text], name));
                return data;
            }""",
            files,
        )
        page.dispatch_event(on, "dragover", {"dataTransfer": data})
        page.dispatch_event(on, "drop", {"dataTransfer": data})

    return dropped
