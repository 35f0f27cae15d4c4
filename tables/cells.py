"""Results of computed columns: as they are stored, and as the grid and the API show them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import batched, chain
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count

from tables import json_text
from tables.models import HANDED_DOWN, OPEN_STATES, Cell, CellState
from tables.storable import storable

type Pair = tuple[int, int]  # row id, column id
type Pending = Callable[[int, Sequence[int], Sequence[int]], set[Pair]]
type Running = Callable[[int, Sequence[int], Sequence[int]], dict[Pair, int]]

# Called with a table id, row ids and column ids.
pending: list[Pending] = []  # return the cells that something will still compute
running: list[Running] = []  # return {cell that is computed right now: the most attempts it may take}

_AT_ONCE = 500  # row ids in one query; SQLite bounds its parameters
_STORED_AT_ONCE = 250  # cells that one statement stores in SQLite
_LONG = 1_000  # characters of a cell's texts


@dataclass(frozen=True, slots=True)
class Unfinished:
    """That a cell has still to come to a result: it is queued, or running with at most so many attempts."""

    max_attempts: int | None = None  # None: queued


def as_json(cell: Cell | None, unfinished: Unfinished | None = None) -> dict[str, Any]:
    """Returns the computed cell of the API. While it is unfinished, its result stays until there is a new one."""
    if unfinished and unfinished.max_attempts:
        attempts = cell.attempts if cell and cell.state in OPEN_STATES else 0  # else they made the result that stands
        return running_as_json(attempts, unfinished.max_attempts) | _result_of(cell)
    if cell is None or (unfinished and cell.state not in OPEN_STATES):
        return json_of(CellState.QUEUED if unfinished else CellState.EMPTY) | _result_of(cell)
    error = (cell.error_code, cell.error_message)
    return json_of(cell.state, cell.value, *error, cell.stale, cell.http_status, cell.attempts)


def _result_of(cell: Cell | None) -> dict[str, Any]:
    return {"value": cell.value, "stale": cell.stale} if cell else {}


def running_as_json(attempts: int, max_attempts: int) -> dict[str, Any]:
    """Returns the cell of the API for a row that is being sent, after so many earlier attempts."""
    return json_of(CellState.RUNNING, attempts=attempts) | {"max_attempts": max_attempts}


def json_of(
    state: str,
    value: object = None,
    error_code: str = "",
    error_message: str = "",
    stale: bool = False,
    http_status: int | None = None,
    attempts: int = 0,
) -> dict[str, Any]:
    return {
        "state": str(state),
        "value": value,
        "error": {"code": error_code, "message": error_message} if error_code else None,
        "stale": stale,
        "http_status": http_status,
        "attempts": attempts,
    }


def unfinished(table_id: int, row_ids: Sequence[int], column_ids: Sequence[int]) -> dict[Pair, Unfinished]:
    """Returns the cells of these rows that have still to come to a result."""
    if not row_ids or not column_ids:
        return {}
    queued = {pair: Unfinished() for ask in pending for pair in ask(table_id, row_ids, column_ids)}
    at_work = {pair: most for ask in running for pair, most in ask(table_id, row_ids, column_ids).items()}
    return queued | {pair: Unfinished(most) for pair, most in at_work.items()}


def of_rows(row_ids: Collection[int], column_ids: Collection[int]) -> dict[Pair, Cell]:
    """Returns {(row id, column id): cell}; a pair that nothing has computed is left out."""
    if not column_ids:
        return {}
    return {
        (cell.row_id, cell.column_id): cell
        for ids in batched(row_ids, _AT_ONCE)
        for cell in Cell.objects.filter(row_id__in=ids, column_id__in=column_ids)
    }


def counts(column_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Returns {column id: {state: cells}}, from the index alone."""
    by_column: dict[int, dict[str, int]] = {pk: {} for pk in column_ids}
    groups = Cell.objects.filter(column_id__in=column_ids).order_by().values("column_id", "state")
    for group in groups.annotate(number=Count("pk")):
        by_column[group["column_id"]][group["state"]] = group["number"]
    return by_column


