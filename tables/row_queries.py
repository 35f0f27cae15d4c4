"""Filtered, sorted and searched rows, as the API's `filter`, `sort` and `search` describe them."""

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection
from django.db.models import Case, Count, F, Min, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, IsNull

from tables import (
    column_indexes,
    expressions,
    filter_queries,
    filters,
    moment_expressions,
    number_expressions,
    packed_ids,
    text_expressions,
    values,
)
from tables.filters import Condition, Group
from tables.models import Cell, CellState, Column, ColumnType, Row, Table
from tables.storable import storable
from workspaces.refusals import Refused

_FEW = 20  # one of so many rows
MOST_GROUPS = 500


@dataclass(frozen=True, slots=True)
class View:
    """Which rows of a table, in which order; `filters` and `sorts` are items of the API's lists.

    Its methods raise Refused for items that make no sense.
    """

    columns: Sequence[Column]
    filters: Sequence[dict[str, Any]]
    sorts: Sequence[dict[str, Any]]
    search: str
    errors: bool = False  # only rows where an HTTP column failed by itself or may have sent

    def __post_init__(self) -> None:
        """Raises Refused for a search that databases would end before its end."""
        if storable(self.search) != self.search:
            words = "No cell can hold the character U+0000, or half of a surrogate pair. Search without."
            raise Refused(words, field="search")

    @classmethod
    def of_texts(
        cls, columns: Sequence[Column], *, filter: str = "", sort: str = "", search: str = "", errors: bool = False
    ) -> "View":
        """Raises Refused for texts that are not JSON lists."""
        return cls(columns, _items(filter, "filter"), _items(sort, "sort"), search.strip(), errors)

    @property
    def is_whole_table(self) -> bool:
        """Whether it has all rows in their own order."""
        return not (self.filters or self.sorts or self.search or self.errors)

    @property
    def narrows(self) -> bool:
        """Whether it leaves out rows."""
        return bool(self.filters or self.search or self.errors)

    def window(self, table: Table, offset: int, limit: int) -> tuple[list[Row], int]:
        """Returns the rows of the window and how many the view has."""
        row_ids = self.row_ids(table)
        rows = Row.objects.in_bulk(list(row_ids[offset : offset + limit]))
        return [rows[row_id] for row_id in row_ids[offset : offset + limit] if row_id in rows], len(row_ids)

    def row_ids(self, table: Table) -> array[int]:
        """Returns all of them, in order, 8 bytes each."""
        chosen = filters.parse(self.filters, self.columns)
        helpful = self._helpful(table, chosen)
        indexes = column_indexes.existing(helpful)
        if helpful:
            only_sorts = len(self.sorts) == 1 and not self.narrows
            column_indexes.note(table, helpful, indexes, only_sorts=only_sorts)
        if indexes and connection.vendor == "sqlite":
            try:
                if (found := self._through_indexes(table, chosen, indexes)) is not None:
                    return found
            except OperationalError as error:
                if "index" not in str(error) and "no query solution" not in str(error):
                    raise  # it was not dropped just now
        return packed_ids.read([self._sorted(self._matching(table, chosen))])

    def _helpful(self, table: Table, chosen: Group) -> list[Column]:
        """Returns the columns through whose indexes the rows are found faster, the most helpful one first."""
        found = _alone(chosen)
        found += [self._sort_column(item) for item in self.sorts[:1] if not self.search and not self.errors]
        helpful = {column.pk: column for column in found if column_indexes.is_worth_it(table, column)}
        for group in _alternatives(chosen):
            parts = [[one for one in _alone(part) if column_indexes.is_worth_it(table, one)] for part in _parts(group)]
            helpful |= {column.pk: column for part in parts for column in part} if all(parts) else {}
        return list(helpful.values())

    def _through_indexes(self, table: Table, chosen: Group, indexes: Mapping[int, str]) -> array[int] | None:
        """Returns the ids that `row_ids` does, through SQLite's indexes; None where they don't help."""
        if column := self._quickest(table, chosen, indexes):
            return self._through(table, chosen, column, indexes[column.pk])
        for group in _alternatives(chosen):
            if among := _among(table, group, indexes):
                others = Group("all", tuple(item for item in chosen.items if item is not group))
                return packed_ids.read([self._sorted(self._matching(table, others).filter(among))])
        return None

    def _quickest(self, table: Table, chosen: Group, indexes: Mapping[int, str]) -> Column | None:
        """Returns the first column whose index alone tells the rows, or leaves few to be looked at."""
        for column in self._helpful(table, chosen):
            index = indexes.get(column.pk)
            if index and (self._reads_only(column, chosen) or _leaves_few(table, column, chosen, index)):
                return column
        return None

    def _reads_only(self, column: Column, chosen: Group) -> bool:
        return not (self.search or self.errors) and {one.pk for one in self._read(chosen)} == {column.pk}

    def _through(self, table: Table, chosen: Group, column: Column, index: str) -> array[int]:
        """Returns the ids that `row_ids` does, through SQLite's index on one of the columns."""
        rows = self._matching(table, chosen, column)
        if column.type != ColumnType.NUMBER or not self._reads_only(column, chosen) or len(self.sorts) != 1:
            return packed_ids.read([self._sorted(rows, index)], index)
        number = number_expressions.indexed_number(F(expressions.alias(column)))
        keys = [number, *_told_apart(rows, column, index)]
        if self.sorts[0].get("desc"):  # NULL, which is no number, is the last
            return packed_ids.read([rows.order_by(*(key.desc() for key in keys), "sort_key")], index)
        numbers = rows.filter(IsNull(number, False)).order_by(*(key.asc() for key in keys), "sort_key")
        return packed_ids.read([numbers, rows.filter(IsNull(number, True)).order_by("sort_key")], index)

    def groups(self, table: Table, column: Column) -> list[dict[str, Any]]:
        """Returns the values of a column, the most frequent first: {"value", "count", "filter"}, at most `MOST_GROUPS`.

        `filter` is the condition that finds the rows of the group. Raises Refused for a column of whole answers.
        """
        if column.type == ColumnType.HTTP:
            raise Refused(f"“{column.name}” holds whole answers. Group by a field of them.", field="column")
        rows = self.rows(table).alias(**{expressions.alias(column): expressions.text(column)})
        counted = rows.annotate(key=_group_key(column)).order_by().values("key")
        value = Min(expressions.alias(column)) if column.type == ColumnType.NUMBER else F("key")
        counted = counted.annotate(value=value, number=Count("pk"))
        shown = counted.order_by("-number", "key").values_list("key", "value", "number")[:MOST_GROUPS]
        return [_group(column, *group) for group in _merged(shown)]

    def rows(self, table: Table) -> QuerySet[Row]:
        """Returns its rows, in no order."""
        return self._matching(table, filters.parse(self.filters, self.columns))

    def _matching(self, table: Table, chosen: Group, indexed: Column | None = None) -> QuerySet[Row]:
        rows = _of_table(table, self._read(chosen))
        own, others = _divided(chosen, indexed)  # SQLite tests in this order: first what the index tells
        rows = rows.filter(filter_queries.matching(own, indexed)).filter(filter_queries.matching(others, indexed))
        if self.errors:
            rows = rows.filter(pk__in=_with_errors(self.columns).values("row_id"))
        return rows.filter(self._matches_search()) if self.search else rows

    def _read(self, chosen: Group) -> Sequence[Column]:
        """Returns the columns that the query reads. Results are searched apart from the rows, through their index."""
        named = {condition.column.pk: condition.column for condition in chosen.conditions()}
        sorted_by = {column.pk: column for column in map(self._sort_column, self.sorts)}
        plain = {column.pk: column for column in self.columns if self.search and not column.is_computed}
        return list((named | sorted_by | plain).values())

    def _matches_search(self) -> Q:
        computed = [column for column in self.columns if column.is_computed]
        results = Cell.objects.filter(column__in=computed, state=CellState.DONE).annotate(
            text=expressions.result_text()
        )
        found = results.filter(text_expressions.holds("text", "icontains", self.search)).values("row_id")
        matches = Q(pk__in=found) if computed else Q()
        plain = Q()
        for column in self.columns:
            if not column.is_computed:
                plain |= text_expressions.holds(expressions.alias(column), "icontains", self.search)
        return matches | (text_expressions.may_hold(self.search) & plain) if plain else matches

    def _sort_column(self, item: dict[str, Any]) -> Column:
        if item.keys() - {"column", "desc"} or not isinstance(item.get("desc", False), bool):
            raise Refused('A sort is {"column", "desc"}, and desc is true or false.', field="sort")
        for column in self.columns:
            if str(column.pk) == str(item.get("column")):
                return column
        raise Refused(f"There is no column {item.get('column')!r}.", field="sort")

    def _sorted(self, rows: QuerySet[Row], index: str = "") -> QuerySet[Row]:
        order, are_all = [], not (self.filters or self.search or self.errors)
        for place, item in enumerate(self.sorts):  # an index is on the first of them
            for key in _sort_keys(self._sort_column(item), rows if are_all else None, "" if place else index):
                order.append(key.desc(nulls_last=True) if item.get("desc") else key.asc(nulls_last=True))
        return rows.order_by(*order, "sort_key")


