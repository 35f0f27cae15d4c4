"""Which columns of a table use which, over HTTP, formula and field columns alike."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from django.db.models import QuerySet

from enrichment.engine.template.references import Names
from enrichment.models import FormulaColumn
from tables.models import Column, ColumnType
from workspaces.refusals import Refused

FORMULA_TYPES = (ColumnType.FORMULA, ColumnType.EXTRACT)


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

    def formulas_depending_on(self, column_ids: Collection[int]) -> set[int]:
        """Returns the formula columns that refer to one of these, directly or through formula columns."""
        return _dependents(self.formulas, column_ids)

    def requests_depending_on(self, column_ids: Collection[int]) -> set[int]:
        """Returns the HTTP columns that refer to one of these, directly or through computed columns of any kind."""
        return _dependents(self.needs, column_ids) & self.requests.keys()

    def requests_using(self, column_ids: Collection[int]) -> set[int]:
        """Returns the HTTP columns that refer to one of these directly."""
        return {pk for pk, needs in self.requests.items() if needs & set(column_ids)}

    def with_inputs(self, column_ids: Collection[int]) -> set[int]:
        """Returns the computed columns among these, and all that they need."""
        return _with_inputs(self.needs, column_ids)

    def needs_results(self, pk: int) -> bool:
        """Whether this HTTP column refers to another HTTP column, by itself or through formula columns."""
        return bool(self.with_inputs(self.requests[pk]) & self.requests.keys())

    def in_order(self, column_ids: Collection[int]) -> list[int]:
        """Returns the computed ones, each after those that it refers to."""
        return _in_order(self.needs, self.needs.keys() & set(column_ids))


def _dependents(needs: Mapping[int, frozenset[int]], column_ids: Collection[int]) -> set[int]:
    dependents: set[int] = set()
    reached = set(column_ids)
    while more := {pk for pk, needed in needs.items() if needed & reached} - dependents:
        dependents |= more
        reached |= more
    return dependents


def _with_inputs(needs: Mapping[int, frozenset[int]], column_ids: Collection[int]) -> set[int]:
    reached = set(column_ids)
    while more := {needed for pk in reached & needs.keys() for needed in needs[pk]} - reached:
        reached |= more
    return reached & needs.keys()


def _in_order(needs: Mapping[int, frozenset[int]], column_ids: set[int]) -> list[int]:
    """Raises CycleError."""
    among_these = {pk: needs[pk] & (column_ids - {pk}) for pk in sorted(column_ids)}
    return list(TopologicalSorter(among_these).static_order())


def of_table(table_id: int) -> Graph:
    """Reads the graph in one query, because every batch of results asks for it."""
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


def names_of(table_id: int) -> Names:
    """Returns the table's columns by id."""
    known = Column.with_deleted.filter(table_id=table_id).values_list("pk", "name", "deleted_at", "type")
    live = {pk: name for pk, name, deleted_at, _ in known if deleted_at is None}
    deleted = {pk: name for pk, name, deleted_at, _ in known if deleted_at is not None}
    return Names(live, deleted, [pk for pk, _, _, type in known if type == ColumnType.HTTP])


def users_of(column: Column) -> list[Column]:
    """Returns the live columns of every kind whose settings refer to this one, in their order."""
    needs = of_table(column.table_id).needs
    user_ids = [pk for pk, needed in needs.items() if column.pk in needed and pk != column.pk]
    return list(Column.objects.filter(pk__in=user_ids))


def refuse_cycle(column: Column, needed: Collection[int]) -> None:
    """Raises Refused, naming the columns of the cycle, when the column, referring to these, would wait for itself."""
    needs = of_table(column.table_id).needs | {column.pk: frozenset(needed)}
    try:
        _in_order(needs, _with_inputs(needs, [column.pk]))
    except CycleError as error:
        path = _waiting_path(error.args[1], column.pk)
        words = f"These columns would wait for each other: {_named(path)}."
        raise Refused(words, code="cycle", status=409) from error


def _waiting_path(cycle: Sequence[int], first: int) -> list[int]:
    """Returns the cycle so that each column waits for the next one; graphlib gives it the other way round."""
    path = list(cycle[:0:-1])
    start = path.index(first) if first in path else 0
    return [*path[start:], *path[:start], path[start]]


def _named(path: Sequence[int]) -> str:
    names = dict(Column.objects.filter(pk__in=path).values_list("pk", "name"))
    return " → ".join(names.get(pk, "?") for pk in path)
