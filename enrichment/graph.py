"""Which columns of a table use which, over HTTP, formula and field columns alike."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from enrichment.models import FormulaColumn
from tables.models import Column, ColumnType

FORMULA_TYPES = (ColumnType.FORMULA, ColumnType.EXTRACT)


class Cycle(Exception):
    """Columns that wait for each other; says which."""


@dataclass(frozen=True, slots=True)
class Graph:
    """`formulas` and `requests` are {computed column id: ids of the columns that its settings refer to}."""

    formulas: dict[int, frozenset[int]]
    requests: dict[int, frozenset[int]]
    automatic: frozenset[int] = frozenset()  # HTTP columns that run by themselves
    keeping: frozenset[int] = frozenset()  # HTTP columns that then leave a result as it is

    @property
    def needs(self) -> dict[int, frozenset[int]]:
        return self.formulas | self.requests

    def formulas_behind(self, column_ids: Collection[int]) -> set[int]:
        """The formula columns that refer to one of these, by themselves or through formula columns."""
        return _behind(self.formulas, column_ids)

    def requests_behind(self, column_ids: Collection[int]) -> set[int]:
        """The HTTP columns that refer to one of these, by themselves or through computed columns of any kind."""
        return _behind(self.needs, column_ids) & self.requests.keys()

    def requests_of(self, column_ids: Collection[int]) -> set[int]:
        """The HTTP columns that refer to one of these by themselves."""
        return {pk for pk, needs in self.requests.items() if needs & set(column_ids)}

    def with_inputs(self, column_ids: Collection[int]) -> set[int]:
        """The computed columns among these, and all that they need."""
        needs, reached = self.needs, set(column_ids)
        while more := {needed for pk in reached & needs.keys() for needed in needs[pk]} - reached:
            reached |= more
        return reached & needs.keys()

    def needs_results(self, pk: int) -> bool:
        """Whether this HTTP column refers to another HTTP column, by itself or through formula columns."""
        return bool(self.with_inputs(self.requests[pk]) & self.requests.keys())

    def in_order(self, column_ids: Collection[int]) -> list[int]:
        """The computed ones, each behind those that it refers to."""
        needs = self.needs
        ordered: dict[int, None] = {}

        def place(pk: int) -> None:
            for needed in sorted(needs[pk]):
                if needed in column_ids and needed in needs and needed not in ordered and needed != pk:
                    place(needed)
            ordered[pk] = None

        for pk in sorted(column_ids):
            if pk in needs and pk not in ordered:
                place(pk)
        return list(ordered)


def _behind(needs: Mapping[int, frozenset[int]], column_ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    reached = set(column_ids)
    while more := {pk for pk, needed in needs.items() if needed & reached} - found:
        found |= more
        reached |= more
    return found


def of_table(table_id: int) -> Graph:
    """In one query, because it is asked for with every batch of results."""
    computed = [kind for kind in ColumnType if kind.is_computed]
    live = Column.objects.filter(table_id=table_id, type__in=computed)
    columns = list(live.select_related("table", "http", "formula"))
    requests = {column.pk: column.http for column in columns if hasattr(column, "http")}
    runs_by_itself = {pk for pk, http in requests.items() if http.config.get("auto_update")}
    follows = bool(columns) and columns[0].table.auto_update and columns[0].table.ready
    return Graph(
        {column.pk: column.formula.column_ids for column in columns if hasattr(column, "formula")},
        {pk: http.column_ids for pk, http in requests.items()},
        frozenset(runs_by_itself) if follows else frozenset(),
        frozenset(pk for pk, http in requests.items() if http.config.get("keep_existing")),
    )


def formulas_of(table_id: int) -> QuerySet[FormulaColumn]:
    """The live ones."""
    return FormulaColumn.objects.filter(column__table_id=table_id, column__deleted_at=None)


def users_of(column: Column) -> list[Column]:
    """The live columns of every kind whose settings refer to this one, in their order."""
    graph = of_table(column.table_id)
    using = [pk for pk, needs in graph.needs.items() if column.pk in needs and pk != column.pk]
    return list(Column.objects.filter(pk__in=using))


def refuse_cycle(column: Column, needs: Collection[int]) -> None:
    """Raises Cycle when the column, referring to these, would wait for itself."""
    graph = of_table(column.table_id)
    edges = graph.needs | {column.pk: frozenset(needs)}
    seen: set[int] = set()

    def walk(pk: int, way: tuple[int, ...]) -> None:
        for other in sorted(edges.get(pk, frozenset()) - seen):
            if other == column.pk:
                raise Cycle(f"These columns would wait for each other: {_named((*way, other))}.")
            seen.add(other)
            walk(other, (*way, other))

    walk(column.pk, (column.pk,))


def _named(way: tuple[int, ...]) -> str:
    names = dict(Column.objects.filter(pk__in=way).values_list("pk", "name"))
    return " → ".join(names.get(pk, "?") for pk in way)
