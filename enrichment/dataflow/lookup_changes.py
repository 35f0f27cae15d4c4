"""What follows from changes in a table for the look-ups into it: they find other rows, or other values in them.

A few changed rows are followed by their keys, the former and the new ones, to the rows that look for these. Where a
whole table is gone through, its keys are renewed batch by batch, and the look-ups computed once at the end.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from enrichment import graph
from enrichment.dataflow import inputs, match_keys, recalculations, waiting
from enrichment.graph import Graph
from enrichment.models import ROW, LookupColumn, MatchKey, Recalculation
from tables.cells import Pair
from tables.models import Column
from tables.stored_rows import StoredRow

MOST_FOLLOWED = 50_000  # rows; where more look for the keys that changed, all are computed again


def restart(lookup: LookupColumn) -> None:
    """Has the keys of the other table read anew, and then all rows of the look-up computed."""
    if not recalculations.start_range(lookup.target_id, (), read_by=[lookup.column_id]):
        _compute_all([lookup])


def on_type_changed(column: Column) -> None:
    """Has the keys of a column read anew that look-ups compare with: values are the same by its type."""
    for lookup in graph.lookups_into(column.table_id).filter(match_id=column.pk).select_related("column"):
        restart(lookup)


def compute_all(lookup_ids: Collection[int]) -> None:
    """Has all rows of these look-ups computed, and of what refers to them."""
    _compute_all(list(LookupColumn.objects.filter(pk__in=lookup_ids).select_related("column")))


def on_table_deleted(*, table_id: int, **_: object) -> None:
    """Listens to `table_deleted`: look-ups into the table say that it is gone."""
    compute_all(graph.of_table(table_id).readers)


def follow(
    entry: Recalculation, dependencies: Graph, rows: Sequence[StoredRow], changed: Collection[Pair], cursor: int
) -> None:
    """Follows a batch of an entry: these rows, up to the one at the cursor, deleted ones too.

    `changed` are the cells that differ since. The caller holds the lock on the table, and stores the batch with this.
    """
    by_hand = set(entry.read_by) & dependencies.readers.keys()
    concerned = by_hand | dependencies.readers_of(dependencies.formulas.keys() & set(entry.column_ids))
    if not concerned:
        return
    # Who computes these look-ups stores what it looks for first, and waits here until the new keys are there to find.
    locked = LookupColumn.objects.select_for_update(of=("self",)).filter(pk__in=concerned).order_by("pk")
    lookups = {lookup.column_id: lookup for lookup in locked.select_related("column")}
    keys = {
        match_id: _renew(entry, match_id, rows, cursor) for match_id in {item.match_id for item in lookups.values()}
    }
    if not recalculations.is_over_all_rows(entry):
        for pk, lookup in lookups.items():
            of_match = keys[lookup.match_id]
            touched = of_match.keys() if pk in by_hand else _with_changes(changed, lookup.reads)
            _compute_seekers(lookup, {key for row_id in touched for key in of_match.get(row_id, ())})
    elif cursor >= entry.last_row:
        _compute_all(list(lookups.values()))
    if cursor >= entry.last_row:
        waiting.wake_all(graph.requests_across(lookups))


def _with_changes(changed: Collection[Pair], column_ids: Collection[int]) -> set[int]:
    return {row_id for row_id, column_id in changed if column_id in column_ids}


def _renew(
    entry: Recalculation, match_id: int, rows: Sequence[StoredRow], cursor: int
) -> Mapping[int, Collection[int]]:
    """Stores by which keys the rows are found now; returns {row id: its former and its new key}."""
    former = _former(entry, match_id, rows, cursor)
    values = inputs.as_stored(rows, entry.table_id, [match_id])
    type = match_keys.type_of(match_id)
    new = dict.fromkeys(former, None) | {
        row_id: match_keys.key_of(match_keys.text_of(row_id if match_id == ROW else of_row.get(match_id), type))
        for row_id, of_row in values.items()
    }
    different = {row_id: key for row_id, key in new.items() if former.get(row_id) != key}
    match_keys.store(MatchKey, match_id, different)
    both = {row_id: (former.get(row_id), key) for row_id, key in new.items()}
    return {row_id: {key for key in pair if key is not None} for row_id, pair in both.items()}


def _former(entry: Recalculation, match_id: int, rows: Sequence[StoredRow], cursor: int) -> dict[int, int]:
    """Returns {row id: key} as it was, of the rows of the batch that are deleted too."""
    if entry.row_ids is None:
        return match_keys.stored_between(match_id, entry.cursor + 1, cursor)
    row_ids = [row_id for row_id in entry.row_ids if entry.cursor < row_id <= cursor]
    return match_keys.stored(MatchKey, match_id, row_ids)


def _compute_seekers(lookup: LookupColumn, keys: Collection[int]) -> None:
    """Has the rows computed that look for one of these keys."""
    row_ids = match_keys.seekers(lookup.column_id, keys, MOST_FOLLOWED)
    if row_ids is None:
        _compute_all([lookup])
    elif row_ids:
        recalculations.start_rows(lookup.column.table_id, _with_dependents([lookup]), row_ids)


def _compute_all(lookups: Sequence[LookupColumn]) -> None:
    by_table: defaultdict[int, list[LookupColumn]] = defaultdict(list)
    for lookup in lookups:
        by_table[lookup.column.table_id].append(lookup)
    for table_id, of_table in by_table.items():
        recalculations.start_range(table_id, _with_dependents(of_table))


def _with_dependents(lookups: Sequence[LookupColumn]) -> set[int]:
    """Returns these look-ups of one table, and what of it is computed from them."""
    column_ids = {lookup.column_id for lookup in lookups}
    return column_ids | graph.of_table(lookups[0].column.table_id).formulas_depending_on(column_ids)
