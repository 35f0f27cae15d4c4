"""Tables copied by the database come out as they were."""

import json
from typing import Any

import pytest

from tables import columns, copies, row_order, rows, storage
from tables.models import Column, Row, Table

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def copy(table: Table) -> Table:
    return Table.objects.create(workspace=table.workspace, name="Copy", ready=False)


def copied(table: Table, copy: Table, chosen: list[Column]) -> list[dict[str, Any]]:
    """Copies the rows, and returns the copies' values by the names of their columns."""
    ids = {one.pk: Column.objects.create(table=copy, name=one.name, position=one.position).pk for one in chosen}
    names = {str(pk): one.name for one, pk in zip(chosen, ids.values(), strict=True)}
    *_, number = [0, *copies.copy_rows(table.pk, copy.pk, ids)]
    found = row_order.window(copy.pk, 0, number + 1)
    assert Row.objects.filter(table=copy).count() == number
    return [{names[key]: value for key, value in row.values.items()} for row in found]


def test_odd_values_are_copied_as_they_are(table: Table, copy: Table) -> None:
    name, size, active = columns.live(table)
    key = f'"{name.pk}":'
    odd: list[Any] = [key, f'"{size.pk}', f'a{key}"', "{", "back\\", f"\\{key}", "%s %", "é😀", 1.50, 10**17]
    odd += [{str(name.pk): {key: 1}}, [key, {}]]
    values = [{str(name.pk): value, str(size.pk): "1", str(active.pk): True} for value in odd] + [{}]
    storage.insert(table.pk, row_order.append(table.pk, len(values)), [json.dumps(value) for value in values])
    expected = [{"Name": value, "Size": "1", "Active": True} for value in odd]
    assert copied(table, copy, columns.live(table)) == [*expected, {}]


def test_values_of_a_deleted_column_stay_behind(table: Table, copy: Table) -> None:
    rows.append(table, [{"Name": "Firm", "Size": "3"}, {"Size": "4"}])
    columns.delete(columns.live(table)[1])
    assert copied(table, copy, columns.live(table)) == [{"Name": "Firm"}, {}]


def test_rows_keep_their_order_and_take_new_ones_between(table: Table, copy: Table) -> None:
    ids = rows.append(table, [{"Size": str(number)} for number in range(2500)])
    rows.move(table, [ids[7]], ids[3])
    sizes = [row["Size"] for row in copied(table, copy, columns.live(table))]
    assert sizes[:5] == ["0", "1", "2", "7", "3"]
    assert sizes[5:] == [str(number) for number in range(4, 2500) if number != 7]
    second = rows.window(copy, 1, 1)[0]
    (new,) = rows.insert(copy, second.pk, [{"Size": "0.5"}])
    rows.append(copy, [{"Size": "last"}])
    assert [row.pk for row in rows.window(copy, 1, 1)] == [new]
    assert rows.window(copy, 2501, 5)[0].values.popitem()[1] == "last"


def test_an_empty_table_is_copied(table: Table, copy: Table) -> None:
    assert copied(table, copy, columns.live(table)) == []
