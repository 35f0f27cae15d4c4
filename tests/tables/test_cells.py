"""Results of computed columns, stored many at a time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tables import cells, columns
from tables.cells import Calculated, NewCell, Unfinished
from tables.models import OPEN_STATES, Cell, CellState, Column, Row, Table
from tables.storable import storable

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
RUN = 7


@pytest.fixture
def column(table: Table) -> Column:
    return columns.create(table, "Profile", "http")


@dataclass
class Store:
    """Stores a cell of the first row: `store(value=1)`; whether it was written."""

    row: Row
    column: Column

    def __call__(self, **fields: Any) -> bool:
        return cells.store([self.new(**fields)]) == {(self.row.pk, self.column.pk)}

    def new(self, **fields: Any) -> NewCell:
        plain = NewCell(self.row.pk, self.column.pk, RUN, "done", None, "", "", None, None, None, 1, None, "", NOW)
        return plain._replace(**fields)

    @property
    def cell(self) -> Cell:
        return Cell.objects.get(row=self.row, column=self.column)


@pytest.fixture
def store(table: Table, column: Column) -> Store:
    return Store(Row.objects.create(table=table, sort_key=0), column)


@pytest.mark.parametrize("field", ["value", "error_detail"])
def test_statements_of_many_cells_have_no_long_texts_which_the_connection_would_keep(
    table: Table, column: Column, field: str
) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL takes the cells as one text, which nobody keeps")
    rows = Row.objects.bulk_create(Row(table=table, sort_key=number) for number in range(7))
    store = Store(rows[0], column)
    texts = [f"{number}" * (20_000 if number % 3 == 0 else 1) for number in range(7)]
    new = [store.new(row_id=row.pk, **{field: {"text": text}}) for row, text in zip(rows, texts, strict=True)]
    statements: list[str] = []
    connection.ensure_connection()
    connection.connection.set_trace_callback(statements.append)
    assert len(cells.store(new)) == 7
    connection.connection.set_trace_callback(None)
    assert {len(text) > 20_000: text.count("2026-03-01") for text in statements} == {False: 4, True: 1}
    stored = Cell.objects.filter(column=column).order_by("row__sort_key").values_list(field, flat=True)
    assert [item["text"] for item in stored] == texts


def test_every_field_comes_back_as_it_was_stored(store: Store) -> None:
    new = NewCell(
        row_id=store.row.pk,
        column_id=store.column.pk,
        run_id=RUN,
        state="failed",
        value={"name": 'Ünïcode "quoted"', "list": [1, 2.5, True, None]},
        error_code="http_404",
        error_message="404 · it's “gone”",
        error_group="0123456789abcdef",
        error_detail={"same_as": 3},
        http_status=404,
        attempts=2,
        due_at=NOW + timedelta(hours=1),
        fingerprint="f" * 32,
        finished_at=NOW,
    )
    for _ in range(2):  # inserted, then updated
        assert cells.store([new]) == {(new.row_id, new.column_id)}
        assert {name: getattr(store.cell, name) for name in NewCell._fields} == new._asdict()
        assert store.cell.stale is False


def test_as_many_cells_as_there_are_come_back_from_one_call(store: Store) -> None:
    rows = Row.objects.bulk_create(Row(table_id=store.row.table_id, sort_key=place) for place in range(1, 777))
    cells.store([store.new(row_id=row.pk, value=row.sort_key) for row in rows[::2]])
    new = [store.new(row_id=row.pk, run_id=None, value=row.sort_key) for row in rows]
    written = {(row.pk, store.column.pk) for row in rows[1::2]}
    assert cells.store(new) == written, "the others come to the same again"
    assert dict(Cell.objects.values_list("row_id", "value")) == {row.pk: row.sort_key for row in rows}


@pytest.mark.parametrize(
    "value", [None, 0, 1, -(10**30), 0.1, True, False, "", "null", "0042", '"', "\\", [], {}, [[None]], {"": None}]
)
def test_a_value_comes_back_as_it_was_stored(store: Store, value: Any) -> None:
    assert store(value=value)
    assert (store.cell.value, type(store.cell.value)) == (value, type(value))


def test_a_value_of_nothing_is_no_value(store: Store) -> None:
    store(value=None)
    assert Cell.objects.filter(value__isnull=True, error_detail__isnull=True).exists()


def test_what_no_database_holds_is_left_out(store: Store) -> None:
    store(value={"a\0": ["b\0\ud800", r"\u0000"]}, error_message="c\0d\ud800")
    assert store.cell.value == {"a": ["b\ufffd", r"\u0000"]}
    assert store.cell.error_message == "cd\ufffd"


def test_a_result_takes_the_mark_out_of_date_away(store: Store) -> None:
    store()
    Cell.objects.update(stale=True)
    store()
    assert not store.cell.stale


@pytest.mark.parametrize("state", OPEN_STATES)
def test_a_row_that_is_tried_again_keeps_its_result(store: Store, state: CellState) -> None:
    store(value="old", fingerprint="inputs")
    assert store(state=state, value=None, error_code="http_500", attempts=2)
    cell = store.cell
    assert (cell.state, cell.value, cell.fingerprint, cell.error_code, cell.attempts) == (
        state,
        "old",
        "inputs",
        "http_500",
        2,
    )
    assert store(state="no_data")
    assert (store.cell.value, store.cell.fingerprint) == (None, "")


def test_a_cell_without_a_run_is_written_where_it_differs(store: Store) -> None:
    assert store(run_id=None, value={"a": [1]})
    assert not store(run_id=None, value={"a": [1]}, finished_at=NOW + timedelta(days=1))
    assert store.cell.finished_at == NOW
    assert store(run_id=None, value={"a": [2]})
    assert store(run_id=None, value={"a": [2]}, state="failed", error_message="one")
    assert store(run_id=None, value={"a": [2]}, state="failed", error_message="two")
    assert store(run_id=None, value=None, state="failed", error_message="two")
    assert not store(run_id=None, value=None, state="failed", error_message="two")


def test_a_cell_of_a_run_is_written_whatever_it_was(store: Store) -> None:
    assert store(value=1)
    assert store(value=1, attempts=3)
    assert store.cell.attempts == 3


def test_a_computed_cell_that_waits_has_no_value(store: Store) -> None:
    store(run_id=None, value=1)
    assert store(run_id=None, state="waiting")
    assert store.cell.value is None
    assert not store(run_id=None, state="waiting")


def test_rows_that_were_deleted_are_left_out(store: Store, table: Table) -> None:
    gone = Row.objects.create(table=table, sort_key=1)
    new = [store.new(), store.new(row_id=gone.pk)]
    gone.delete()
    assert cells.store(new) == {(store.row.pk, store.column.pk)}
    assert Cell.objects.count() == 1


def test_a_calculated_cell_takes_the_place_of_whatever_was_there(store: Store) -> None:
    store(value=1, error_detail={"same_as": 3}, http_status=200, attempts=2, fingerprint="f" * 32)
    words = "The formula took “too long”"
    failed = Calculated(store.row.pk, "failed", None, "formula", words, "0123456789abcdef")
    for new in (failed, Calculated(store.row.pk, "done", {"Ünï": [1, "\0half \ud800"]}, "", "", None)):
        assert cells.store_calculated(store.column.pk, [new], NOW) == {store.row.pk}
        assert cells.store_calculated(store.column.pk, [new], NOW + timedelta(1)) == set(), "it comes to the same again"
        value = storable(new.value)
        assert {name: getattr(store.cell, name) for name in NewCell._fields} == NewCell(
            store.row.pk, store.column.pk, None, new.state, value, *new[3:], None, None, 0, None, "", NOW
        )._asdict()


def test_calculated_cells_of_deleted_rows_are_left_out_and_long_ones_stored(store: Store, table: Table) -> None:
    rows = Row.objects.bulk_create(Row(table=table, sort_key=key) for key in range(1, 600))
    texts = {row.pk: "long" * (5_000 if place % 200 == 7 else 1) for place, row in enumerate(rows)}
    Row.objects.filter(pk=rows[3].pk).delete()
    new = [Calculated(pk, "done", text, "", "", None) for pk, text in texts.items()]
    written = cells.store_calculated(store.column.pk, new, NOW)
    assert written == texts.keys() - {rows[3].pk}
    assert dict(Cell.objects.values_list("row_id", "value")) == {pk: texts[pk] for pk in written}


def test_many_cells_of_several_columns_are_stored_at_once(store: Store, table: Table) -> None:
    other = columns.create(table, "Rating", "formula")
    rows = Row.objects.bulk_create(Row(table=table, sort_key=key) for key in range(1, 600))
    new = [store.new(row_id=row.pk, column_id=pk, value=row.pk) for row in rows for pk in (store.column.pk, other.pk)]
    assert cells.store(new) == {(cell.row_id, cell.column_id) for cell in new}
    assert all(cell.value == cell.row_id for cell in Cell.objects.all())


def test_nothing_is_stored_with_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert not cells.store([])
        assert not cells.store_calculated(1, [], NOW)


def test_a_cell_that_runs_says_how_many_attempts_it_had_and_may_have() -> None:
    running = cells.as_json(None, Unfinished(max_attempts=4))
    assert (running["state"], running["attempts"], running["max_attempts"]) == ("running", 0, 4)
    tried_before = Cell(state="running", attempts=1, error_code="http_500", error_message="500 · down", http_status=500)
    again = cells.as_json(tried_before, Unfinished(max_attempts=4))
    assert (again["state"], again["attempts"], again["error"], again["http_status"]) == ("running", 1, None, None)


def test_a_result_stays_until_there_is_a_new_one() -> None:
    result = Cell(state="failed", value=7, attempts=3, error_code="http_500", http_status=500, stale=True)
    running = cells.as_json(result, Unfinished(max_attempts=4))
    assert (running["state"], running["value"], running["stale"], running["attempts"]) == ("running", 7, True, 0)
    queued = cells.as_json(result, Unfinished())
    assert (queued["state"], queued["value"], queued["error"], queued["http_status"]) == ("queued", 7, None, None)
    assert "max_attempts" not in queued
