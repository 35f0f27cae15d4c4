"""Which columns use which: over HTTP, formula, field and look-up columns alike, and over tables by look-ups."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from django.db import connection
from django.db.models import QuerySet

from enrichment.engine.template.references import Names
from enrichment.models import FormulaColumn, LookupColumn
from tables import access
from tables.models import Column, ColumnType
from workspaces.models import Workspace
from workspaces.refusals import Refused

FORMULA_TYPES = (ColumnType.FORMULA, ColumnType.EXTRACT)
CALCULATED_TYPES = (*FORMULA_TYPES, ColumnType.LOOKUP)  # computed by Marl itself, and again when an input changes


@dataclass(frozen=True, slots=True)
class Graph:
    """`formulas` and `requests` are {computed column id: ids of the columns of this table that its settings refer to}.

    Look-ups are among the formulas. `readers` are the look-ups of any table into this one, {id: ids of the columns
    that they read}.
    """

    formulas: dict[int, frozenset[int]]
    requests: dict[int, frozenset[int]]
    lookups: frozenset[int] = frozenset()
    readers: Mapping[int, frozenset[int]] = field(default_factory=dict)
    automatic: frozenset[int] = frozenset()  # HTTP columns that run by themselves
    keeping: frozenset[int] = frozenset()  # HTTP columns that then leave a result as it is
    asked: Mapping[int, list[list[str]] | None] = field(default_factory=dict)  # {HTTP column id: its requests so far}

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

    def readers_of(self, column_ids: Collection[int]) -> set[int]:
        """Returns the look-ups that read one of these directly."""
        return {pk for pk, reads in self.readers.items() if not reads.isdisjoint(column_ids)}

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
    """Reads the graph in two queries, because every batch of results asks for it."""
    computed = [kind for kind in ColumnType if kind.is_computed]
    live = Column.objects.filter(table_id=table_id, type__in=computed)
    columns = list(live.select_related("table", "http", "formula", "lookup"))
    lookups = {column.pk: column.lookup.column_ids for column in columns if hasattr(column, "lookup")}
    requests = {column.pk: column.http for column in columns if hasattr(column, "http")}
    runs_by_itself = {pk for pk, http in requests.items() if http.config.get("auto_update")}
    follows = bool(columns) and columns[0].table.auto_update and columns[0].table.ready
    return Graph(
        {column.pk: column.formula.column_ids for column in columns if hasattr(column, "formula")} | lookups,
        {pk: http.column_ids for pk, http in requests.items()},
        frozenset(lookups),
        {lookup.column_id: lookup.reads for lookup in lookups_into(table_id)},
        frozenset(runs_by_itself) if follows else frozenset(),
        frozenset(pk for pk, http in requests.items() if http.config.get("keep_existing")),
        {pk: http.requests for pk, http in requests.items()},
    )


def lookups_into(table_id: int) -> QuerySet[LookupColumn]:
    """Returns the look-ups into a table that are live, and whose own table is."""
    live = LookupColumn.objects.filter(column__deleted_at=None, column__table__ready=True)
    return live.filter(target_id=table_id).order_by("pk")


def requests_across(lookup_ids: Collection[int]) -> set[int]:
    """Returns the HTTP columns that wait for one of these look-ups, directly or through columns of any table."""
    requests: set[int] = set()
    reached: set[int] = set()
    ahead = set(lookup_ids)
    while ahead:
        reached |= ahead
        tables = Column.objects.filter(pk__in=ahead).values_list("table_id", "pk")
        ahead = set()
        for table_id, pk in list(tables):
            dependencies = of_table(table_id)
            changing = {pk} | dependencies.formulas_depending_on([pk]) | dependencies.requests_depending_on([pk])
            requests |= changing & dependencies.requests.keys()
            ahead |= dependencies.readers_of(changing)
        ahead -= reached
    return requests


def formulas_of(table_id: int) -> QuerySet[FormulaColumn]:
    """The live ones."""
    return FormulaColumn.objects.filter(column__table_id=table_id, column__deleted_at=None)


def names_of(table_id: int) -> Names:
    """Returns the table's columns by id."""
    known = Column.with_deleted.filter(table_id=table_id).values_list("pk", "name", "type", "deleted_at")
    live = {pk: name for pk, name, _, deleted_at in known if deleted_at is None}
    deleted = {pk: name for pk, name, _, deleted_at in known if deleted_at is not None}
    return Names(live, deleted, [pk for pk, _, type, _ in known if type == ColumnType.NUMBER])


def users_of(column: Column) -> list[Column]:
    """Returns the live columns of every kind and table whose settings refer to this one, in their order."""
    dependencies = of_table(column.table_id)
    user_ids = {pk for pk, needed in dependencies.needs.items() if column.pk in needed}
    user_ids |= dependencies.readers_of([column.pk])
    here = Column.objects.filter(pk__in=user_ids - {column.pk}).select_related("table")
    return sorted(here, key=lambda user: (user.table_id != column.table_id, user.table_id, user.position))


def refuse_cycle(column: Column, needed: Collection[int]) -> None:
    """Raises Refused, naming the columns of the cycle, when the column, referring to these, would wait for itself.

    `needed` may be columns of other tables.
    """
    if connection.in_atomic_block:  # two saves at once, in two tables, could close a cycle that neither of them sees
        Workspace.objects.select_for_update(no_key=True).filter(tables=column.table_id).first()
    needs = _needs_from(column, frozenset(needed))
    try:
        _in_order(needs, _with_inputs(needs, [column.pk]))
    except CycleError as error:
        path = _waiting_path(error.args[1], column.pk)
        words = f"These columns would wait for each other: {_named(path)}."
        raise Refused(words, code="cycle", status=409) from error


def _needs_from(column: Column, needed: frozenset[int]) -> dict[int, frozenset[int]]:
    """Returns {column id: ids of the columns that it needs} over all tables that it leads to by look-ups."""
    needs: dict[int, frozenset[int]] = {}
    tables, ahead = {column.table_id}, {column.table_id}
    ahead.update(Column.objects.filter(pk__in=needed).values_list("table_id", flat=True))
    while ahead:
        tables |= ahead
        for table_id in ahead:
            needs |= of_table(table_id).needs
        lookups = LookupColumn.objects.filter(column__table_id__in=ahead, column__deleted_at=None)
        ahead = {lookup.target_id for lookup in lookups} - tables
        for lookup in lookups:
            needs[lookup.column_id] |= lookup.reads
    return needs | {column.pk: needed}


def _waiting_path(cycle: Sequence[int], first: int) -> list[int]:
    """Returns the cycle so that each column waits for the next one; graphlib gives it the other way round."""
    path = list(cycle[:0:-1])
    start = path.index(first) if first in path else 0
    return [*path[start:], *path[:start], path[start]]


def _named(path: Sequence[int]) -> str:
    """Names the columns; with their tables, where there is more than one."""
    columns = {column.pk: column for column in Column.objects.filter(pk__in=path).select_related("table")}
    across = len({column.table_id for column in columns.values()}) > 1
    names = {pk: _with_table(column) if across else column.name for pk, column in columns.items()}
    return " → ".join(names.get(pk, "?") for pk in path)


def _with_table(column: Column) -> str:
    return f"{column.name} ({column.table.name})" if access.is_found(column.table) else f"({access.UNSHARED})"
