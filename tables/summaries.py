"""What the rows of a table, or of a view of it, come to in a column: how many are filled, their sum and the like."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Context, Decimal
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, Count, F, Func, Max, Min, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.db.models.sql.compiler import SQLCompiler

from tables import columns, expressions, moment_expressions, number_expressions, text_expressions
from tables.exact_numbers import DIGITS_OF_DOUBLES, EXACTLY
from tables.models import Cell, CellState, Column, ColumnType, Row, SummaryChoice, Table
from tables.row_queries import View
from workspaces.models import User
from workspaces.refusals import Refused

WITHOUT_COUNTING = ("none", "rows")  # may be chosen too: nothing, and how many rows are shown
LONGEST = 30.0  # seconds; a million rows take one to ten
_OF_NUMBERS = ("sum", "mean", "min", "max")
_STEPS = 100_000  # of SQLite's machine between two looks at the clock

type Summarize = Callable[[Column], Aggregate]  # over the column's values as text, under its alias

KINDS: dict[str, Summarize] = {
    "filled": lambda column: Count(_filled(column)),
    "empty": lambda column: Count(_filled(column)),  # those that are not
    "unique": lambda column: Count(_distinct(column), distinct=True),
    "sum": lambda column: _OfNumbers("sum", column),
    "mean": lambda column: _OfNumbers("mean", column),
    "min": lambda column: _least_or_most("min", column),
    "max": lambda column: _least_or_most("max", column),
}


class _OfNumbers(Aggregate):
    """The sum, minimum or maximum of numbers as text, to the last digit; of a mean the sum, a slash and the count."""

    output_field = TextField()

    def __init__(self, kind: str, column: Column) -> None:
        super().__init__(number_expressions.exact_number(column))
        self.function = kind

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function=f"marl_{self.function}", **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """A number beside others of many digits is not rounded to them."""
        template = "CAST(%(function)s(%(expressions)s) AS text)"
        if self.function == "mean":
            template = "CAST(sum(%(expressions)s) AS text) || '/' || count(%(expressions)s)"
        return self.as_sql(compiler, connection, template=template, **context)


def _least_or_most(kind: str, column: Column) -> Aggregate:
    if column.type != ColumnType.DATE:
        return _OfNumbers(kind, column)
    moment = moment_expressions.written_moment(column)
    return Min(moment) if kind == "min" else Max(moment)


def _of_numbers(text: str) -> int | float | str:
    """Returns the number that this is, as text if no number of JSON keeps its digits; only a mean may be rounded."""
    total, _, count = text.partition("/")
    number = Decimal(total)
    if count:
        number = Context(prec=34).divide(number, Decimal(count))
        if EXACTLY.multiply(number, Decimal(count)) != Decimal(total):
            return float(number)
    if number == number.to_integral_value():
        return int(number)
    number = EXACTLY.normalize(number)
    return float(number) if len(number.as_tuple().digits) <= DIGITS_OF_DOUBLES else f"{number:f}"


def _shown(column: Column, kind: str, text: str) -> int | float | str:
    if column.type != ColumnType.DATE or kind not in ("min", "max"):
        return _of_numbers(text)
    key, _, written = text.partition(" ")
    return written or key


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
        for pk in found.keys() & asked.keys():
            if asked[pk] in _OF_NUMBERS and found[pk] is not None:
                found[pk] = _shown(by_id[pk], asked[pk], found[pk])
        emptied = [pk for pk in found if asked[pk] == "empty"]
        total = (rows.count() if view.narrows else table.row_count) if emptied else 0
    return found | {pk: total - found[pk] for pk in emptied}


def _summary(kind: str) -> Summarize:
    if kind not in KINDS:
        raise Refused(f"“{kind[:20]}” isn't a summary. Use one of {', '.join(KINDS)}.", field="columns")
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
    """Returns the expression of the column's text; NULL, which no summary counts, where it is empty."""
    return _not_empty(F(expressions.alias(column)))


def _not_empty(text: F | Func) -> NullIf:
    return NullIf(text, Value("", output_field=TextField()))


def _distinct(column: Column) -> Func:
    """Returns the expression that is the same for values which a filter takes for equal."""
    if column.type == ColumnType.DATE:
        return _not_empty(moment_expressions.sorted_moment(column))
    if column.type != ColumnType.NUMBER:
        return _not_empty(text_expressions.composed(F(expressions.alias(column))))
    return Coalesce(number_expressions.number_key(column), _filled(column), output_field=TextField())


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