def stale_counts(column_ids: Collection[int]) -> dict[int, int]:
    """Returns {column id: results that are out of date}, from the index of these alone."""
    stale = Cell.objects.filter(column_id__in=column_ids, stale=True).order_by().values("column_id")
    return {group["column_id"]: group["number"] for group in stale.annotate(number=Count("pk"))}


def handed_down_counts(column_ids: Collection[int]) -> dict[int, int]:
    """Returns {column id: failures that are those of another column}, from the index of failures alone."""
    failed = Cell.objects.filter(column_id__in=column_ids, state=CellState.FAILED, error_group__isnull=False)
    groups = failed.filter(error_code=HANDED_DOWN).order_by().values("column_id")
    return {group["column_id"]: group["number"] for group in groups.annotate(number=Count("pk"))}


class NewCell(NamedTuple):
    """What a row came to in a computed column, as it is stored. SQLite reads the fields by their order."""

    row_id: int
    column_id: int
    run_id: int | None  # None: computed by itself
    state: str
    value: Any  # JSON, as is `error_detail`
    error_code: str
    error_message: str
    error_group: str | None
    error_detail: Any
    http_status: int | None
    attempts: int
    due_at: datetime | None
    fingerprint: str
    finished_at: datetime


class Calculated(NamedTuple):
    """What a row came to in a column that Marl computes by itself, with no run and no request."""

    row_id: int
    state: str
    value: Any
    error_code: str
    error_message: str
    error_group: str | None


def store(new: Sequence[NewCell]) -> set[Pair]:
    """Stores cells with one statement, and returns the (row id, column id) of those that were written.

    What is not written: a cell of a row that was deleted, and one without a run that comes to the same again, so that
    nothing follows from it. One that its run tries again keeps its value. The caller holds the lock on the table.
    """
    if not new:
        return set()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_STORE_IN_POSTGRESQL, [encoded([cell._asdict() for cell in new])])
            return set(cursor.fetchall())
    return set(_stored_in_sqlite(_NEW, (), map(_as_parameters, new)))


def store_calculated(column_id: int, new: Sequence[Calculated], ended_at: datetime) -> set[int]:
    """Stores cells of a column as `store` does, and returns the row ids of those that were written."""
    if not new:
        return set()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cells = encoded([cell._asdict() for cell in new])
            cursor.execute(_STORE_CALCULATED_IN_POSTGRESQL, [column_id, ended_at, cells])
            return {row_id for row_id, _ in cursor.fetchall()}
    parameters = (
        (row_id, state, None if value is None else encoded(value), code, message and storable(message), group)
        for row_id, state, value, code, message, group in new
    )
    written = _stored_in_sqlite(_CALCULATED, (column_id, moment(ended_at)), parameters)
    return {row_id for row_id, _ in written}


# In SQL because they run for every cell: bulk_create(update_conflicts=True) takes three to ten times as long, and can
# neither leave out deleted rows nor say what it wrote. PostgreSQL takes the rows as one JSON text, and SQLite as
# parameters, because it would look through that text once for each field.
_STORE = """
    INSERT INTO tables_cell (
        row_id, column_id, run_id, state, value, error_code, error_message, error_group, error_detail, http_status,
        attempts, due_at, fingerprint, finished_at, stale
    )
    SELECT {fields}, FALSE
    FROM {new}
    WHERE EXISTS (SELECT 1 FROM tables_row WHERE tables_row.id = new.{row_id})
    ON CONFLICT (row_id, column_id) DO UPDATE SET
        run_id = excluded.run_id,
        state = excluded.state,
        value = CASE
            WHEN excluded.run_id IS NOT NULL AND excluded.state IN ('queued', 'waiting', 'limited', 'running')
            THEN tables_cell.value ELSE excluded.value END,
        error_code = excluded.error_code,
        error_message = excluded.error_message,
        error_group = excluded.error_group,
        error_detail = excluded.error_detail,
        http_status = excluded.http_status,
        attempts = excluded.attempts,
        due_at = excluded.due_at,
        fingerprint = CASE
            WHEN excluded.run_id IS NOT NULL AND excluded.state IN ('queued', 'waiting', 'limited', 'running')
            THEN tables_cell.fingerprint ELSE excluded.fingerprint END,
        finished_at = excluded.finished_at,
        stale = FALSE
    WHERE excluded.run_id IS NOT NULL
        OR tables_cell.state <> excluded.state
        OR tables_cell.value IS DISTINCT FROM excluded.value
        OR tables_cell.error_message <> excluded.error_message
    RETURNING row_id, column_id
"""

