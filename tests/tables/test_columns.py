"""Columns made, named, moved, converted, deleted and brought back."""

import pytest

from tables import columns, rows
from tables.models import Column, Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def order(table: Table) -> list[str]:
    live = columns.live(table)
    assert [column.position for column in live] == list(range(len(live)))
    return [column.name for column in live]


def test_a_column_is_made_where_it_is_wanted(table: Table) -> None:
    columns.create(table, "Last")
    columns.create(table, "First", position=0)
    assert order(table) == ["First", "Name", "Size", "Active", "Last"]


def test_a_computed_column_is_wider(table: Table) -> None:
    assert (columns.create(table, "Plain").width, columns.create(table, "Answer", "http").width) == (160, 240)


def test_the_first_column_of_a_table_is_pinned(table: Table) -> None:
    assert [column.pinned for column in columns.live(table)] == [True, False, False]


def test_a_column_is_fitted_until_somebody_chooses_its_width(table: Table) -> None:
    column = columns.create(table, "Notes")
    assert column.fitted
    columns.resize(column, 160)
    column.refresh_from_db()
    assert (column.fitted, column.width) == (False, 160)


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


def test_a_number_is_an_id_and_a_text_that_is_also_a_name_says_which(table: Table, name: str) -> None:
    plain, odd = columns.live(table)[0], columns.create(table, name)
    find = columns.by_name_or_id(table)
    assert find("Size") == find(find("Size").pk) == find(str(find("Size").pk))
    assert find(int(name)) == find(f"id:{name}") == plain
    assert find(f"name:{name}") == odd
    with pytest.raises(Refused, match=f"“{name}” is the name of a column and the id of “Name”. Write name:{name}"):
        find(name)
    with pytest.raises(Refused, match="no column"):
        find(odd.pk + 1)


def test_a_name_that_begins_like_the_spelling_of_an_id_is_found(table: Table) -> None:
    odd = columns.create(table, "id:x")
    find = columns.by_name_or_id(table)
    assert find("id:x") == find("name:id:x") == odd


def test_a_free_name_is_found(table: Table) -> None:
    columns.create(table, "Name 2")
    assert columns.unique_name(table, "Name") == "Name 3"
    assert columns.unique_name(table, " New\n") == "New"
    assert columns.unique_name(table, " ") == "Column"


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


def test_a_computed_column_keeps_its_type(table: Table) -> None:
    with pytest.raises(Refused, match="another kind of column"):
        columns.change_type(columns.create(table, "Answer", "http"), "text")
    with pytest.raises(Refused, match="another kind of column"):
        columns.change_type(columns.live(table)[0], "http")
