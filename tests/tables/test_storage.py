"""Rows as they are stored."""

import json
from itertools import pairwise

import pytest
from django.db import connection

from tables import row_order, rows, storage
from tables.models import Row, RowBlock, Table
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [1, 1_000, 1_001, 2_300])
def test_rows_are_inserted_in_order(table: Table, number: int) -> None:
    sort_keys = row_order.append(table.pk, number)
    storage.insert(table.pk, sort_keys, [json.dumps({"1": place}) for place in range(number)])
    by_id = list(Row.objects.filter(table=table).order_by("pk").values_list("sort_key", "values"))
    assert by_id == [(key, {"1": place}) for place, key in enumerate(sort_keys)]


def test_rows_of_one_table_come_after_those_of_another_without_some(
    table: Table, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_order, "BLOCK", 10)
    source = Table.objects.create(workspace=workspace, name="Source")
    for target, number in ((table, 7), (source, 345)):
        texts = [json.dumps({"1": f"{target.name} {place}"}) for place in range(number)]
        storage.insert(target.pk, row_order.append(target.pk, number), texts)
    left_out = [*range(5), *range(100, 212), *range(213, 330), 344]
    storage.append_table(source.pk, table.pk, [row_order.appended(place, 1)[0] for place in left_out])
    expected = [f"{table.name} {place}" for place in range(7)]
    expected += [f"Source {place}" for place in range(345) if place not in left_out]
    found = [row_order.window(table.pk, offset, 1).get().values["1"] for offset in range(len(expected))]
    assert found == expected
    blocks = list(RowBlock.objects.filter(table=table).order_by("start").values_list("count", flat=True))
    assert sum(blocks) == len(expected)
    assert all(one + following > 10 for one, following in pairwise(blocks[1:]))  # no more of them than are needed


@pytest.mark.parametrize("text", ["back\\slash", "\\N", "\\.", "a\tb\r\nc", 'quo"te', "%s", "\x7f\u2028é😀"])
def test_a_text_is_stored_as_it_is(table: Table, text: str) -> None:
    storage.insert(table.pk, row_order.append(table.pk, 1), [json.dumps({"1": text}, ensure_ascii=False)])
    assert Row.objects.get(table=table).values == {"1": text}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL cleans up by itself")
def test_space_that_nothing_uses_goes_back_to_the_disk(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_PAGES", 2)
    monkeypatch.setattr(storage, "_PAGES_LEFT", 3)

    def pages() -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            return int(cursor.fetchone()[0])

    rows.append(table, [{"Name": "x" * 4_000}] * 50)
    Row.objects.filter(table=table)._raw_delete(using=connection.alias)
    before = pages()
    storage.give_back_space(-1)
    assert pages() == before
    storage.give_back_space(60)
    assert before - pages() > 40
    assert storage._free_pages() <= 3
