"""Rows as they are stored."""

import json

import pytest
from django.db import connection

from tables import row_order, rows, storage
from tables.models import Row, Table

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [1, 1_000, 1_001, 2_300])
def test_rows_are_inserted_in_order(table: Table, number: int) -> None:
    sort_keys = row_order.append(table.pk, number)
    storage.insert(table.pk, sort_keys, [json.dumps({"1": place}) for place in range(number)])
    by_id = list(Row.objects.filter(table=table).order_by("pk").values_list("sort_key", "values"))
    assert by_id == [(key, {"1": place}) for place, key in enumerate(sort_keys)]


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