def _of_table(table: Table, read: Sequence[Column]) -> QuerySet[Row]:
    """Returns the rows of a table, with the text of the columns that are read."""
    texts = {expressions.alias(column): expressions.text(column) for column in read}
    rows = Row.objects.filter(Exact(F("table_id"), expressions.Literal(table.pk)))
    return rows.alias(as_text=expressions.AsText(F("values")), **texts)


def _divided(chosen: Group, column: Column | None) -> tuple[Group, Group]:
    """Returns the conditions on one column that must hold whatever else does, and all others."""
    own = tuple(item for item in chosen.items if isinstance(item, Condition) and item.column == column)
    return Group("all", own), Group("all", tuple(item for item in chosen.items if item not in own))


def _leaves_few(table: Table, column: Column, chosen: Group, index: str) -> bool:
    """Whether the conditions on this column leave so few rows that the others are better tested one by one."""
    own, _ = _divided(chosen, column)
    few = table.row_count // _FEW
    rows = _of_table(table, [column]).filter(filter_queries.matching(own, column))
    return bool(own.items) and len(packed_ids.read([rows[: few + 1]], index)) <= few


def _alone(chosen: Group) -> list[Column]:
    """Returns the columns of conditions that must hold whatever else does."""
    return [item.column for item in chosen.items if isinstance(item, Condition)]


