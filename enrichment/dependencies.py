"""Which columns of a table use which, over HTTP, formula and field columns alike."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from enrichment.models import FormulaColumn, HttpColumn
from tables.models import Column, ColumnType

FORMULA_TYPES = (ColumnType.FORMULA, ColumnType.EXTRACT)


class Cycle(Exception):
    """Columns that wait for each other; says which."""


@dataclass(frozen=True, slots=True)
class Graph:
    """`formulas` and `requests` are {computed column id: ids of the columns that its settings refer to}."""

    formulas: dict[int, frozenset[int]]
    requests: dict[int, frozenset[int]]

    def formulas_behind(self, column_ids: Collection[int]) -> set[int]:
        """The formula columns that refer to one of these, by themselves or through formula columns."""
        found: set[int] = set()
        reached = set(column_ids)
        while more := {pk for pk, needs in self.formulas.items() if needs & reached} - found:
            found |= more
            reached |= more
        return found

    def in_order(self, column_ids: Collection[int]) -> list[int]:
        """Each behind the columns that it refers to."""
        ordered: dict[int, None] = {}

        def place(pk: int) -> None:
            for needed in sorted(self.formulas[pk]):
                if needed in column_ids and needed in self.formulas and needed not in ordered and needed != pk:
                    place(needed)
            ordered[pk] = None

        for pk in sorted(column_ids):
            if pk in self.formulas and pk not in ordered:
                place(pk)
        return list(ordered)

    def uses_results_by_formula(self, pk: int) -> bool:
        """Whether this HTTP column refers to a formula that needs the result of another HTTP column."""
        reached = {needed for needed in self.requests[pk] if needed in self.formulas}
        while more := {needed for at in reached for needed in self.formulas.get(at, frozenset())} - reached:
            reached |= more
        return bool(reached & self.requests.keys())


def of_table(table_id: int) -> Graph:
    requests = HttpColumn.objects.filter(column__table_id=table_id, column__deleted_at=None)
    return Graph(
        {found.column_id: found.column_ids for found in formulas_of(table_id)},
        {found.column_id: found.column_ids for found in requests},
    )


def formulas_of(table_id: int) -> QuerySet[FormulaColumn]:
    """The live ones."""
    return FormulaColumn.objects.filter(column__table_id=table_id, column__deleted_at=None)


def users_of(column: Column) -> list[Column]:
    """The live columns of every kind whose settings refer to this one, in their order."""
    graph = of_table(column.table_id)
    using = [pk for pk, needs in (graph.formulas | graph.requests).items() if column.pk in needs and pk != column.pk]
    return list(Column.objects.filter(pk__in=using))


def refuse_cycle(column: Column, needs: Collection[int]) -> None:
    """Raises Cycle when the column, referring to these, would wait for itself."""
    graph = of_table(column.table_id)
    edges = graph.formulas | graph.requests | {column.pk: frozenset(needs)}
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
