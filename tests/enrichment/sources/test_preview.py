"""What a source would bring, before it is run."""

from typing import Any

import pytest

from enrichment.models import Source
from enrichment.sources import preview, settings
from tables.models import Import, Row, Table
from tests.servers.shape_books import AccountsBook

pytestmark = pytest.mark.django_db(transaction=True)


def shown(source: Source) -> dict[str, Any]:
    draft = settings.of_source(source)
    return preview.shown(draft, preview.fetch(draft, source.pk))


def test_the_first_rows_are_shown_as_they_would_land(source: Any, leads: Table, crm: AccountsBook) -> None:
    found = shown(source())
    acme, _, contoso = Row.objects.filter(table=leads).order_by("sort_key")
    assert found["rows"] == [
        {"cells": {"Company": "Acme", "Size": 12}, "becomes": "updated", "row_id": acme.pk, "problems": []},
        {"cells": {"Company": "Zeta", "Size": 3}, "becomes": "added", "row_id": None, "problems": []},
        {"cells": {"Company": "Contoso", "Size": None}, "becomes": "updated", "row_id": contoso.pk, "problems": []},
    ]
    assert (found["items"], found["is_all"], found["problem"]) == (3, True, None)
    assert [(field["path"], field["column"], field["type"]) for field in found["fields"]] == [
        ("name", None, "text"),
        ("staff", None, "number"),
    ]
    assert Row.objects.count() == 3
    assert not Import.objects.exists()


def test_no_more_pages_are_fetched_than_are_shown(source: Any, crm: AccountsBook) -> None:
    crm.accounts = [{"name": f"Company {number}"} for number in range(100)]
    crm.size = 15
    found = shown(source())
    assert (crm.asked, found["items"], len(found["rows"]), found["is_all"]) == ([1, 2], 30, 20, False)


def test_a_look_at_a_list_of_several_pages_says_so_where_none_are_set(source: Any, crm: AccountsBook) -> None:
    found = shown(source(config={"pages": None}))
    words = "The API has more: in its answer, “next” names another page. Say under “Pages” how it is fetched."
    assert (found["items"], found["is_all"], found["remarks"]) == (2, False, [words])


def test_a_key_twice_counts_once_and_a_value_that_does_not_fit_is_told(source: Any, crm: AccountsBook) -> None:
    crm.accounts = [{"name": "Zeta", "staff": 1}, {"name": "Zeta", "staff": "many"}]
    columns = [{"path": "name", "column": "Company"}, {"path": "staff", "column": "Staff", "type": "number"}]
    made = source(columns=columns)
    first, second = shown(made)["rows"]
    assert (first["becomes"], first["problems"]) == ("left_out", ["The last row with this key counts."])
    assert (second["becomes"], second["cells"]["Staff"]) == ("added", None)
    assert "“many” is not a valid number." in second["problems"][0]
    first, second = shown(source(columns=columns, on_match="skip"))["rows"]
    assert (first["becomes"], second["becomes"]) == ("added", "left_out")


def test_what_went_wrong_is_told_with_the_exchange(source: Any, crm: AccountsBook) -> None:
    crm.before = {1: [403]}
    found = shown(source())
    assert (found["problem"], found["rows"], found["fields"]) == ("403 · down", [], [])
    assert found["attempts"][0]["response"]["status"] == 403
    crm.before, crm.retry_after = {1: [429]}, 600
    assert "A preview doesn't wait so long" in shown(source())["problem"]
