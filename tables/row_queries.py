"""Filtered, sorted and searched rows, as the API's `filter`, `sort` and `search` say."""

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
from workspaces.refusals import Refused

OF_STATES = ("state", "like")  # tests of computed columns
TESTS = ("eq", "ne", "contains", "not_contains", "gt", "lt", "empty", "not_empty", *OF_STATES)
_OPPOSITES = {"ne": "eq", "not_contains": "contains", "not_empty": "empty"}
ERRORS = (CellState.FAILED, CellState.UNKNOWN)
_COMPARISONS: dict[str, Any] = {"gt": GreaterThan, "lt": LessThan, "eq": Exact}
_NUMBER = "^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$"


_NUMBER_IN_SQLITE = (
    "it GLOB '*[0-9]*' AND it NOT GLOB '*[^-+.0-9eE]*' AND it NOT GLOB '*.*.*' AND it NOT GLOB '[eE]*'"
    " AND (it NOT GLOB '?*[-+]*' OR it GLOB '*[0-9][eE][-+][0-9]*')"
)


kinds: list[Callable[[Column, int], QuerySet[Cell]]] = []  # the cells that failed like the one of a row


class _Member(Func):
    """What stands at a place of a JSON value, as text: (value, path of SQLite, operand of PostgreSQL)."""

    function = "JSON_EXTRACT"
    output_field = TextField()
    operator = "->>"

    def __init__(self, value: F, path: str, operand: str) -> None:
        super().__init__(value, Value(path))
        self.operand = operand

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """What is a number or a truth in JSON is none of SQLite's texts."""
        return self.as_sql(compiler, connection, template="CAST(%(function)s(%(expressions)s) AS TEXT)", **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        value, _ = self.source_expressions
        own = Func(value, Value(self.operand), arg_joiner=f" {self.operator} ", template="(%(expressions)s)")
        return own.as_sql(compiler, connection, **context)


class _WholeMember(_Member):
    operator = "#>>"


def _value(column: Column) -> Any:
    """Django's own lookup takes a key of digits for a position in a list."""
    if not column.is_computed:
        return _Member(F("values"), f'$."{column.pk}"', str(column.pk))
    mine = Cell.objects.filter(row_id=OuterRef("pk"), column=column).annotate(text=_WholeMember(F("value"), "$", "{}"))
    return Subquery(mine.values("text")[:1], output_field=TextField())


class _Number(Func):
    """NULL for what is no number. SQLite's regular expressions are Python's: too slow for a million rows."""

    output_field = FloatField()
    template = (
        "(SELECT CASE WHEN %(test)s THEN CAST(it AS double precision) END FROM (SELECT %(expressions)s AS it) one)"
    )

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, test=_NUMBER_IN_SQLITE, **context)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, test=f"it ~ '{_NUMBER}'", **context)


def _number(column: Column) -> _Number:
    return _Number(F(_name(column)))


