"""Where the fields of an API's items go."""

from typing import Any

import pytest

from enrichment import mapping
from enrichment.engine.errors import InvalidSettings
from tables import columns as table_columns
from tables.models import Column, ColumnType, Table

pytestmark = pytest.mark.django_db


def test_values_are_found_by_path_and_what_an_item_lacks_is_empty(leads: Table) -> None:
    given = [{"path": "firm.name", "column": "Company"}, {"path": "$", "column": "Size"}]
    fields = mapping.checked(leads, given)
    assert mapping.values(fields, {"firm": {"name": "Acme"}}) == {
        "Company": "Acme",
        "Size": {"firm": {"name": "Acme"}},
    }
    assert mapping.values(fields, "Acme") == {"Company": None, "Size": "Acme"}


def test_a_column_is_made_where_its_type_is_given(leads: Table) -> None:
    given = [{"path": "city", "column": "City", "type": "text"}, {"path": "size", "column": "Size", "type": "number"}]
    fields = mapping.save_new(mapping.checked(leads, given))
    made = Column.objects.get(table=leads, name="City")
    assert (made.type, made.table) == (ColumnType.TEXT, leads)
    assert Column.objects.get(table=leads, name="Size").type == ColumnType.TEXT
    stored = mapping.as_stored(fields)
    assert stored[0] == {"path": "city", "column": made.pk}
    table_columns.rename(made, "Town")
    assert mapping.as_shown(leads, stored)[0] == {"path": "city", "column": "Town"}
    table_columns.delete(made)
    assert [field.column.name for field in mapping.of_stored(leads, stored)] == ["Size"]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ([{"path": "a..b", "column": "Company"}], "columns.0.path", "The path can't be read"),
        ([{"path": "", "column": "Company"}], "columns.0.path", "Enter the path"),
        ([{"path": "a", "column": "City"}], "columns.0.column", "There is no column “City”"),
        ([{"path": "a", "column": None}], "columns.0.column", "Choose the column"),
        ([{"path": "a", "column": "City", "type": "colour"}], "columns.0.type", "Choose one of text, number"),
        ([{"path": name, "column": "Size"} for name in "ab"], "columns.1.column", "Two fields go into “Size”"),
        ([{"path": name, "column": "X", "type": "text"} for name in "ab"], "columns.1.column", "Two fields go into"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(leads: Table, given: list[dict[str, Any]], field: str, words: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        mapping.checked(leads, given)
    [problem] = caught.value.problems
    assert problem.field == field
    assert words in problem.message


def test_a_column_that_is_computed_takes_no_field(leads: Table, http: Any) -> None:
    http()
    with pytest.raises(InvalidSettings, match="“Profile” is filled by Marl"):
        mapping.checked(leads, [{"path": "a", "column": "Profile"}])


def test_what_items_have_is_offered_with_names_types_and_values(leads: Table, http: Any) -> None:
    http()
    items = [
        {"company": "Acme", "staffCount": 10, "address": {"zip.code": "0815"}, "tags": ["a"], "profile": "x"},
        {"company": "Zeta", "staffCount": 12, "site": "https://zeta.example", "address": {"size": 1}},
    ]
    assert mapping.proposed(leads, items) == [
        {"path": "company", "name": "Company", "type": "text", "column": "Company", "values": ["Acme", "Zeta"]},
        {"path": "staffCount", "name": "Staff count", "type": "number", "column": None, "values": [10, 12]},
        {"path": 'address["zip.code"]', "name": "Zip.code", "type": "text", "column": None, "values": ["0815"]},
        {"path": "tags", "name": "Tags", "type": "text", "column": None, "values": [["a"]]},
        {"path": "profile", "name": "Profile 2", "type": "text", "column": None, "values": ["x"]},
        {"path": "site", "name": "Site", "type": "url", "column": None, "values": ["https://zeta.example"]},
        {"path": "address.size", "name": "Size", "type": "number", "column": "Size", "values": [1]},
    ]


def test_items_that_are_no_objects_are_one_field(leads: Table) -> None:
    [field] = mapping.proposed(leads, ["a", "b"])
    assert (field["path"], field["name"], field["values"]) == ("$", "Value", ["a", "b"])
