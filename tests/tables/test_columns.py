"""Columns made, named, moved, converted, deleted and brought back."""

from typing import Any

import pytest

from tables import columns, rows
from tables.models import Column, Row, Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def order(table: Table) -> list[str]:
    found = columns.live(table)
    assert [column.position for column in found] == list(range(len(found)))
    return [column.name for column in found]


def test_a_column_is_made_where_it_is_wanted(table: Table) -> None:
    columns.create(table, "Last")
    columns.create(table, "First", position=0)
    assert order(table) == ["First", "Name", "Size", "Active", "Last"]


def test_a_computed_column_is_wider(table: Table) -> None:
    assert (columns.create(table, "Plain").width, columns.create(table, "Answer", "http").width) == (160, 240)


@pytest.mark.parametrize(
    ("name", "type", "field", "code"),
    [
        ("  ", "text", "name", "invalid"),
        ("x" * 201, "text", "name", "invalid"),
        (" Name ", "text", "name", "conflict"),
        ("New", "money", "type", "invalid"),
    ],
)
def test_a_wrong_column_is_refused(name: str, type: str, field: str, code: str, table: Table) -> None:
    with pytest.raises(Refused) as refused:
        columns.create(table, name, type)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert order(table) == ["Name", "Size", "Active"]


def test_names_are_tidied(table: Table) -> None:
    assert columns.create(table, "  Zip\n code\t").name == "Zip code"
    assert columns.create(table, "Cafe\u0301").name == "Caf\u00e9"


def test_a_name_wins_over_an_id(table: Table, name: str) -> None:
    odd = columns.create(table, name)
    find = columns.by_name_or_id(table)
    assert find(name) == odd
    assert find("Size") == find(find("Size").pk)


def test_a_free_name_is_found(table: Table) -> None:
    columns.create(table, "Name 2")
    assert columns.unique_name(table, "Name") == "Name 3"
    assert columns.unique_name(table, "New") == "New"
    long = columns.create(table, "x" * 200).name
    assert columns.unique_name(table, long) == "x" * 198 + " 2"


@pytest.mark.parametrize(
    ("position", "expected"),
    [(0, ["Active", "Name", "Size"]), (1, ["Name", "Active", "Size"]), (99, ["Name", "Size", "Active"])],
)
def test_a_column_is_moved(position: int, expected: list[str], table: Table) -> None:
    columns.move(columns.live(table)[2], position)
    assert order(table) == expected


def test_a_deleted_column_comes_back_with_its_values(table: Table, name: str) -> None:
    rows.append(table, [{"Name": "a"}])
    first = columns.live(table)[0]
    columns.delete(first)
    assert order(table) == ["Size", "Active"]
    columns.create(table, "Name")
    columns.restore(Column.with_deleted.get(pk=first.pk))
    assert order(table) == ["Name 2", "Size", "Active", "Name"]
    assert rows.window(table, 0, 1)[0].values == {name: "a"}


def test_a_changed_type_converts_what_it_can_read(table: Table, heard: list[dict[str, Any]]) -> None:
    column = columns.create(table, "Seen")
    rows.append(table, [{"Seen": text} for text in ["true", "no", "maybe"]])
    heard.clear()
    columns.change_type(column, "checkbox")
    found = Row.objects.order_by("position").values_list("values", flat=True)
    assert [values[str(column.pk)] for values in found] == [True, False, "maybe"]
    assert [(facts["row_ids"], facts["column_ids"]) for facts in heard] == [(None, [column.pk])]


def test_numbers_keep_their_digits_through_a_change_of_type(table: Table) -> None:
    column = columns.create(table, "Code")
    rows.append(table, [{"Code": "1.10"}, {"Code": "0042"}])
    columns.change_type(column, "number")
    columns.change_type(column, "text")
    found = Row.objects.order_by("position").values_list("values", flat=True)
    assert [values[str(column.pk)] for values in found] == ["1.10", "0042"]


def test_a_computed_column_keeps_its_type(table: Table) -> None:
    with pytest.raises(Refused, match="another kind of column"):
        columns.change_type(columns.create(table, "Answer", "http"), "text")
    with pytest.raises(Refused, match="another kind of column"):
        columns.change_type(columns.live(table)[0], "http")