_STORE_IN_POSTGRESQL = _STORE.format(
    fields=", ".join(NewCell._fields),
    row_id="row_id",
    new="""json_to_recordset(%s::json) AS new (
        row_id bigint, column_id bigint, run_id bigint, state text, value jsonb, error_code text, error_message text,
        error_group text, error_detail jsonb, http_status smallint, attempts smallint, due_at timestamptz,
        fingerprint text, finished_at timestamptz
    )""",
)


_STORE_CALCULATED_IN_POSTGRESQL = _STORE.format(
    fields="row_id, %s, NULL, state, value, error_code, error_message, error_group, NULL, NULL, 0, NULL, '', %s",
    row_id="row_id",
    new="""json_to_recordset(%s::json) AS new (
        row_id bigint, state text, value jsonb, error_code text, error_message text, error_group text
    )""",
)


class _Kind(NamedTuple):
    """How SQLite takes cells: by which fields, of which some may be long texts."""

    select: str
    fields: int
    texts: tuple[int, ...]


_NEW = _Kind("*", len(NewCell._fields), tuple(NewCell._fields.index(name) for name in ("value", "error_detail")))
_CALCULATED = _Kind(
    "column1, ?, NULL, column2, column3, column4, column5, column6, NULL, NULL, 0, NULL, '', ?",
    len(Calculated._fields),
    (Calculated._fields.index("value"),),
)


def _stored_in_sqlite(kind: _Kind, first: Sequence[Any], cells: Iterable[Sequence[Any]]) -> Iterator[Pair]:
    """Yields the cells that were written; their parameters come after those that are the `first` for all."""
    with connection.wrap_database_errors:
        for some in _at_once(cells, kind.texts):
            # Not by Django's cursor, which looks through the statement for marks each time.
            parameters = [*first, *chain.from_iterable(some)]
            yield from connection.connection.execute(_for_cells(kind, len(some)), parameters)


def _at_once(cells: Iterable[Sequence[Any]], texts: Sequence[int]) -> Iterator[Sequence[Sequence[Any]]]:
    """Yields the parameters of cells for one statement each time; those of a cell with long texts alone.

    `texts` are the places of the texts that may be long.

    The connection keeps many statements to use them again, and with each of them the values that it had last.
    """
    by_length: dict[bool, list[Sequence[Any]]] = {False: [], True: []}
    for cell in cells:
        by_length[sum([len(cell[place] or "") for place in texts]) > _LONG].append(cell)
    yield from batched(by_length[False], _STORED_AT_ONCE)
    yield from ([cell] for cell in by_length[True])


@lru_cache(maxsize=2 * _STORED_AT_ONCE)
def _for_cells(kind: _Kind, number: int) -> str:
    """Returns the statement for so many cells."""
    one = f"({', '.join('?' * kind.fields)})"
    return _STORE.format(fields=kind.select, row_id="column1", new=f"(VALUES {', '.join([one] * number)}) AS new")


def _as_parameters(cell: NewCell) -> list[Any]:
    row, column, run, state, value, code, message, group, detail, status, attempts, due, inputs, ended = cell
    value = None if value is None else encoded(value)
    detail = None if detail is None else encoded(detail)
    words, due_at, ended_at = message and storable(message), due and moment(due), moment(ended)
    return [row, column, run, state, value, code, words, group, detail, status, attempts, due_at, inputs, ended_at]


def encoded(new: object) -> str:
    """Returns JSON as the databases take it: moments as they keep them, and without what `storable` takes out."""
    text = _encode(new)
    # PostgreSQL's jsonb cannot hold U+0000.
    return text if "\\u0000" not in text and _is_unicode(text) else _encode(storable(new))


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


def _plain(value: object) -> str:
    return moment(value) if isinstance(value, datetime) else str(value)


@lru_cache(maxsize=1_000)
def moment(value: datetime) -> str:
    """Returns a moment as the database keeps it; what is stored together often shares one."""
    return str(connection.ops.adapt_datetimefield_value(value))


_encode = json_text.encoder(default=_plain)
