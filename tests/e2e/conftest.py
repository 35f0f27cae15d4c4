"""The app as `make run` starts it, an API with a JWT sign-in, and a real Chromium."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
type Picture = Callable[[Page | Locator, str], None]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[str], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer; its process ended with {process.poll()}")


@dataclass
class App:
    url: str
    link: str
    data: Path
    environment: dict[str, str] = field(repr=False)
    process: subprocess.Popen[str] = field(repr=False)

    def manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip

    @cached_property
    def token(self) -> str:
        return self.manage("api_token", "--name", "tests", "--role", "owner")

    def api(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30, trust_env=False)


def start_app(data: Path, port: int) -> App:
    """`make run` without the installing; returns when the link is printed."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {
        "MARL_DATA_DIR": str(data),
        "PORT": str(port),
        "MARL_ALLOWED_NETWORKS": "127.0.0.0/8",
        "PYTHONWARNINGS": "default",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "config.up"], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = []
    assert process.stdout
    for line in process.stdout:
        said.append(line)
        if "/?token=" in line:
            return App(f"http://127.0.0.1:{port}", line.strip(), data, environment, process)
    raise AssertionError("".join(said))


def stop_app(app: App) -> str:
    app.process.send_signal(signal.SIGINT)
    return app.process.communicate(timeout=60)[0]


expect.set_options(timeout=15_000)  # the machine may be busy: how fast is not asked here


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    running = start_app(tmp_path_factory.mktemp("app"), free_port())
    yield running
    stop_app(running)


@pytest.fixture(scope="session")
def jwt_api() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.servers.jwt_api", str(port)], cwd=ROOT, text=True)
    wait_for(f"http://127.0.0.1:{port}/log", process)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


# For a file at a time: while Playwright runs, Django takes this thread for an event loop and refuses the database.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is not on PATH: run make test"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 860})
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, app: App) -> Page:
    """A page of the first owner, signed in; a script error or a refused script fails the test."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    page.goto(app.link)
    return page


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