def _alternatives(chosen: Group) -> list[Group]:
    """Returns the groups of which one part is enough."""
    return [item for item in chosen.items if isinstance(item, Group) and item.holds == "any"]


def _parts(group: Group) -> list[Group]:
    """Returns the parts of such a group, each as conditions that must all hold."""
    return [part if isinstance(part, Group) and part.holds == "all" else Group("all", (part,)) for part in group.items]


def _among(table: Table, group: Group, indexes: Mapping[int, str]) -> RawSQL | None:
    """Returns the test whether a row is in one of the parts of a group, if an index helps with each of them."""
    found: list[tuple[QuerySet[Row], str]] = []
    for part in _parts(group):
        view = View([*{one.column.pk: one.column for one in part.conditions()}.values()], [], [], "")
        column = view._quickest(table, part, indexes)
        if column is None:
            return None
        found.append((view._matching(table, part, column), indexes[column.pk]))
    return packed_ids.among(found)


def error_count() -> Subquery:
    """Returns the expression that counts the errors of a table's HTTP columns; NULL where there is none."""
    cells = Cell.objects.filter(column__table=OuterRef("pk"), column__type=ColumnType.HTTP, column__deleted_at=None)
    counted = filter_queries.errors(cells).order_by().values("column__table").annotate(number=Count("pk"))
    return Subquery(counted.values("number"))


