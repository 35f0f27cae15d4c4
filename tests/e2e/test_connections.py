"""The form of a connection in a real browser: its kinds, the test of its sign-in, and what that test shows."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.e2e.accessible import violations
from tests.e2e.conftest import Picture
from tests.servers.marl import App
from tests.servers.threads import answer_json, running

pytestmark = pytest.mark.e2e

TOKEN = "kf83hf-47dh2.sj39_dk20d"


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.may_answer = threading.Event()
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """POST /login gives the token, nested and as a cookie; nothing else is there."""

    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.may_answer.wait(30)
        there = self.path == "/login"
        value = {"data": {"access_token": TOKEN, "refresh_token": f"{TOKEN}-2"}, "user": "Sam"} if there else {}
        answer_json(self, 200 if there else 404, value, {"Set-Cookie": f"sid={TOKEN}; Path=/"})

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server()) as server:
        yield server
        server.may_answer.set()


@pytest.fixture
def form(page: Page, app: App, server: Server) -> Page:
    """The form of a new JWT sign-in whose token location is wrong."""
    page.goto(f"{app.url}/connections/new")
    page.get_by_label("Name", exact=True).fill("Slow CRM")
    page.get_by_label("Sign-in URL").fill(f"{server.url}/login")
    page.get_by_label("Value of username").fill("sam")
    page.get_by_label("Value of password").fill("open sesame")
    page.get_by_label("Location of JWT token in auth response").fill("access_token")
    return page


def test_a_found_token_is_taken_and_tested_by_one_click(form: Page, picture: Picture) -> None:
    form.get_by_role("button", name="Test sign-in").click()
    expect(form.locator("#sign-in-result").get_by_text("No token at access_token.")).to_be_visible()
    body = form.get_by_label("Body of the answer")
    expect(body).to_contain_text('"user": "Sam"')
    expect(body).to_contain_text('"access_token": "••••••••"')
    expect(form.get_by_label("Headers of the answer")).to_contain_text("Set-Cookie: sid=••••••••; Path=/")
    assert Axe().run(form).response["violations"] == []
    expect(form.get_by_role("button", name="cookie:sid")).to_be_visible()
    form.get_by_role("button", name="data.access_token").click()
    expect(form.get_by_text("Signed in", exact=True)).to_be_visible()
    expect(form.get_by_label("Location of JWT token in auth response")).to_have_value("data.access_token")
    expect(form.get_by_text("Authorization: Bearer ••••••••")).to_be_visible()


def test_a_sign_in_under_way_is_told_and_can_be_cancelled(form: Page, server: Server) -> None:
    test = form.get_by_role("button", name="Test sign-in")
    test.click()
    expect(form.locator("#sign-in-result").get_by_text("No token at access_token.")).to_be_visible()
    server.may_answer.clear()
    test.click()
    expect(form.locator("#sign-in-result").get_by_text("Signing in…")).to_be_visible()
    expect(form.get_by_text("The answer of an earlier request")).to_be_visible()
    expect(form.get_by_text("1 s")).to_be_visible()
    form.get_by_role("button", name="Cancel", exact=True).click()
    expect(form.locator("#sign-in-result").get_by_text("Cancelled.")).to_be_visible()
    expect(test).to_be_focused()
    test.click()
    form.get_by_label("Location of JWT token in auth response").fill("cookie:sid")
    test.click()
    server.may_answer.set()
    expect(form.get_by_text("Cookie: sid=••••••••", exact=True)).to_be_visible()


def test_an_address_without_a_sign_in_is_told_at_its_field(form: Page, server: Server) -> None:
    form.get_by_label("Sign-in URL").fill(f"{server.url}/nowhere")
    form.get_by_role("button", name="Test sign-in").click()
    expect(form.get_by_text("There is nothing at this address (404).").first).to_be_visible()
    expect(form.get_by_label("Sign-in URL")).to_have_attribute("aria-invalid", "true")


def test_a_refresh_is_set_up_tested_saved_and_shown_again(form: Page, server: Server) -> None:
    form.get_by_label("Location of JWT token in auth response").fill("cookie:sid")
    form.get_by_text("Refresh token", exact=True).click()
    form.get_by_label("Location of refresh token in responses").fill("data.refresh_token")
    form.get_by_label("Refresh URL").fill(f"{server.url}/refresh")
    form.get_by_label("Refresh body").fill('{"refresh": "{{token.refresh}}"}')
    form.get_by_role("button", name="Test sign-in").click()
    expect(form.get_by_text("Found", exact=True)).to_be_visible()
    form.get_by_role("button", name="Save connection").click()
    form.get_by_role("link", name="Slow CRM").first.click()
    expect(form.get_by_label("Refresh URL")).to_have_value(f"{server.url}/refresh")
    expect(form.get_by_label("Location of refresh token in responses")).to_have_value("data.refresh_token")
    expect(form.locator("#refresh-body")).to_have_value('{"refresh": "{{token.refresh}}"}')


def test_kinds_are_chosen_by_pointer_and_by_keyboard(page: Page, app: App) -> None:
    page.goto(f"{app.url}/connections/new")
    page.get_by_label("Name", exact=True).fill("Meters")
    page.get_by_text("HTTP Digest authentication").click()
    expect(page.get_by_text("The password itself is never sent.")).to_be_visible()
    expect(page.get_by_text("HTTP Digest authentication")).to_be_hidden()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Meters")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="Digest", exact=True).focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Password", exact=False)).to_be_visible()
    expect(page.get_by_role("radio", name="Basic", exact=True)).to_be_focused()
    expect(page.get_by_text("The password itself is never sent.")).to_have_count(0)


def test_many_connections_are_searched_by_name_and_host(page: Page, app: App) -> None:
    with app.api() as api:
        for number in range(10):
            host, secrets = f"partner{number}.example", {"token": "hidden-when-read"}
            new = {"name": f"API {number}", "kind": "bearer", "config": {"allowed_hosts": [host]}, "secrets": secrets}
            api.post("/connections", json=new).raise_for_status()
    page.goto(f"{app.url}/connections")
    page.keyboard.press("/")
    expect(page.get_by_label("Search connections")).to_be_focused()
    page.keyboard.type("partner7")
    expect(page.get_by_role("row")).to_have_count(2)
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="API 7")).to_be_focused()
    page.get_by_label("Search connections").fill("nowhere")
    expect(page.get_by_text("No connections match.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("row").nth(10)).to_be_visible()
