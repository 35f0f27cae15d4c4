"""Columns of a file and columns of a table."""

import pytest

from tables import columns
from tables.imports import mapping
from tables.models import Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_name_becomes_a_column_in_order(table: Table) -> None:
    other = Table.objects.create(workspace=table.workspace, name="Other")
    keys = mapping.new_columns(other, ["Zip", "Name"])
    assert [(str(column.pk), column.name, column.position) for column in columns.live(other)] == [
        (keys[0], "Zip", 0),
        (keys[1], "Name", 1),
    ]


def test_names_are_found_in_any_order(table: Table) -> None:
    by_name = {column.name: str(column.pk) for column in columns.live(table)}
    assert mapping.existing_columns(table, ["Size", "Name"]) == [by_name["Size"], by_name["Name"]]


def test_a_name_that_the_table_lacks_is_refused(table: Table) -> None:
    with pytest.raises(Refused, match="“Leads” has no column “City”, “Street”"):
        mapping.existing_columns(table, ["Name", "City", "Street"])


def test_a_computed_column_is_not_filled_from_a_file(table: Table) -> None:
    columns.create(table, "Profile", "http")
    with pytest.raises(Refused, match="“Profile” is filled by Marl"):
        mapping.existing_columns(table, ["Name", "Profile"])


def test_empty_values_are_not_stored() -> None:
    assert mapping.row_values(["1", "2", "3", "4"], ["a\0b", "", None]) == {"1": "ab"}
    assert mapping.row_values(["1", "2"], [0, False]) == {"1": 0, "2": False}
