"""What a row's references stand for when its request is rendered or its formula computed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import batched

from enrichment.dataflow import waiting
from enrichment.engine.errors import MissingInput, RowError, Waits
from enrichment.engine.template.references import Reason, Unavailable
from enrichment.graph import CALCULATED_TYPES
from tables import json_text
from tables.cells import Pair
from tables.models import HANDED_DOWN, Cell, CellState, Column
from tables.stored_rows import AnyRow

type Values = dict[int, object]

_NOT_YET = frozenset({CellState.QUEUED, CellState.WAITING, CellState.LIMITED, CellState.RUNNING})
_NOTHING = frozenset({CellState.EMPTY, CellState.CANCELLED})
_AT_ONCE = 500  # row ids in one query; SQLite bounds its parameters


@dataclass(frozen=True, slots=True)
class NoResult(Unavailable):
    """A cell without a result; `state` is what a cell that needs it becomes."""

    state: str = CellState.FAILED


@dataclass(frozen=True, slots=True)
class _Stored:
    state: str
    value: object
    message: str


def of_rows(rows: Sequence[AnyRow], table_id: int, column_ids: Collection[int]) -> dict[int, Values]:
    """Returns what a request gets: {row id: {column id: value}}.

    A cell without a result stands as NoResult: to be waited for only where its result is really still to come.
    """
    columns = _columns(table_id, column_ids)
    names = {column.pk: column.name for column in columns if column.is_computed}
    # Asked before the values are read, so that what comes in between is either waited for or read.
    coming = waiting.to_come(table_id, rows, names) if names else set()
    by_row = _of_columns(rows, columns)
    for row_id, values in by_row.items() if names else ():
        for pk, name in names.items():
            if (row_id, pk) in coming:
                values[pk] = NoResult(name, Reason.TO_COME, state=CellState.WAITING)
            elif isinstance(value := values[pk], NoResult) and value.state == CellState.WAITING:
                values[pk] = replace(value, state=CellState.MISSING_INPUT)
    return by_row


def as_stored(rows: Sequence[AnyRow], table_id: int, column_ids: Collection[int]) -> dict[int, Values]:
    """Returns what a formula gets, which is computed again when a result comes: {row id: {column id: value}}."""
    return _of_columns(rows, _columns(table_id, column_ids))


def fingerprint(values: Mapping[int, object], column_ids: Collection[int]) -> str:
    """Returns the same for the same inputs, whatever their columns are called."""
    by_column = ", ".join([f"[{pk}, {_as_json(values.get(pk))}]" for pk in sorted(column_ids)])
    return blake2b(f"[{by_column}]".encode(), digest_size=16).hexdigest()


def _reason(value: object) -> object:
    return {"no result": [value.reason, value.message]} if isinstance(value, Unavailable) else str(value)


_as_json = json_text.encoder(default=_reason, ensure_ascii=True, sort_keys=True)


def _columns(table_id: int, column_ids: Collection[int]) -> list[Column]:
    return list(Column.objects.filter(table_id=table_id, pk__in=column_ids))


def _of_columns(rows: Sequence[AnyRow], columns: Sequence[Column]) -> dict[int, Values]:
    computed = [column for column in columns if column.is_computed]
    plain = [(column.pk, str(column.pk)) for column in columns if not column.is_computed]
    by_row: dict[int, Values] = {row.pk: {pk: row.values.get(key) for pk, key in plain} for row in rows}
    if computed:
        stored = _stored(list(by_row), [column.pk for column in computed])
        for row_id, values in by_row.items():
            values |= {column.pk: _result(stored.get((row_id, column.pk)), column) for column in computed}
    return by_row


def _stored(row_ids: Sequence[int], column_ids: Sequence[int]) -> dict[Pair, _Stored]:
    stored = {}
    for batch in batched(row_ids if column_ids else (), _AT_ONCE):
        cells = Cell.objects.filter(row_id__in=batch, column_id__in=column_ids)
        fields = cells.values_list("row_id", "column_id", "state", "value", "error_message")
        for row_id, column_id, state, value, message in fields.iterator():
            stored[row_id, column_id] = _Stored(state, value, message)
    return stored


def _result(cell: _Stored | None, column: Column) -> object:
    if cell and cell.state == CellState.EMPTY and column.type in CALCULATED_TYPES:
        return None
    if cell is None or cell.state in _NOTHING:
        return NoResult(column.name, Reason.NO_RESULT_YET, state=CellState.WAITING)
    return result(cell.state, cell.value, cell.message, column.name)


def result(state: str, value: object, message: str, name: str) -> object:
    """Returns what a cell that has come to this state stands for."""
    if state == CellState.DONE:
        return value
    if state in (CellState.NO_DATA, CellState.EMPTY):
        return None
    if state == CellState.WAITING:
        return NoResult(name, Reason.WAITING, state=CellState.WAITING)
    if state in _NOT_YET:
        return NoResult(name, Reason.RUNNING, state=CellState.WAITING)
    if state == CellState.SKIPPED:
        return NoResult(name, Reason.SKIPPED, state=CellState.MISSING_INPUT)
    if state == CellState.MISSING_INPUT:
        return NoResult(name, Reason.MISSING_INPUT, message, CellState.MISSING_INPUT)
    return NoResult(name, Reason.FAILED, message, CellState.FAILED)


def check_required(values: Mapping[int, object], required: Collection[int], names: Mapping[int, str]) -> None:
    """Raises MissingInput naming the first required column without a value, RowError when it failed."""
    for pk in required:
        value = values.get(pk)
        if isinstance(value, NoResult) and value.state == CellState.FAILED:
            raise RowError(HANDED_DOWN, str(value))
        if value is None or isinstance(value, Unavailable) or (isinstance(value, str) and not value.strip()):
            raise MissingInput("missing_input", f"Missing input: {names.get(pk, 'a deleted column')}")


def check_arrived(values: Mapping[int, object]) -> None:
    """Raises Waits naming a column whose result is still to come."""
    if name := _lacking(values, values, CellState.WAITING):
        raise Waits("waiting", f"Waiting for {name}")


def check_results(values: Mapping[int, object], column_ids: Collection[int]) -> None:
    """Raises MissingInput naming one of these columns that has no result, and none to come."""
    if name := _lacking(values, column_ids, CellState.MISSING_INPUT):
        raise MissingInput("missing_input", f"Missing input: {name}")


def _lacking(values: Mapping[int, object], column_ids: Collection[int], state: str) -> str:
    """Returns the name of the first of these columns whose value is a NoResult of this state, empty without one."""
    if not column_ids or NoResult not in map(type, values.values()):  # as mostly, and this is asked of every row
        return ""
    found = {pk: value for pk in column_ids if isinstance(value := values.get(pk), NoResult) and value.state == state}
    return found[min(found)].column if found else ""
