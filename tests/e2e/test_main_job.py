"""The main job, from an empty app to a filled column, as a newcomer does it."""

import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Picture
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

NAMES = ["Northwind", "Contoso", "Fabrikam", "Tailspin Toys", "Wingtip", "Litware", "Proseware", "Adatum"]
COMPANIES = [*NAMES, *(f"Company {number}" for number in range(len(NAMES), 300))]
BODY = '{"username": "{{secret.username}}", "password": "{{secret.password}}"}'
LIMIT = 40  # requests a second


def as_csv(names: list[str]) -> bytes:
    lines = [f"{name},{name.lower().replace(' ', '')}.example,{number:04d}" for number, name in enumerate(names)]
    return "\n".join(["Company,Domain,Code", *lines]).encode()


def check_rate(times: list[float]) -> None:
    """As the server saw it. A stalled machine delivers what it held back at once, so each second is taken as half of
    one here; that the starts themselves keep the limit exactly is tested on the limiter."""
    assert max(sum(start <= other < start + 0.5 for other in times) for start in times) <= LIMIT
    assert times[-1] - times[0] >= 0.95 * (len(times) - LIMIT) / LIMIT


def upload(page: Page, folder: Path, picture: Picture) -> None:
    file = folder / "Leads Q4.csv"
    file.write_bytes(as_csv(COMPANIES))
    page.set_input_files("#file", file)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Northwind", exact=True)).to_be_visible()
    expect(dialog.get_by_text("0003", exact=True)).to_be_visible()
    start = dialog.get_by_role("button", name="Import 300 rows")
    expect(start).to_be_enabled()
    picture(page, "guide/images/columns-1-import")
    start.click()
    page.wait_for_url(re.compile(r"/tables/\d+"))
    expect(page.get_by_text("300 rows")).to_be_visible()


@pytest.fixture(autouse=True)
def _free_name(app: App) -> None:
    """Lets a connection be called as in a try before, which failed later."""
    with app.api() as api:
        for connection in api.get("/connections").json()["items"]:
            name = {"name": f"Earlier {connection['id']}"}
            api.patch(f"/connections/{connection['id']}", json=name).raise_for_status()


def connect(page: Page, api: str, picture: Picture) -> None:
    page.get_by_role("button", name="New connection").click()
    editor = page.locator("#connection-editor")
    editor.get_by_label("Name", exact=True).fill("Company directory")
    editor.get_by_label("Sign-in URL").fill(f"{api}/api/token/")
    editor.get_by_label("Sign-in body").fill(BODY)
    for number, (name, value) in enumerate([("username", "sam"), ("password", "open sesame")]):
        editor.locator('[name="secret.name"]').nth(number).fill(name)
        editor.locator('[name="secret.value"]').nth(number).fill(value)
    editor.get_by_label("Location of JWT token in auth response").fill("data.token")
    editor.get_by_label("Token type").fill("JWT")
    editor.get_by_role("button", name="Test sign-in").click()
    found = editor.get_by_role("button", name="access", exact=True)
    expect(found).to_be_visible()
    picture(page, "guide/images/columns-2-sign-in")
    found.click()
    expect(editor.get_by_label("Location of JWT token in auth response")).to_have_value("access")
    expect(editor.get_by_text("Signed in", exact=True)).to_be_visible()
    expect(editor.get_by_text("user_id")).to_be_visible()
    editor.get_by_role("button", name="Save", exact=False).first.click()
    expect(page.get_by_label("Connection", exact=False).first).not_to_have_value("")


def describe(page: Page, api: str, picture: Picture) -> None:
    page.get_by_role("button", name="Add column", exact=True).first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Name", exact=True).fill("Company profile")
    connect(page, api, picture)
    panel.get_by_label("Method").select_option("POST")
    panel.get_by_label("Endpoint URL").fill(f"{api}/companies/")
    body = panel.get_by_label("Body text")
    body.click()
    page.keyboard.type('{"name": "/Comp')
    expect(page.locator(".cm-tooltip-autocomplete").get_by_role("option", name="Company")).to_be_visible()
    picture(page, "guide/images/columns-3-body")
    page.keyboard.press("Enter")
    page.keyboard.type('"}')
    expect(panel.locator('[name="body"]')).to_have_value('{"name": "{{Company}}"}')
    panel.get_by_role("heading", name="What to keep").click()
    for number, path in enumerate(["data.name", "data.city", "data.founded"]):
        panel.get_by_role("button", name="Field", exact=True).click()
        panel.locator('[name="field_paths"]').nth(number).fill(path)
    panel.get_by_role("heading", name="Speed & retries").click()
    panel.get_by_label("Request limit").fill(str(LIMIT))
    panel.get_by_label("Duration", exact=True).fill("1")


def try_one_row(page: Page, picture: Picture) -> None:
    expect(page.locator("#preview")).to_contain_text('{"name": "Northwind"}')
    expect(page.locator("#preview")).to_contain_text("authorization: JWT ••••••••")
    page.get_by_role("button", name="Send row 1").click()
    expect(page.locator("#test-result")).to_contain_text("Row 1: Done 200")
    expect(page.locator("#test-result")).to_contain_text("Northwind")
    picture(page, "guide/images/columns-4-test")


def cell(page: Page, row: int, column: int) -> Any:
    """Counted from 1, as people do; the first column of the grid holds the row numbers."""
    return page.locator(f'#grid-body [role="row"][aria-rowindex="{row + 1}"] [aria-colindex="{column + 1}"]')