def rows_with_errors(table: Table) -> int:
    """Counts them, in the index alone."""
    return _with_errors(Column.objects.filter(table=table)).values("row_id").distinct().count()


def _sort_keys(column: Column, rows: QuerySet[Row] | None, index: str) -> list[Any]:
    """Numbers by size where a column may hold them, dates by their moments, texts by the alphabet."""
    text = F(expressions.alias(column))
    if column.type == ColumnType.NUMBER:
        return [number_expressions.number(column), *_told_apart(rows, column)]
    if column.type == ColumnType.DATE:
        is_in_order = _has_none(rows, moment_expressions.is_not_day(column), index)
        return [text_expressions.without_case(text) if is_in_order else moment_expressions.sorted_moment(column)]
    by_alphabet = text_expressions.by_alphabet(text)
    if column.is_computed:
        return [number_expressions.number(column), number_expressions.beyond_double(column), by_alphabet]
    is_in_order = _has_none(rows, text_expressions.is_beyond_ascii(column), index)
    return [text_expressions.without_case(text) if is_in_order else by_alphabet]


def _told_apart(rows: QuerySet[Row] | None, column: Column, index: str = "") -> list[Any]:
    """Returns by what numbers are sorted that are the same as doubles; nothing where none of these rows has such.

    An index has the others in order. Without one, SQLite sorts by it in less time than it takes to look for such a row.
    """
    looks = bool(index) or connection.vendor == "postgresql"
    if looks and rows is not None and not packed_ids.read([rows.filter(number_expressions.is_long(column))[:1]], index):
        return []
    return [number_expressions.beyond_double(column)]


def _has_none(rows: QuerySet[Row] | None, test: Q, index: str) -> bool:
    """Whether no row passes the test, so that the index has all of them in order; without one, sorting is as fast."""
    return rows is not None and bool(index) and not packed_ids.read([rows.filter(test)[:1]], index)


def _group_key(column: Column) -> Any:
    """Values are in one group where a filter takes them for equal; nothing and an empty text are."""
    text = text_expressions.by_letter(text_expressions.composed(F(expressions.alias(column))))
    text = Coalesce(text, Value(""), output_field=TextField())
    if column.type == ColumnType.NUMBER:
        return Coalesce(number_expressions.number_key(column), text, output_field=TextField())
    if column.type == ColumnType.DATE:
        return Coalesce(moment_expressions.day(column), text, output_field=TextField())
    if column.type == ColumnType.CHECKBOX:
        return Case(When(**{expressions.alias(column): "true"}, then=Value("true")), default=Value(""))
    return text


def _merged(groups: Iterable[tuple[str, str | None, int]]) -> list[tuple[str, str | None, int]]:
    """Returns the groups, with one for a list or an object however its text is written, as filters take it."""
    by_key: dict[str, tuple[str, str | None, int]] = {}
    for key, value, number in groups:
        same = values.compared(key)
        first_key, first_value, before = by_key.get(same, (key, value, 0))
        by_key[same] = first_key, first_value, before + number
    return sorted(by_key.values(), key=lambda group: -group[2])


def _group(column: Column, key: str, value: str | None, number: int) -> dict[str, Any]:
    if column.type == ColumnType.CHECKBOX:
        condition: dict[str, Any] = {"op": "eq" if key else "ne", "value": True}
        return {"value": bool(key), "count": number, "filter": {"column": column.pk} | condition}
    condition = {"op": "eq", "value": value} if value else {"op": "empty"}
    return {"value": value or "", "count": number, "filter": {"column": column.pk} | condition}


def _with_errors(columns: Iterable[Column]) -> QuerySet[Cell]:
    http = [column.pk for column in columns if column.type == ColumnType.HTTP]
    return filter_queries.errors(Cell.objects.filter(column_id__in=http))


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
