"""What a panel says when saving was refused: a name that is taken, or settings that others have saved meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e

CHANGED = "These settings were changed after you opened them."


@dataclass
class Kind:
    """A type of column with settings, others of somebody else, and how a person types a third."""

    type: str
    config: dict[str, Any]
    theirs: dict[str, Any]
    type_mine: Callable[[Locator], object]
    mine: dict[str, Any]


def http(url: str) -> dict[str, Any]:
    return {"method": "GET", "url": url, "auto_update": False}


def lookup(value: str) -> dict[str, Any]:
    return {"match": {"column": "Code", "value": value}, "take": "Country"}


KINDS = [
    Kind(
        "http",
        http("http://127.0.0.1:9/a"),
        http("http://127.0.0.1:9/theirs"),
        lambda panel: panel.get_by_label("Endpoint URL").fill("http://127.0.0.1:9/mine"),
        {"url": "http://127.0.0.1:9/mine"},
    ),
    Kind(
        "formula",
        {"formula": "UPPER({{Company}})"},
        {"formula": "LOWER({{Company}})"},
        lambda panel: panel.get_by_label("Formula", exact=False).first.fill("LEN({{Company}})"),
        {"formula": "LEN({{Company}})"},
    ),
    Kind(
        "lookup",
        lookup("{{Code}}"),
        lookup("{{Company}}"),
        lambda panel: panel.get_by_label("Take", exact=True).select_option("Code"),
        {"take": "Code"},
    ),
]


@pytest.fixture
def api(app: App) -> Iterator[httpx.Client]:
    with app.api() as client:
        yield client


@pytest.fixture
def tables(api: httpx.Client) -> tuple[int, int]:
    """Companies with a code, and the countries of the codes."""

    def made(name: str, row: dict[str, str]) -> int:
        table = int(api.post("/tables", json={"name": name, "columns": [{"name": one} for one in row]}).json()["id"])
        api.post(f"/tables/{table}/rows", json={"rows": [row]}).raise_for_status()
        return table

    return made("Companies", {"Company": "Acme", "Code": "DE"}), made("Countries", {"Code": "DE", "Country": "Germany"})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_what_somebody_else_saved_meanwhile_is_not_replaced_unasked(
    page: Page, app: App, api: httpx.Client, tables: tuple[int, int], kind: Kind
) -> None:
    companies, countries = tables
    at = {"table_id": countries} if kind.type == "lookup" else {}
    body = {"name": "Answer", "type": kind.type, "config": kind.config | at}
    column = api.post(f"/tables/{companies}/columns", json=body).json()["id"]

    def stored() -> dict[str, Any]:
        config: dict[str, Any] = api.get(f"/columns/{column}").json()["config"]
        return config

    page.goto(f"{app.url}/tables/{companies}")
    page.get_by_role("columnheader", name="Answer").click(button="right")
    page.get_by_role("menuitem", name="Settings").or_(page.get_by_role("menuitem", name="Edit")).first.click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Answer")).to_be_attached()
    api.patch(f"/columns/{column}", json={"config": kind.theirs | at}).raise_for_status()
    theirs = stored()
    kind.type_mine(panel)
    save = panel.get_by_role("button", name="Save", exact=True)
    save.click()
    expect(panel.get_by_role("alert").filter(has_text=CHANGED)).to_be_visible()
    assert stored() == theirs
    save.click()
    expect(panel.get_by_text("Saved.", exact=True)).to_be_visible()
    expect(panel.get_by_text(CHANGED)).to_have_count(0)
    assert stored().items() >= kind.mine.items()


def test_a_name_that_is_taken_is_told_until_it_is_changed(page: Page, app: App, tables: tuple[int, int]) -> None:
    page.goto(f"{app.url}/tables/{tables[0]}")
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="Formula").click()
    panel = page.locator("#panel")
    name, formula = panel.get_by_label("Name", exact=True), panel.get_by_label("Formula", exact=False).first
    formula.fill("UPPER({{Company}})")
    name.fill("Company")
    panel.get_by_role("button", name="Save", exact=True).click()
    told = panel.get_by_text("There is already a column “Company”.")
    expect(told).to_be_visible()
    formula.fill("LOWER({{Company}})")
    expect(panel.locator("#preview")).to_contain_text("acme")
    expect(told).to_be_visible()
    expect(name).to_have_attribute("aria-invalid", "true")
    name.fill("Firm")
    expect(told).to_have_count(0)
    expect(name).not_to_have_attribute("aria-invalid", "true")