@dataclass(frozen=True, slots=True)
class View:
    columns: Sequence[Column]
    filters: Sequence[dict[str, Any]]
    sorts: Sequence[dict[str, Any]]
    search: str
    errors: bool = False  # only rows where an HTTP column failed or may have sent

    @classmethod
    def of_texts(cls, columns: Sequence[Column], *, filter: str, sort: str, search: str) -> "View | None":
        """None for all rows in their own order. Raises Refused for what cannot be read."""
        filters, sorts = _listed(filter, "filter"), _listed(sort, "sort")
        if not (filters or sorts or search.strip()):
            return None
        return cls(columns, filters, sorts, search.strip())

    def window(self, table: Table, offset: int, limit: int) -> tuple[list[Row], int]:
        """The rows of the window and how many the view has."""
        rows = self._rows(table)
        return list(self._sorted(rows)[offset : offset + limit]), rows.count()

    def row_ids(self, table: Table) -> Iterator[int]:
        """All of them, in order."""
        return self._sorted(self._rows(table)).values_list("pk", flat=True).iterator(chunk_size=10_000)

    def _rows(self, table: Table) -> QuerySet[Row]:
        rows = Row.objects.filter(table=table).alias(**{_name(column): _value(column) for column in self._used()})
        for item in self.filters:
            rows = rows.filter(self._filter(item))
        if self.errors:
            rows = rows.filter(pk__in=_with_errors(self.columns).values("row_id"))
        return rows.filter(self._found()) if self.search else rows

    def _found(self) -> Q:
        computed = [column for column in self.columns if column.is_computed]
        shown = Cell.objects.filter(column__in=computed, state=CellState.DONE).annotate(
            text=_WholeMember(F("value"), "$", "{}")
        )
        found = Q(pk__in=shown.filter(text__icontains=self.search).values("row_id")) if computed else Q()
        for column in self.columns:
            if not column.is_computed:
                found |= Q(**{f"{_name(column)}__icontains": self.search})
        return found

    def _used(self) -> Sequence[Column]:
        if self.search:
            asked = [str(item.get("column")) for item in (*self.filters, *self.sorts)]
            return [column for column in self.columns if not column.is_computed or str(column.pk) in asked]
        return list({item.pk: item for item in (self._column(one) for one in (*self.filters, *self.sorts))}.values())

    def _column(self, item: dict[str, Any]) -> Column:
        found = next((column for column in self.columns if str(column.pk) == str(item.get("column"))), None)
        if found is None:
            raise Refused(f"There is no column {item.get('column')!r}.", field="filter")
        return found

    def _filter(self, item: dict[str, Any]) -> Q:
        column, test, value = self._column(item), item.get("op"), item.get("value")
        if test not in TESTS or (test in OF_STATES and not column.is_computed):
            raise Refused(f"{test!r} is no test for “{column.name}”. Use one of {', '.join(TESTS)}.", field="filter")
        if test == "state":
            return _of_state(column, value)
        if test == "like":
            return _of_kind(column, value)
        if test in _OPPOSITES:
            positive = self._test(column, _OPPOSITES[str(test)], value)
            return ~positive | Q(**{f"{_name(column)}__isnull": True}) if test != "not_empty" else ~positive
        return self._test(column, str(test), value)

    def _test(self, column: Column, test: str, value: object) -> Q:
        name = _name(column)
        if test == "empty":
            return Q(**{f"{name}__isnull": True}) | Q(**{name: ""})
        if test == "contains":
            return Q(**{f"{name}__icontains": str(value)})
        number = _as_number(value)
        if number is not None and (test in ("gt", "lt") or column.type == ColumnType.NUMBER):
            return Q(_COMPARISONS[test](_number(column), number))
        if isinstance(value, bool):  # as PostgreSQL and as SQLite write it
            return Q(**{f"{name}__in": ["true", "1"] if value else ["false", "0"]})
        text = str(value)
        return Q(**{f"{name}__{'exact' if test == 'eq' else test}": text})

    def _sorted(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        order = []
        for item in self.sorts:
            column = self._column(item)
            for key in _sort_keys(column):
                order.append(key.desc(nulls_last=True) if item.get("desc") else key.asc(nulls_last=True))
        return rows.order_by(*order, "position")


def _name(column: Column) -> str:
    return f"of_{column.pk}"


def _sort_keys(column: Column) -> list[Any]:
    """Numbers by size, where a column may hold them; texts without regard to capitals."""
    text = Lower(F(_name(column)))
    if column.type == ColumnType.NUMBER:
        return [_number(column)]
    return [_number(column), text] if column.is_computed else [text]


def _of_state(column: Column, state: object) -> Q:
    """`stale` is a mark on a result, `empty` is the lack of one."""
    mine = Cell.objects.filter(column=column)
    if state == CellState.EMPTY:
        return ~Q(Exists(mine.filter(row_id=OuterRef("pk")).exclude(state=CellState.EMPTY)))
    chosen = mine.filter(stale=True) if state == "stale" else mine.filter(state=state)
    return Q(pk__in=chosen.values("row_id"))


def _of_kind(column: Column, row_id: object) -> Q:
    digits = str(row_id)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise Refused(f"Say which row of “{column.name}” the others failed like, by its id.", field="filter")
    # None when it has a result by now: then nothing is left to be shown.
    return Q(*(Q(pk__in=cells_like(column, int(digits)).values("row_id")) for cells_like in kinds))


def _with_errors(columns: Iterable[Column]) -> QuerySet[Cell]:
    http = [column.pk for column in columns if column.type == ColumnType.HTTP]
    return Cell.objects.filter(column_id__in=http, state__in=ERRORS)


def rows_with_errors(table: Table) -> int:
    """Counted in the index alone."""
    return _with_errors(Column.objects.filter(table=table)).values("row_id").distinct().count()


def _as_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _listed(text: str, field: str) -> list[dict[str, Any]]:
    if not text.strip():
        return []
    try:
        items = json.loads(text)
    except ValueError as error:
        raise Refused(f"{field} is not JSON: {error}.", field=field) from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Refused(f"{field} is a JSON list of objects.", field=field)
    return items
