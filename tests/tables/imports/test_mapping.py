"""Columns of a file and columns of a table."""

from typing import Any

import pytest

from tables import columns
from tables.imports import mapping
from tables.imports.mapping import Choices
from tables.models import Column, Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_name_becomes_a_column_in_order(table: Table) -> None:
    other = Table.objects.create(workspace=table.workspace, name="Other")
    placed = mapping.places(None, ["Zip", "Name"], Choices())
    mapping.save_new(placed, other)
    assert [(str(column.pk), column.name, column.position) for column in columns.live(other)] == [
        (placed[0].key, "Zip", 0),
        (placed[1].key, "Name", 1),
    ]


def test_names_are_found_in_any_order(table: Table) -> None:
    by_name = {column.name: str(column.pk) for column in columns.live(table)}
    placed = mapping.places(table, ["Size", "Name"], Choices())
    assert [place.key for place in placed] == [by_name["Size"], by_name["Name"]]


def test_a_name_that_the_table_lacks_is_refused(table: Table) -> None:
    with pytest.raises(Refused, match="“Leads” has no column “City”, “Street”"):
        mapping.places(table, ["Name", "City", "Street"], Choices())


def test_a_number_in_the_head_of_a_file_is_no_id(table: Table, name: str) -> None:
    with pytest.raises(Refused, match=f"“Leads” has no column “{name}”"):
        mapping.places(table, [name], Choices())
    chosen = {"from": "2024", "to": name, "type": "text"}
    [into_id] = mapping.places(table, ["2024"], Choices(columns=[chosen]))
    [new] = mapping.places(table, ["2024"], Choices(columns=[chosen | {"is_new": True}]))
    assert into_id.key == name
    assert (new.column.pk is None, new.column.name) == (True, name)


def test_a_column_goes_where_it_is_told_into_a_new_one_or_nowhere(table: Table) -> None:
    name = columns.live(table)[0]
    chosen: list[dict[str, Any]] = [
        {"from": "Firma", "to": str(name.pk), "type": None},
        {"from": "Ort", "to": "Size", "type": None},
        {"from": "PLZ", "to": "Name", "type": "text"},
        {"from": "Notiz", "to": None},
    ]
    with pytest.raises(Refused, match="Two columns of the file go into “Name”"):
        mapping.places(table, ["Firma", "Ort", "PLZ", "Notiz"], Choices(columns=chosen))
    chosen[2]["to"] = "Postcode"
    placed = mapping.places(table, ["Firma", "Ort", "PLZ", "Notiz"], Choices(columns=chosen))
    assert [(place.index, place.column.name, place.column.pk is None) for place in placed] == [
        (0, "Name", False),
        (1, "Size", False),
        (2, "Postcode", True),
    ]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"from": "Nowhere", "to": "Name"}, "no column “Nowhere”"),
        ({"from": "Name", "to": "Name", "type": "money"}, "“money” isn't a type"),
        ({"from": "Name", "to": None}, "No column of the file goes into the table"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused(chosen: dict[str, Any], words: str, table: Table) -> None:
    with pytest.raises(Refused, match=words):
        mapping.places(table, ["Name"], Choices(columns=[chosen]))


@pytest.mark.parametrize(
    ("chosen", "field"),
    [({"match": "nearly"}, "match"), ({"on_match": "drop"}, "on_match"), ({"on_match": "skip"}, "key")],
)
def test_an_unknown_way_to_match_is_refused(chosen: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        Choices(**chosen)
    assert refused.value.field == field


def test_a_key_must_be_in_the_file(table: Table) -> None:
    placed = mapping.places(table, ["Name"], Choices())
    assert mapping.key_places(placed, ["Name"]) == placed
    with pytest.raises(Refused, match="No column of the file goes into “Size”, by which rows are to match"):
        mapping.key_places(placed, ["Size"])


def test_a_computed_column_is_not_filled_from_a_file(table: Table) -> None:
    columns.create(table, "Profile", "http")
    with pytest.raises(Refused, match="“Profile” is filled by Marl"):
        mapping.places(table, ["Name", "Profile"], Choices())


def test_a_place_is_proposed_for_each_column(table: Table) -> None:
    columns.create(table, "Profile", "http")
    name = Column.objects.get(table=table, name="Name")
    days = ["12.03.1998", "31.12.2011"]
    rows = [["Acme", days[0], "x", ""], ["Bolt", days[1], "", ""]]
    assert mapping.proposed(table, ["name", "Founded", "Profile", "Empty"], rows) == [
        {"from": "name", "to": name.pk, "type": "text", "is_new": False, "values": ["Acme", "Bolt"]},
        {
            "from": "Founded",
            "to": "Founded",
            "type": "date:dmy",
            "is_new": True,
            "values": ["12.03.1998", "31.12.2011"],
        },
        {"from": "Profile", "to": None, "type": "text", "is_new": False, "values": ["x"]},
        {"from": "Empty", "to": "Empty", "type": "text", "is_new": True, "values": []},
    ]


def test_a_column_of_exactly_the_name_comes_before_one_with_other_capitals(table: Table) -> None:
    lower = columns.create(table, "name")
    upper = Column.objects.get(table=table, name="Name")
    assert [place["to"] for place in mapping.proposed(table, ["name", "Name", "NAME"], [])] == [
        lower.pk,
        upper.pk,
        upper.pk,
    ]


def test_the_id_of_a_column_that_is_gone_is_the_name_of_no_new_one(table: Table) -> None:
    gone = Column.objects.filter(table=table).latest("pk").pk + 1
    with pytest.raises(Refused, match=r"The column that “Size” goes into was deleted\. Restore it"):
        mapping.places(table, ["Size"], Choices(columns=[{"from": "Size", "to": gone}]))
    [place] = mapping.places(table, ["Size"], Choices(columns=[{"from": "Size", "to": str(gone)}]))
    assert place.column._state.adding
    assert place.column.name == str(gone)
