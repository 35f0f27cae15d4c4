"""Rows as they are stored."""

import json

import pytest

from tables import row_order, storage
from tables.models import Row, Table

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [1, 500, 501, 1200])
def test_rows_are_inserted_in_order(table: Table, number: int) -> None:
    sort_keys = row_order.append(table.pk, number)
    storage.insert(table.pk, sort_keys, [json.dumps({"1": place}) for place in range(number)])
    by_id = list(Row.objects.filter(table=table).order_by("pk").values_list("sort_key", "values"))
    assert by_id == [(key, {"1": place}) for place, key in enumerate(sort_keys)]


@pytest.mark.parametrize("text", ["back\\slash", "\\N", "\\.", "a\tb\r\nc", 'quo"te', "%s", "\x7f\u2028é😀"])
def test_a_text_is_stored_as_it_is(table: Table, text: str) -> None:
    storage.insert(table.pk, row_order.append(table.pk, 1), [json.dumps({"1": text}, ensure_ascii=False)])
    assert Row.objects.get(table=table).values == {"1": text}
