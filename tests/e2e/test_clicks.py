"""How many clicks lead from an empty app to filled rows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.test_main_job import BODY, COMPANIES, as_csv, cell
from tests.servers.marl import App, running

pytestmark = pytest.mark.e2e

# In the storage of the tab, so that the count outlives a change of the page. A key that presses a button has no detail.
COUNT = """addEventListener("click", ({ isTrusted, detail }) => {
  if (isTrusted && detail > 0) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, { capture: true })"""


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[App]:
    with running(tmp_path / "empty") as app:
        yield app


def clicks(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.clicks ?? 0)"))


def test_nine_clicks_fill_ten_rows_and_each_field_takes_one_more(
    context: BrowserContext, empty: App, jwt_api: str, tmp_path: Path
) -> None:
    context.add_init_script(COUNT)
    page = context.new_page()
    page.goto(empty.link)
    file = tmp_path / "Leads.csv"
    file.write_bytes(as_csv(COMPANIES))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)
    page.get_by_role("dialog").get_by_role("button", name="Import 300 rows").click()
    page.wait_for_url(re.compile(r"/tables/\d+"))

    page.get_by_role("button", name="Add column", exact=True).first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    page.get_by_role("button", name="New connection").click()
    editor, panel = page.locator("#connection-editor"), page.locator("#panel")
    editor.get_by_label("Name", exact=True).fill("Company directory")
    editor.get_by_label("Sign-in URL").fill(f"{jwt_api}/api/token/")
    editor.get_by_label("Sign-in body").fill(BODY)
    for number, (name, value) in enumerate([("username", "sam"), ("password", "open sesame")]):
        editor.locator('[name="secret.name"]').nth(number).fill(name)
        editor.locator('[name="secret.value"]').nth(number).fill(value)
    editor.get_by_label("Token type").fill("JWT")
    editor.get_by_role("button", name="Test sign-in").click()
    expect(editor.get_by_text("Signed in", exact=True)).to_be_visible()
    expect(editor.get_by_label("Location of JWT token in auth response")).to_have_value("access")
    editor.get_by_role("button", name="Save connection").click()
    expect(editor).to_be_hidden()
    panel.get_by_label("Endpoint URL").fill(f"{jwt_api}/companies/?name={{{{Company}}}}")
    panel.get_by_role("button", name="Test row 1").click()
    tree = panel.get_by_role("tree", name="Response")
    expect(tree).to_contain_text("Northwind")
    before = clicks(page)
    for name in ("City", "Founded"):
        tree.get_by_role("button", name=f"Column {name}", exact=True).click()
    per_field = clicks(page) - before
    panel.get_by_role("button", name="Save and run 10 rows").click()

    for row in (1, 10):
        expect(cell(page, row, 4)).to_contain_text(" · ", timeout=30_000)
    expect(page.locator("#grid-head .name")).to_have_text(["Company", "Domain", "Code", "HTTP API", "City", "Founded"])
    expect(cell(page, 1, 5)).not_to_have_text(re.compile("^(|–)$"))
    assert (clicks(page) - per_field, per_field) == (9, 2)
