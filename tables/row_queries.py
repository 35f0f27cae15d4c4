"""Filtered, sorted and searched rows, as the API's `filter`, `sort` and `search` describe them."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, F, FloatField, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact, GreaterThan, LessThan
from django.db.models.sql.compiler import SQLCompiler

from tables.models import Cell, CellState, Column, ColumnType, Row, Table
from workspaces import ids
from workspaces.refusals import Refused

COMPUTED_OPS = ("state", "like")  # of computed columns alone
OPS = ("eq", "ne", "contains", "not_contains", "gt", "lt", "empty", "not_empty", *COMPUTED_OPS)
ERRORS = (CellState.FAILED, CellState.UNKNOWN)

# (column, row id) → the cells of the column that failed like the one in this row.
type FindSimilar = Callable[[Column, int], QuerySet[Cell]]
similar_failures: list[FindSimilar] = []

_OPPOSITES = {"ne": "eq", "not_contains": "contains", "not_empty": "empty"}
_COMPARISONS: dict[str, Any] = {"gt": GreaterThan, "lt": LessThan, "eq": Exact}
_NUMBER_IN_POSTGRESQL = "it ~ '^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$'"
_NUMBER_IN_SQLITE = (
    "it GLOB '*[0-9]*' AND it NOT GLOB '*[^-+.0-9eE]*' AND it NOT GLOB '*.*.*' AND it NOT GLOB '[eE]*'"
    " AND (it NOT GLOB '?*[-+]*' OR it GLOB '*[0-9][eE][-+][0-9]*')"
)


@dataclass(frozen=True, slots=True)
class View:
    """Which rows of a table, in which order; `filters` and `sorts` are items of the API's lists.

    Its methods raise Refused for items that make no sense.
    """

    columns: Sequence[Column]
    filters: Sequence[dict[str, Any]]
    sorts: Sequence[dict[str, Any]]
    search: str
    errors: bool = False  # only rows where an HTTP column failed or may have sent

    @classmethod
    def of_texts(cls, columns: Sequence[Column], *, filter: str, sort: str, search: str) -> "View | None":
        """Returns None for all rows in their own order. Raises Refused for texts that are not JSON lists."""
        filters, sorts = _items(filter, "filter"), _items(sort, "sort")
        if not (filters or sorts or search.strip()):
            return None
        return cls(columns, filters, sorts, search.strip())

    def window(self, table: Table, offset: int, limit: int) -> tuple[list[Row], int]:
        """Returns the rows of the window and how many the view has."""
        rows = self._rows(table)
        return list(self._sorted(rows)[offset : offset + limit]), rows.count()

    def row_ids(self, table: Table) -> Iterator[int]:
        """Returns all of them, in order."""
        return self._sorted(self._rows(table)).values_list("pk", flat=True).iterator(chunk_size=10_000)

    def _rows(self, table: Table) -> QuerySet[Row]:
        rows = Row.objects.filter(table=table).alias(**{_alias(column): _text(column) for column in self._read()})
        for item in self.filters:
            rows = rows.filter(self._filter(item))
        if self.errors:
            rows = rows.filter(pk__in=_with_errors(self.columns).values("row_id"))
        return rows.filter(self._matches_search()) if self.search else rows

    def _read(self) -> Sequence[Column]:
        """Returns the columns that the query reads. Results are searched apart from the rows, through their index."""
        named = {column.pk: column for column in (self._column(item) for item in (*self.filters, *self.sorts))}
        plain = {column.pk: column for column in self.columns if self.search and not column.is_computed}
        return list((named | plain).values())

    def _matches_search(self) -> Q:
        computed = [column for column in self.columns if column.is_computed]
        results = Cell.objects.filter(column__in=computed, state=CellState.DONE).annotate(text=_result_text())
        matches = Q(pk__in=results.filter(text__icontains=self.search).values("row_id")) if computed else Q()
        for column in self.columns:
            if not column.is_computed:
                matches |= Q(**{f"{_alias(column)}__icontains": self.search})
        return matches

    def _column(self, item: dict[str, Any]) -> Column:
        for column in self.columns:
            if str(column.pk) == str(item.get("column")):
                return column
        raise Refused(f"There is no column {item.get('column')!r}.", field="filter")

    def _filter(self, item: dict[str, Any]) -> Q:
        column, op, value = self._column(item), str(item.get("op")), item.get("value")
        if op not in OPS or (op in COMPUTED_OPS and not column.is_computed):
            words = f"{op!r} is not a test for “{column.name}”. Use one of {', '.join(OPS)}."
            raise Refused(words, field="filter")
        if op == "state":
            return _in_state(column, value)
        if op == "like":
            return _failed_like(column, value)
        if op in _OPPOSITES:
            opposite = ~_compared(column, _OPPOSITES[op], value)
            return opposite if op == "not_empty" else opposite | Q(**{f"{_alias(column)}__isnull": True})
        return _compared(column, op, value)

    def _sorted(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        order = []
        for item in self.sorts:
            for key in _sort_keys(self._column(item)):
                order.append(key.desc(nulls_last=True) if item.get("desc") else key.asc(nulls_last=True))
        return rows.order_by(*order, "sort_key")


def rows_with_errors(table: Table) -> int:
    """Counts them, in the index alone."""
    return _with_errors(Column.objects.filter(table=table)).values("row_id").distinct().count()


class _Member(Func):
    """The text at a place in a JSON value: (value, path for SQLite, operand for PostgreSQL).

    Django's own lookup takes a key of digits for a position in a list.
    """

    function = "JSON_EXTRACT"
    output_field = TextField()
    operator = "->>"

    def __init__(self, value: F, path: str, operand: str) -> None:
        super().__init__(value, Value(path))
        self.operand = operand

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """A number or truth in JSON is compared with texts, which SQLite does by type first."""
        return self.as_sql(compiler, connection, template="CAST(%(function)s(%(expressions)s) AS TEXT)", **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        value, _ = self.source_expressions
        member = Func(value, Value(self.operand), arg_joiner=f" {self.operator} ", template="(%(expressions)s)")
        return member.as_sql(compiler, connection, **context)


class _WholeMember(_Member):
    operator = "#>>"


class _Number(Func):
    """A text as a number, NULL where it is none. SQLite's regular expressions run in Python: too slow for many rows."""

    output_field = FloatField()
    template = (
        "(SELECT CASE WHEN %(test)s THEN CAST(it AS double precision) END FROM (SELECT %(expressions)s AS it) one)"
    )

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, test=_NUMBER_IN_SQLITE, **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, test=_NUMBER_IN_POSTGRESQL, **context)


