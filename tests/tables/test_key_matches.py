"""Rows of a key, found through a filter: the same as by reading the key of every row, whatever stands in the cells."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import RedisError

from tables import column_indexes, columns, dispatch, key_matches, keys, rows, storage
from tables.models import Column, Row, Table
from tables.row_queries import View

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS: Sequence[Any] = [
    "Acme",
    "acme",
    "é",
    "e\u0301",
    "K",
    "\u212a",
    " Acme",
    "a;b",
    "a\u037eb",
    "Acme%",
    'a"b',
    "0042",
]
NUMBERS: Sequence[Any] = [5, 5.0, "5", "5.0", "05", "1e3", 1000, 1e3, "1000", 0.1, "0.1", "0.10", 0, "0", "-0", 0.0]
OTHERS: Sequence[Any] = [
    True,
    "true",
    False,
    None,
    "",
    "[1, 2]",
    [1, 2],
    "[1,2]",
    {"a": 1},
    '{"a": 1}',
    12345678901234567,
]
DATES: Sequence[Any] = [
    *("2026-01-31", "2026-01-31T00:00:00", "2026-01-31 05:00+05:00", "2026-01-31T10:30:00Z", "2026-01-31T10:30:00"),
    *("2026-01-31T15:30:00.000+05:00", "2026-02-01T01:00:00+05:00", "20260131", "2026-W05-6", "2026-01-31 noon"),
]
VALUES = [*TEXTS, *NUMBERS, *DATES, *OTHERS]


@pytest.fixture(autouse=True)
def any_size(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sent: list[int] = []
    monkeypatch.setattr(column_indexes, "SMALLEST", 0)
    monkeypatch.setattr(dispatch, "send", lambda _, column_id: sent.append(column_id))
    return sent


@pytest.fixture
def key(table: Table) -> list[Column]:
    """A text, a number and a date column of a table that has every value in each, and each pair of some."""
    columns.change_type(columns.live(table)[1], "number")
    columns.create(table, "Day", "date")
    key = [column for column in columns.live(table) if column.type != "checkbox"]
    pairs = [*((value, value) for value in VALUES), *((text, number) for text in TEXTS[:4] for number in NUMBERS[:6])]
    for row_id, pair in zip(rows.append(table, [{} for _ in pairs]), pairs, strict=True):
        stored = {
            str(column.pk): value for column, value in zip(key, (*pair, pair[0]), strict=True) if value is not None
        }
        with connection.cursor() as cursor:
            cursor.execute('UPDATE tables_row SET "values" = %s WHERE id = %s', [storage.encode(stored), row_id])
    table.refresh_from_db()
    return key


def wanted(key: Sequence[Column], sought: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    normalize = keys.normalizers("exact", [column.type for column in key])
    return {digest: values for values in sought if (digest := keys.digest(values, normalize))}


def by_every_row(table: Table, key: Sequence[Column], sought: key_matches.Wanted) -> dict[str, list[int]]:
    normalize = keys.normalizers("exact", [column.type for column in key])
    found: dict[str, list[int]] = {}
    for row in Row.objects.filter(table=table).order_by("pk"):
        digest = keys.digest([row.values.get(str(column.pk)) for column in key], normalize)
        if digest in sought:
            found.setdefault(digest, []).append(row.pk)
    return found


@pytest.mark.parametrize("is_indexed", [False, True])
def test_the_rows_of_a_key_are_those_that_reading_every_row_finds(
    table: Table, key: list[Column], is_indexed: bool
) -> None:
    if is_indexed:
        for column in key:
            column_indexes.make(column.pk)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=2, unique=True),
        st.lists(st.tuples(*[st.sampled_from(VALUES)] * 3), min_size=1, max_size=3),
    )
    def check(places: list[int], pairs: list[tuple[Any, Any, Any]]) -> None:
        chosen = [key[place] for place in places]
        sought = wanted(chosen, [[pair[place] for place in places] for pair in pairs])
        assert key_matches.find(table, chosen, "exact", sought) == by_every_row(table, chosen, sought)

    check()


@pytest.mark.parametrize(
    ("value", "place"),
    [
        *[(text, 0) for text in ("Acme", "é", "5", 5, "0042")],
        *[(number, 1) for number in (1000, "5", "0.10", 0.1)],
        *[(date, 2) for date in ("2026-01-31", "2026-01-31T15:30:00+05:00")],
    ],
)
def test_a_usual_key_reads_few_rows(table: Table, key: list[Column], value: Any, place: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        key_matches.find(table, [key[place]], "exact", wanted([key[place]], [[value]]))
    assert not any("LIMIT 5000" in query["sql"] for query in queries)


@pytest.mark.parametrize("place", [0, 1])
def test_many_keys_are_looked_up_in_an_index_that_they_have_made(
    table: Table, key: list[Column], any_size: list[int], place: int
) -> None:
    column = key[place]
    sought = wanted([column], [[str(number)] for number in range(1, 2_001)])
    expected = by_every_row(table, [column], sought)
    assert key_matches.find(table, [column], "exact", sought) == expected != {}
    assert key_matches.find(table, [column], "exact", sought) == expected
    if not column_indexes.is_worth_it(table, column):
        return  # PostgreSQL reads a text in any row as fast
    assert any_size == [column.pk]
    column_indexes.make(column.pk)
    with CaptureQueriesContext(connection) as queries:
        assert key_matches.find(table, [column], "exact", sought) == expected
    assert not any("LIMIT 5000" in query["sql"] for query in queries)


def test_the_second_search_for_a_key_has_an_index_made(table: Table, key: list[Column], any_size: list[int]) -> None:
    number = key[1]
    for _ in range(2):
        key_matches.find(table, [number], "exact", wanted([number], [["5"]]))
    assert any_size == [number.pk]


def test_without_redis_every_row_is_read(table: Table, key: list[Column], monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise RedisError

    monkeypatch.setattr(View, "row_ids", away)
    sought = wanted(key[:1], [["Acme"]])
    assert key_matches.find(table, key[:1], "exact", sought) == by_every_row(table, key[:1], sought) != {}