def test_a_newcomer_fills_a_column(page: Page, app: App, jwt_api: str, tmp_path: Path, picture: Picture) -> None:
    before = httpx.get(f"{jwt_api}/log").json()
    page.goto(app.link)
    upload(page, tmp_path, picture)
    describe(page, jwt_api, picture)
    try_one_row(page, picture)
    page.get_by_role("button", name="Save and run…").click()
    missing = page.get_by_role("button", name="Rows with no result")
    expect(missing).to_contain_text("300")
    picture(page, "guide/images/columns-5-run")
    missing.click()
    expect(cell(page, 1, 4)).to_contain_text(" · ", timeout=15_000)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    expect(cell(page, 4, 4)).to_contain_text("404 · no such company")
    picture(page, "workbench")
    expect(page.locator(".progress")).to_contain_text("finished", timeout=40_000)

    log = httpx.get(f"{jwt_api}/log").json()
    arrivals = log["arrivals"][len(before["arrivals"]) + 1 :]
    assert len(arrivals) == 300
    check_rate(arrivals)
    assert len(log["sign_ins"]) - len(before["sign_ins"]) <= 3  # two tests, and one for all 300 rows

    page.reload()
    expect(cell(page, 2, 4)).to_contain_text(" · ")
    expect(cell(page, 4, 4)).to_contain_text("404 · no such company")


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    for _ in range(60):
        if target.evaluate("target => target === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not reach {target}")


def test_the_keyboard_alone_is_enough(page: Page, app: App) -> None:
    page.goto(app.url)
    tab_to(page, page.get_by_role("button", name=re.compile("^(Try with a s|S)ample$")))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/tables/\d+"))
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Company profile")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    add = page.get_by_role("button", name="Add column", exact=True).first
    expect(page.locator("#sheet")).to_be_focused()
    tab_to(page, add, "Shift+Tab")  # Tab goes from cell to cell, as in every spreadsheet
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="HTTP API")).to_be_focused()
    page.keyboard.press("Escape")
    expect(add).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("heading", name="New HTTP API column")).to_be_focused()
    tab_to(page, panel.get_by_label("Name", exact=True))
    page.keyboard.press("Control+A")
    page.keyboard.type("By keys")
    tab_to(page, panel.get_by_label("Endpoint URL"))
    page.keyboard.insert_text(f"{app.url}/sample-api/v1/companies/northwind.example")
    tab_to(page, panel.get_by_role("button", name="Test row 1"))
    page.keyboard.press("Enter")
    expect(panel.locator("#test-result")).to_contain_text("Row 1: Done 200")
    tab_to(page, panel.get_by_role("button", name="Save", exact=True))
    page.keyboard.press("Enter")
    expect(panel.get_by_text("Saved.", exact=True)).to_be_visible()
    tab_to(page, panel.get_by_role("button", name="Save and run…"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="First 10 rows"))
    page.keyboard.press("Enter")
    expect(page.locator(".progress")).to_contain_text("first 10 rows", timeout=30_000)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    tab_to(page, page.locator("#sheet"))
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    drawer = page.locator("#drawer")
    expect(drawer.get_by_role("heading", name="By keys, row 1")).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator("#sheet")).to_be_focused()


def test_a_program_fills_a_column(app: App, jwt_api: str) -> None:
    before = len(httpx.get(f"{jwt_api}/log").json()["arrivals"])
    with app.api() as api:
        started = api.post("/imports", files={"file": ("leads.csv", as_csv(COMPANIES))}).json()
        table = wait(lambda: api.get(f"/imports/{started['id']}").json(), lambda told: told["state"] == "done")[
            "table_id"
        ]
        request = {"method": "POST", "url": f"{jwt_api}/api/token/", "headers": [], "body_format": "json", "body": BODY}
        config = {"auth_request": request, "token_path": "access", "token_type": "JWT"}
        secrets = {"username": "sam", "password": "open sesame"}
        connection = api.post("/connections", json={"name": "CRM", "kind": "jwt", "config": config, "secrets": secrets})
        assert api.post(f"/connections/{connection.json()['id']}/test").json()["ok"]
        settings = {
            "connection_id": connection.json()["id"],
            "method": "POST",
            "url": f"{jwt_api}/companies/",
            "body": '{"name": "{{Company}}"}',
            "field_paths": ["data.city"],
            "rate_limit": {"requests": LIMIT, "duration_ms": 1000},
        }
        body = {"name": "Profile", "type": "http", "config": settings}
        column = api.post(f"/tables/{table}/columns", json=body).json()["id"]
        run = api.post(f"/columns/{column}/runs", json={"rows": "all"}).json()
        run = wait(lambda: api.get(f"/runs/{run['id']}").json(), lambda told: told["state"] == "done")
        assert (run["counts"]["done"], run["counts"]["failed"], run["counts"]["pending"]) == (299, 1, 0)
        arrivals = httpx.get(f"{jwt_api}/log").json()["arrivals"][before:]
        check_rate(arrivals)

        row = api.get(f"/tables/{table}/rows", params={"offset": 3, "limit": 1}).json()["items"][0]
        assert row["cells"][str(column)]["error"]["message"] == "404 · no such company"
        told = api.get(f"/rows/{row['id']}/cells/{column}").json()["attempts"][0]
        assert told["request"]["body"] == '{"name": "Tailspin Toys"}'
        assert "••••••••" in str(told["request"]["headers"])
        assert told["response"]["status"] == 404

        added = api.post(f"/tables/{table}/rows", json={"rows": [{"Company": "Fresh"}]}).json()["ids"][0]
        path = f"/rows/{added}/cells/{column}"
        fresh = wait(lambda: api.get(path).json()["cell"], lambda told: told["state"] == "done")
        assert fresh["value"]["data"]["city"]


def wait(ask: Any, enough: Any, seconds: float = 40) -> Any:
    """Asks until the answer is enough."""
    deadline = time.monotonic() + seconds
    while not enough(told := ask()):
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
    return told