def _alias(column: Column) -> str:
    return f"of_{column.pk}"


def _text(column: Column) -> Any:
    """Returns the expression of the column's value in a row, as text."""
    if not column.is_computed:
        return _Member(F("values"), f'$."{column.pk}"', str(column.pk))
    result = Cell.objects.filter(row_id=OuterRef("pk"), column=column).annotate(text=_result_text())
    return Subquery(result.values("text")[:1], output_field=TextField())


def _result_text() -> _WholeMember:
    return _WholeMember(F("value"), "$", "{}")


def _number(column: Column) -> _Number:
    return _Number(F(_alias(column)))


def _sort_keys(column: Column) -> list[Any]:
    """Numbers by size where a column may hold them, texts without regard to capitals."""
    text = Lower(F(_alias(column)))
    if column.type == ColumnType.NUMBER:
        return [_number(column)]
    return [_number(column), text] if column.is_computed else [text]


def _compared(column: Column, op: str, value: object) -> Q:
    alias = _alias(column)
    if op == "empty":
        return Q(**{f"{alias}__isnull": True}) | Q(**{alias: ""})
    if op == "contains":
        return Q(**{f"{alias}__icontains": str(value)})
    number = _as_number(value)
    if number is not None and (op in ("gt", "lt") or column.type == ColumnType.NUMBER):
        return Q(_COMPARISONS[op](_number(column), number))
    if isinstance(value, bool):  # as PostgreSQL and as SQLite write it
        return Q(**{f"{alias}__in": ["true", "1"] if value else ["false", "0"]})
    return Q(**{f"{alias}__{'exact' if op == 'eq' else op}": str(value)})


def _in_state(column: Column, state: object) -> Q:
    """`stale` is a mark on a result, `empty` is the lack of one."""
    results = Cell.objects.filter(column=column)
    if state == CellState.EMPTY:
        return ~Q(Exists(results.filter(row_id=OuterRef("pk")).exclude(state=CellState.EMPTY)))
    chosen = results.filter(stale=True) if state == "stale" else results.filter(state=state)
    return Q(pk__in=chosen.values("row_id"))


def _failed_like(column: Column, row_id: object) -> Q:
    """Matches no row when the one that is named has a result by now."""
    failed_id = ids.parse(row_id)
    if failed_id is None:
        words = f"To filter “{column.name}” by a failure, send the id of a row that failed."
        raise Refused(words, field="filter")
    return Q(*(Q(pk__in=find(column, failed_id).values("row_id")) for find in similar_failures))


def _with_errors(columns: Iterable[Column]) -> QuerySet[Cell]:
    http = [column.pk for column in columns if column.type == ColumnType.HTTP]
    return Cell.objects.filter(column_id__in=http, state__in=ERRORS)


def _as_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _items(text: str, field: str) -> list[dict[str, Any]]:
    if not text.strip():
        return []
    try:
        items = json.loads(text)
    except ValueError as error:
        raise Refused(f"{field} is not JSON: {error}.", field=field) from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Refused(f"{field} must be a JSON list of objects.", field=field)
    return items
