"""The cell inspector and the errors of a column, in a real browser."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Picture
from tests.servers.echo import Echo, serving
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

ROWS = [("Northwind", "312"), ("Contoso", "9400"), ("Fabrikam", "12"), ("Tailspin", "140"), ("Wingtip", "77")]


class Companies:
    """Northwind is found at the second try; neither Tailspin nor Wingtip is known."""

    def __init__(self) -> None:
        self.tried: set[str] = set()

    def __call__(self, name: str) -> tuple[int, object]:
        if name == "Northwind" and name not in self.tried:
            self.tried.add(name)
            return 503, {"error": "server busy"}
        if name in ("Tailspin", "Wingtip"):
            return 404, {"error": f'no company "{name}"'}
        return 200, {"data": {"name": name, "city": "Utrecht", "tags": ["a", "b"]}, "request": {"id": 7}}


@pytest.fixture
def echo() -> Iterator[Echo]:
    with serving() as server:
        server.answers["companies"] = Companies()
        yield server


@pytest.fixture
def table(page: Page, app: App, echo: Echo) -> int:
    """Five companies, asked for where they are large."""
    with app.api() as api:
        columns = [{"name": "Company", "type": "text"}, {"name": "Size", "type": "number"}]
        made = int(api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"])
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": name, "Size": size} for name, size in ROWS]})
        request = {"method": "POST", "url": f"{echo.url}/companies", "body": json.dumps({"of": "{{Company}}"})}
        config = request | {"run_if": "{{Size}} > 50", "auto_update": False}
        column = api.post(f"/tables/{made}/columns", json={"name": "Profile", "type": "http", "config": config}).json()
        assert api.post(f"/columns/{column['id']}/runs", json={"rows": "all"}).status_code == 202
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("· Utrecht · a")).to_have_count(2)
    expect(page.get_by_text("404 · no company")).to_have_count(2)
    return made


@pytest.fixture
def drawer(page: Page, table: int) -> Locator:
    return page.locator("#drawer")


def choose(page: Page, row: int) -> None:
    """By the keyboard, from the first cell."""
    page.keyboard.press("Control+Home")
    for key in ["ArrowRight", "ArrowRight", *["ArrowDown"] * (row - 1)]:
        page.keyboard.press(key)


def expect_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]


def test_the_keyboard_reads_every_attempt_and_every_row(page: Page, drawer: Locator, picture: Picture) -> None:
    choose(page, 1)
    page.keyboard.press("Enter")
    expect(drawer.get_by_role("heading", name="Profile, row 1")).to_be_focused()
    expect(drawer.get_by_text("Done. The server answered 200")).to_be_visible()
    tries = drawer.get_by_role("list", name="Attempts").get_by_role("button")
    expect(tries).to_have_count(2)
    expect(tries.nth(1)).to_have_attribute("aria-current", "true")
    expect(tries.nth(1)).to_contain_text("again after 503 · server busy")
    expect(drawer.get_by_role("heading", name="Response 200")).to_be_visible()
    picture(page, "guide/images/runs-1-cell")
    expect_accessible(page)
    page.keyboard.press("ArrowLeft")
    expect(drawer.get_by_role("heading", name="Response 503")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(drawer.get_by_role("heading", name="Profile, row 2")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(drawer.get_by_text("Run condition not met: {{Size}} is 12")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(drawer.get_by_text("404 · no company").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator("#sheet")).to_be_focused()
    expect(page.locator("#grid-body .c.active")).to_contain_text("404 · no company")


def test_a_cell_comes_out_from_behind_its_history(page: Page, app: App, table: int) -> None:
    page.set_viewport_size({"width": 1024, "height": 800})
    with app.api() as api:
        for column, width in zip(api.get(f"/tables/{table}").json()["columns"], (100, 240, 240), strict=True):
            api.patch(f"/columns/{column['id']}", json={"width": width})
    page.reload()
    cell = page.get_by_role("gridcell").filter(has_text="404").first
    cell.click()
    page.keyboard.press("Enter")
    drawer = page.locator("#drawer")
    expect(drawer.get_by_role("heading", name="Profile, row 4")).to_be_focused()
    inside, beside = cell.bounding_box(), drawer.bounding_box()
    assert inside
    assert beside
    assert inside["x"] + inside["width"] <= beside["x"] + 1


def test_an_answer_is_searched_and_copied(page: Page, drawer: Locator) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    choose(page, 2)
    page.keyboard.press(" ")
    drawer.get_by_label("Search in request and response").fill("utrecht")
    answer = drawer.locator(".exchange", has=page.get_by_role("heading", name="Response 200"))
    expect(answer.get_by_role("button", name="Copy the path data.city")).to_be_visible()
    expect(answer.get_by_role("button", name="Copy the path data.name")).to_have_count(0)
    answer.get_by_role("button", name="Copy the path data.city").click()
    expect(page.get_by_text("Copied the path data.city")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "data.city"
    answer.get_by_role("button", name="Copy the value of city").click()
    expect(page.get_by_text("Copied the value of city.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "Utrecht"
    drawer.get_by_role("button", name="Copy as cURL").click()
    expect(page.get_by_text("with your own secret")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl -X POST 'http://127.0.0.1:")
    page.keyboard.press("ArrowUp")
    expect(drawer.get_by_role("heading", name="Profile, row 1")).to_be_visible()
    expect(drawer.get_by_role("button", name="Copy as cURL")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(drawer.get_by_role("heading", name="Profile, row 2")).to_be_visible()
    drawer.get_by_role("button", name="Raw").click()
    expect(drawer.get_by_role("region", name="Response, raw")).to_contain_text('"city": "Utrecht"')
    expect_accessible(page)


def test_a_cell_is_run_again_while_it_is_inspected(page: Page, drawer: Locator, echo: Echo) -> None:
    choose(page, 4)
    page.keyboard.press("Enter")
    expect(drawer.get_by_role("heading", name="1 attempt")).to_be_visible()
    echo.answers["companies"] = lambda name: (200, {"data": name})
    drawer.get_by_role("button", name="Run again").click()
    expect(drawer.get_by_role("heading", name="2 attempts")).to_be_visible()
    expect(drawer.get_by_role("heading", name="Response 200")).to_be_visible()
    expect(drawer.get_by_text("earlier run")).to_be_visible()


def test_errors_are_told_by_kind_shown_and_run_again(page: Page, drawer: Locator, echo: Echo, picture: Picture) -> None:
    page.get_by_role("columnheader", name="Profile").hover()
    page.locator('[aria-label="Profile: column menu"]').click()
    page.get_by_role("menuitem", name="Errors…").click()
    expect(drawer.get_by_role("heading", name="Errors in Profile")).to_be_focused()
    kind = drawer.get_by_role("listitem").filter(has_text="404 · no company")
    expect(kind).to_contain_text("2")
    picture(page, "guide/images/runs-2-errors")
    expect_accessible(page)
    kind.get_by_role("button", name="Show row 5").click()
    expect(page.locator('#grid-body [aria-rowindex="6"] .c.active')).to_contain_text("404")
    kind.get_by_role("button", name="Show these rows").click()
    shown = page.locator("#grid-body .line:not([hidden])")
    expect(shown).to_have_count(2)
    expect(shown.filter(has_text="404 · no company")).to_have_count(2)
    expect(page.get_by_role("button", name=re.compile("^Profile: 404 · no company"))).to_be_visible()
    kind.get_by_role("button", name="Show row 5").click()
    expect(shown.locator(".c.active")).to_contain_text("404")
    expect(shown).to_have_count(2)
    page.get_by_role("button", name="Remove: Profile: 404 · no company").click()
    expect(shown).to_have_count(5)
    page.get_by_role("searchbox").fill("Tailspin")
    expect(shown).to_have_count(1)
    kind.get_by_role("button", name="Show row 5").click()
    expect(page.get_by_text("That row isn't in this view, so all rows are shown again.")).to_be_visible()
    expect(page.locator('#grid-body [aria-rowindex="6"] .c.active')).to_contain_text("404")
    echo.answers["companies"] = lambda name: (200, {"data": name})
    kind.get_by_role("button", name="Run these again").click()
    expect(page.get_by_text("Profile: 2 done in")).to_have_count(1)  # for screen readers
    expect(drawer.get_by_text("No errors in this column.")).to_be_visible()
    expect(page.get_by_text("404 · no company").filter(visible=True)).to_have_count(0)


def test_the_head_shows_errors_counts_what_is_out_of_date_and_runs_it(page: Page, table: int) -> None:
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("Contoso Ltd")
    page.keyboard.press("Enter")
    expect(page.get_by_title(re.compile("^Out of date · "))).to_have_count(1)
    page.get_by_role("columnheader", name="Profile").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("1 of these out of date")
    page.get_by_role("button", name="2 errors in Profile: show these rows").click()
    expect(page.get_by_role("button", name="Profile: Error", exact=True)).to_be_visible()
    expect(page.locator("#grid-body .line:not([hidden])")).to_have_count(2)
    expect_accessible(page)
    page.get_by_role("button", name="Remove: Profile: Error").click()
    page.get_by_role("button", name="Run Profile").click()
    page.get_by_role("menuitem", name="Rows out of date 1").click()
    expect(page.get_by_title(re.compile("^Out of date · "))).to_have_count(0)


def test_the_head_tells_how_many_rows_are_in_which_state(page: Page, table: int) -> None:
    page.get_by_role("columnheader", name="Profile").hover()
    tip = page.get_by_role("tooltip")
    for words in ("2 done", "1 skipped by the run condition", "2 failed"):
        expect(tip).to_contain_text(words)
    page.keyboard.press("Control+Home")
    page.mouse.move(700, 600)
    expect(tip).to_be_hidden()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(tip).to_contain_text("2 done")


def test_attempts_that_are_deleted_are_counted_before_and_told_after(
    page: Page, app: App, table: int, drawer: Locator, picture: Picture
) -> None:
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Table settings…").click()
    dialog = page.get_by_role("dialog", name="Table settings")
    expect(dialog.get_by_label("Keep attempts")).to_have_value("90")
    expect(dialog.get_by_role("status")).to_contain_text("None would be deleted now.")
    dialog.get_by_label("Of each cell").select_option("at most 1")
    expect(dialog.get_by_role("status")).to_contain_text("1 of them would be deleted for good")
    expect_accessible(page)
    picture(page, "guide/images/runs-attempts")
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Keep them").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Marl deletes 1 attempt, about")).to_be_visible()
    page.get_by_role("button", name="Save and delete").click()
    expect(dialog).not_to_be_visible()
    with app.api() as api:
        path = f"/tables/{table}/attempts"
        while api.get(path).json()["attempts"] != 4:  # a worker deletes it
            pass
    page.get_by_role("gridcell", name="Northwind", exact=True).click()
    choose(page, 1)
    page.keyboard.press("Enter")
    expect(drawer.get_by_text("1 older attempt was deleted.")).to_be_visible()
    expect(drawer.get_by_text("1 attempt", exact=True)).to_be_visible()
    expect_accessible(page)


def test_other_attempts_are_offered_where_there_are_some(page: Page, drawer: Locator) -> None:
    page.get_by_role("gridcell").first.click()
    choose(page, 1)
    page.keyboard.press("Enter")
    expect(drawer.get_by_text("other attempts")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(drawer.get_by_role("heading", name="Profile, row 2")).to_be_visible()
    expect(drawer.get_by_text("other attempts")).to_have_count(0)
