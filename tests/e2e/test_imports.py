"""A file on its way into a table: looked at, mapped, checked, imported, taken back."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Picture
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

MESSY = """CRM export, 28.11.2026 10:45
All amounts in EUR
Firma;Website;Mitarbeiter;PLZ;Umsatz
Acme;acme.example;412;50667;48.200.000,00
Bergwerk Software;Bergwerk.example;151;01067;9.450.000,50
Nordlicht Data;nordlicht.example;ca. 1200;20095;131.000.000,00
Zeta GmbH;zeta.example;23;90402;1.100.000,00
"""
COLUMNS = [{"name": "Company"}, {"name": "Website"}, {"name": "Mitarbeiter", "type": "number"}, {"name": "PLZ"}]


@pytest.fixture
def api(app: App) -> Iterator[httpx.Client]:
    with app.api() as client:
        yield client


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    file = tmp_path / "leads-october.csv"
    file.write_bytes(MESSY.replace("\n", "\r\n").encode("cp1252"))
    return file


@pytest.fixture
def leads(api: httpx.Client) -> int:
    """A table that has two of the companies already."""
    table: dict[str, int] = api.post("/tables", json={"name": "Leads", "columns": COLUMNS}).json()
    rows = [{"Company": "Acme Ltd", "Website": "ACME.example", "Mitarbeiter": 400, "PLZ": "50667"}, {"Company": "Own"}]
    api.post(f"/tables/{table['id']}/rows", json={"rows": rows}).raise_for_status()
    return table["id"]


def opened(page: Page, file: Path) -> Locator:
    page.set_input_files("#file", file)
    dialog = page.locator("#import")
    expect(dialog.get_by_role("region", name="First lines of the file")).to_be_visible()
    return dialog


def choose_header(dialog: Locator) -> None:
    dialog.get_by_label("Separator").select_option("Semicolon")
    lines = dialog.get_by_role("region", name="First lines of the file")
    radio = lines.get_by_role("radio", name="Column names in line 3", exact=True)
    expect(radio).to_be_visible()
    radio.check()
    expect(lines.get_by_role("columnheader", name="Mitarbeiter")).to_be_visible()
    expect(radio).to_be_checked()


def values_of(api: httpx.Client, table: int) -> list[list[object]]:
    found = api.get(f"/tables/{table}").json()["columns"]
    rows = api.get(f"/tables/{table}/rows").json()["items"]
    return [[row["cells"].get(str(column["id"]), {}).get("value") for column in found] for row in rows]


def check_axe(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [f"{item['id']}: {item['nodes'][0]['html'][:200]}" for item in found] == []


def test_a_messy_file_becomes_a_table(page: Page, app: App, api: httpx.Client, messy: Path, picture: Picture) -> None:
    page.goto(app.url)
    dialog = opened(page, messy)
    choose_header(dialog)
    expect(dialog.get_by_text("Header in line 3; lines 1 and 2 are left out")).to_be_visible()
    expect(dialog.locator("tr.out")).to_have_count(2)
    expect(dialog.get_by_label("Type of PLZ")).to_have_value("text")
    dialog.get_by_label("Type of Umsatz").select_option("Number, 1.234,56")
    dialog.get_by_label("New name of Umsatz").fill("Revenue")
    dialog.get_by_label("Import Website").uncheck()
    dialog.get_by_label("Table name").fill("October")
    expect(dialog.get_by_role("button", name="Import 4 rows")).to_be_visible()
    check_axe(page)
    picture(page, "guide/images/files-1-new-table")
    dialog.get_by_role("button", name="Import 4 rows").dblclick()
    page.wait_for_url(re.compile(r"/tables/\d+"))
    expect(page.get_by_role("columnheader", name="Revenue")).to_be_visible()
    table = int(page.url.rsplit("/", 1)[1])
    assert values_of(api, table)[1] == ["Bergwerk Software", "151", "01067", "9450000.50"]
    assert [item["name"] for item in api.get("/tables").json()["items"]].count("October") == 1


def test_a_file_updates_the_rows_that_it_matches_and_is_taken_back(
    page: Page, app: App, api: httpx.Client, leads: int, messy: Path, picture: Picture
) -> None:
    before = values_of(api, leads)
    page.goto(f"{app.url}/tables/{leads}")
    dialog = opened(page, messy)
    choose_header(dialog)
    expect(dialog.get_by_role("heading", name="Add leads-october.csv to Leads")).to_be_visible()
    dialog.get_by_label("Firma goes into").select_option("Company")
    dialog.get_by_label("Umsatz goes into").select_option("Leave out")
    expect(dialog.get_by_text("4 found in the table, 1 left out")).to_be_visible()
    dialog.get_by_label("Match by").select_option("Website")
    expect(dialog.get_by_label("Ignore capitals and spaces")).to_be_checked()
    outcome = dialog.get_by_role("region", name="What will happen")
    expect(outcome).to_contain_text(re.compile("Updated.*1.*Added.*3.*Values left blank.*1", re.DOTALL))
    checks = dialog.get_by_role("region", name="1 thing to check")
    expect(checks).to_contain_text("ca. 1200")
    checks.get_by_role("button", name="Show line 6").click()
    expect(dialog.locator("tr.shown")).to_contain_text("Nordlicht Data")
    check_axe(page)
    picture(page, "guide/images/files-2-add")
    dialog.get_by_role("button", name="Import 4 rows").click()
    line = page.get_by_role("list", name="Uploads").get_by_role("listitem")
    expect(line).to_contain_text("3 rows added, 1 updated")
    check_axe(page)
    picture(page, "guide/images/files-3-done")
    assert values_of(api, leads)[0] == ["Acme", "acme.example", "412", "50667"]
    assert [row[2] for row in values_of(api, leads)] == ["412", None, "151", None, "23"]
    with page.expect_download() as download:
        line.get_by_role("link", name="Download the rejected rows of leads-october.csv").click()
    assert "ca. 1200" in download.value.path().read_text()
    line.get_by_role("button", name="Undo").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo import").click()
    expect(line).to_contain_text("Undone")
    assert values_of(api, leads) == before


def test_an_older_import_is_found_in_the_menu_and_undone(
    page: Page, app: App, api: httpx.Client, leads: int, picture: Picture
) -> None:
    before = values_of(api, leads)
    data = {"table": str(leads)}
    api.post("/imports", data=data, files={"file": ("more.csv", "Company,PLZ\nNew,00501\n")}).raise_for_status()
    page.goto(f"{app.url}/tables/{leads}")
    expect(page.get_by_text("00501")).to_be_visible()
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Imports…").click()
    dialog = page.get_by_role("dialog", name="Imports")
    expect(dialog).to_contain_text("more.csv")
    expect(dialog).to_contain_text("1 row added")
    check_axe(page)
    picture(dialog, "guide/images/files-4-imports")
    dialog.get_by_role("button", name="Undo the import of more.csv").click()
    page.get_by_role("button", name="Undo import").click()
    expect(dialog).to_contain_text("Undone")
    assert values_of(api, leads) == before


def test_escape_asks_only_for_what_was_chosen(page: Page, app: App, messy: Path) -> None:
    page.goto(app.url)
    dialog = opened(page, messy)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    dialog = opened(page, messy)
    dialog.get_by_label("Separator").select_option("Tab")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keep choosing").click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(dialog).to_be_hidden()


def test_a_lost_connection_is_told_and_the_reading_tried_again(page: Page, app: App, messy: Path) -> None:
    page.goto(app.url)
    dialog = opened(page, messy)
    page.context.set_offline(True)
    dialog.get_by_label("Separator").select_option("Semicolon")
    expect(dialog.get_by_role("alert")).to_contain_text("Can't reach the server")
    page.context.set_offline(False)
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_role("alert")).to_be_hidden()
    expect(dialog.get_by_label("Separator")).to_have_value(";")


def test_several_files_come_one_after_the_other(page: Page, app: App, tmp_path: Path) -> None:
    files = [tmp_path / "one.csv", tmp_path / "two.csv", tmp_path / "three.pdf"]
    for file in files:
        file.write_text(f"Company\n{file.stem}\n")
    page.goto(app.url)
    page.set_input_files("#file", files)
    dialog = page.locator("#import")
    for name, place in [("one.csv", "File 1 of 3"), ("two.csv", "File 2 of 3")]:
        expect(dialog.get_by_role("heading", name=f"Import {name}")).to_be_visible()
        expect(dialog).to_contain_text(place)
        dialog.get_by_role("button", name="Import 1 row").click()
    uploads = page.get_by_role("list", name="Uploads")
    expect(uploads).to_contain_text("“three.pdf” isn't a file Marl can read.")
    expect(uploads.get_by_role("link", name="Open")).to_have_count(2)


def test_another_file_takes_the_place_of_the_first(page: Page, app: App, messy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("Company\nNorthwind\n")
    page.goto(app.url)
    dialog = opened(page, messy)
    with page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Choose another file").click()
    chooser.value.set_files(other)
    expect(dialog.get_by_role("heading", name="Import other.csv")).to_be_visible()
    expect(dialog.get_by_role("button", name="Import 1 row")).to_be_visible()


def test_the_keyboard_is_enough(page: Page, app: App, messy: Path) -> None:
    page.goto(app.url)
    dialog = opened(page, messy)
    choose_header(dialog)
    radio = dialog.get_by_role("radio", name="Column names in line 3", exact=True)
    radio.focus()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_text("Header in line 4; lines 1 to 3 are left out")).to_be_visible()
    expect(dialog.get_by_role("radio", name="Column names in line 4", exact=True)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(radio).to_be_focused()
    expect(dialog.get_by_role("button", name="Import 4 rows")).to_be_enabled()
    dialog.get_by_label("Table name").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/tables/\d+"))


def test_values_that_do_not_fit_are_kept_as_text_with_one_click(page: Page, app: App, tmp_path: Path) -> None:
    file = tmp_path / "paid.csv"
    file.write_text("Name,Amount\nSam,1\nOla,n/a\nIda,ca. 5\nUwe,7\n")
    page.goto(app.url)
    dialog = opened(page, file)
    kind = dialog.get_by_label("Type of Amount")
    kind.select_option("Number")
    expect(dialog.get_by_text("2 values of “Amount” aren't numbers. They are left blank.")).to_be_visible()
    keep = dialog.get_by_role("button", name="Keep Amount as text")
    keep.focus()
    page.keyboard.press("Enter")
    expect(kind).to_have_value("text")
    expect(kind).to_be_focused()
    expect(keep).to_have_count(0)
    expect(dialog.get_by_role("button", name="Import 4 rows")).to_be_enabled()


def test_a_column_of_the_table_becomes_text_where_values_do_not_fit_it(page: Page, app: App, tmp_path: Path) -> None:
    file = tmp_path / "paid.csv"
    file.write_text("Name,Amount\nSam,1\nOla,n/a\nIda,ca. 5\n")
    with app.api() as api:
        columns = [{"name": "Name", "type": "text"}, {"name": "Amount", "type": "number"}]
        table = api.post("/tables", json={"name": "Paid", "columns": columns}).json()["id"]
        api.post(f"/tables/{table}/rows", json={"rows": [{"Name": "Uwe", "Amount": 48}]}).raise_for_status()
        page.goto(f"{app.url}/tables/{table}")
        dialog = opened(page, file)
        keep = dialog.get_by_role("button", name="Keep Amount as text")
        keep.click()
        back = dialog.get_by_role("button", name="Don’t make Amount text")
        expect(back).to_be_focused()
        expect(keep).to_have_count(0)
        back.click()
        keep.click()
        dialog.get_by_role("button", name="Import 3 rows").click()
        expect(page.locator("#table-size")).to_contain_text("4 rows")
        amounts = [list(row["cells"].values())[1]["value"] for row in api.get(f"/tables/{table}/rows").json()["items"]]
        assert amounts == ["48", "1", "n/a", "ca. 5"]
