"""What the rows of a table, or of a view of it, come to in a column: how many are filled, their sum and the like."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Aggregate, Avg, Count, F, Func, Max, Min, QuerySet, Sum, TextField, Value
from django.db.models.functions import NullIf

from tables import columns, expressions
from tables.models import Cell, CellState, Column, ColumnType, Row, SummaryChoice, Table
from tables.row_queries import View
from workspaces.models import User
from workspaces.refusals import Refused

WITHOUT_COUNTING = ("none", "rows")  # may be chosen too: nothing, and how many rows are shown
LONGEST = 30.0  # seconds; a million rows take one to ten
_STEPS = 100_000  # of SQLite's machine between two looks at the clock

type Summarize = Callable[[Column], Aggregate]  # over the column's values as text, under its alias

KINDS: dict[str, Summarize] = {
    "filled": lambda column: Count(_filled(column)),
    "empty": lambda column: Count(_filled(column)),  # those that are not
    "unique": lambda column: Count(_filled(column), distinct=True),
    "sum": lambda column: Sum(expressions.number(column)),
    "mean": lambda column: Avg(expressions.number(column)),
    "min": lambda column: Min(_ordered(column)),
    "max": lambda column: Max(_ordered(column)),
}


def of(table: Table, view: View, asked: Mapping[int, str]) -> dict[int, Any]:
    """Returns {column id: its summary}, None where no value counts. Raises Refused, also when it takes too long."""
    by_id = {column.pk: column for column in view.columns}
    kinds = {by_id[pk]: _summary(kind) for pk, kind in asked.items() if pk in by_id}
    rows = view.rows(table)
    with _bounded(LONGEST):
        found = _of_plain(rows, {column: kind for column, kind in kinds.items() if not column.is_computed})
        for column, summarize in kinds.items():
            if column.is_computed:
                found[column.pk] = _of_results(rows if view.narrows else None, column, summarize)
        emptied = [pk for pk in found if asked[pk] == "empty"]
        total = (rows.count() if view.narrows else table.row_count) if emptied else 0
    return found | {pk: total - found[pk] for pk in emptied}


def _summary(kind: str) -> Summarize:
    if kind not in KINDS:
        raise Refused(f"“{kind[:20]}” is no summary. Use one of {', '.join(KINDS)}.", field="columns")
    return KINDS[kind]


def _of_plain(rows: QuerySet[Row], kinds: Mapping[Column, Summarize]) -> dict[int, Any]:
    """In one look at the rows."""
    if not kinds:
        return {}
    summaries = {f"summary_{column.pk}": summarize(column) for column, summarize in kinds.items()}
    texts = {expressions.alias(column): expressions.text(column) for column in kinds}
    found = rows.order_by().annotate(**texts).aggregate(**summaries)
    return {column.pk: found[f"summary_{column.pk}"] for column in kinds}


def _of_results(rows: QuerySet[Row] | None, column: Column, summarize: Summarize) -> Any:
    results = Cell.objects.filter(column=column, state=CellState.DONE)
    if rows is not None:
        results = results.filter(row_id__in=rows.order_by().values("pk"))
    texts = {expressions.alias(column): expressions.result_text()}
    return results.annotate(**texts).aggregate(summary=summarize(column))["summary"]


def _filled(column: Column) -> NullIf:
    """Returns the expression of a text that is not empty; NULL, which no summary counts, where it is."""
    return NullIf(F(expressions.alias(column)), Value("", output_field=TextField()))


def _ordered(column: Column) -> Func:
    """Returns the expression of a date, whatever is written after the day, or of a number."""
    is_date = column.type == ColumnType.DATE
    return expressions.date(column, whole=True) if is_date else expressions.number(column)


def chosen(table: Table, user: User | None) -> dict[str, str]:
    """Returns {str(column id): the kind of summary that this person has chosen}."""
    return next(iter(SummaryChoice.objects.filter(table=table, user=user).values_list("kinds", flat=True)), {})


def choose(table: Table, user: User, kinds: Mapping[str, str]) -> None:
    """Stores what this person has chosen. Raises Refused for what is no summary, and for too many."""
    if len(kinds) > columns.MOST:
        raise Refused(f"A table has at most {columns.MOST} summaries.", field="columns")
    for kind in set(kinds.values()) - {*WITHOUT_COUNTING}:
        _summary(kind)
    SummaryChoice.objects.update_or_create(table=table, user=user, defaults={"kinds": dict(kinds)})


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """Ends what the database does after so many seconds. Raises Refused then."""
    until = time.monotonic() + seconds
    try:
        if connection.vendor == "postgresql":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
                yield
        else:
            connection.ensure_connection()
            connection.connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            try:
                yield
            finally:
                connection.connection.set_progress_handler(None, 0)
    except OperationalError as error:
        if time.monotonic() < until:  # it has another reason
            raise
        words = "The table is too large to summarize this. Filter it, or choose another summary."
        raise Refused(words, field="columns") from error
