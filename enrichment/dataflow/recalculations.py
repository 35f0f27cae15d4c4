"""The recalculation queue: what is still to be computed. In the database, so that a worker or the broker may die.

One worker at a time computes a table, so that an older result never comes after a newer one. HTTP columns in an entry
are not computed but compared: whether their results are out of date, and whether they run by themselves.

An entry that has no rows ahead is put aside: it names rows whose inputs changed while their request was under way.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import batched, product
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from enrichment.graph import CALCULATED_TYPES
from enrichment.leases import Leases
from enrichment.models import LookupColumn, Recalculation
from tables import dispatch, stored_rows
from tables.cells import Pair
from tables.models import Column, Row
from tables.stored_rows import StoredRow

ADVANCE = "enrichment.recompute"
_CHARACTERS = 16_000_000  # of the rows of one batch, in JSON
MOST_IDS = 10_000  # in one entry; more rows than this came from a file and are a range
_AHEAD = Q(cursor__lt=F("last_row"))
_OVER_ALL = Q(row_ids__isnull=True, first_row=0)


class _Work:
    """What is to be done with rows of a table."""

    def __init__(
        self, table_id: int, column_ids: Collection[int], then_run: Collection[int], read_by: Collection[int]
    ) -> None:
        self.table_id = table_id
        self.column_ids, self.then_run, self.read_by = sorted(column_ids), sorted(then_run), sorted(read_by)

    @property
    def fields(self) -> dict[str, Any]:
        """Returns the fields of its entry."""
        return vars(self)

    def is_of(self, entry: Recalculation) -> bool:
        """Whether the entry has its rows done the same."""
        return all(getattr(entry, name) == value for name, value in self.fields.items())


def start_rows(
    table_id: int,
    column_ids: Collection[int],
    row_ids: Sequence[int],
    then_run: Collection[int] = (),
    read_by: Collection[int] = (),
) -> None:
    """Has these columns computed for these rows, then the HTTP columns `then_run` run for them.

    The look-ups `read_by`, of any table, are computed again where they find one of these rows, or found it.
    """
    with transaction.atomic():
        for batch in batched(row_ids, MOST_IDS):
            _join_or_add(_Work(table_id, column_ids, then_run, read_by), batch)


def start_range(
    table_id: int,
    column_ids: Collection[int],
    first_row: int = 0,
    then_run: Collection[int] = (),
    read_by: Collection[int] = (),
) -> bool:
    """Does the same for every row from this id on; returns whether there is any.

    An entry over all rows and the same columns begins anew.
    """
    last_row = Row.objects.filter(table_id=table_id).order_by("-pk").values_list("pk", flat=True).first() or 0
    if last_row < max(1, first_row):
        return False
    work = _Work(table_id, column_ids, then_run, read_by)
    with transaction.atomic():
        if not first_row and not then_run:
            _delete_covered(work)
        _add(work, None, first_row, last_row)
    return True


def _delete_covered(work: _Work) -> None:
    """Deletes the entries that one for these columns and all rows takes over."""
    over_all_rows = Recalculation.objects.filter(_OVER_ALL, table_id=work.table_id)
    for entry in over_all_rows.select_for_update():
        covered = set(entry.column_ids) <= set(work.column_ids) and set(entry.read_by) <= set(work.read_by)
        if covered and not entry.then_run:
            entry.delete()


def put_aside(table_id: int, column_id: int, row_ids: Collection[int]) -> None:
    """Keeps rows until their requests have ended. The caller holds the lock on the table."""
    if row_ids:
        entry = _aside(table_id, column_id)
        entry.row_ids = sorted({*(entry.row_ids or ()), *row_ids})
        entry.cursor = entry.last_row = entry.row_ids[-1]
        entry.save()


def take_up(table_id: int, column_id: int, row_ids: Collection[int]) -> set[int]:
    """Returns those of these rows that were put aside, and no longer are. The caller holds the lock on the table."""
    entry = _aside(table_id, column_id)
    aside: set[int] = set(entry.row_ids or ())
    if rest := aside - set(row_ids):
        entry.row_ids = sorted(rest)
        entry.save()
    elif aside:
        entry.delete()
    return aside & set(row_ids)


def _aside(table_id: int, column_id: int) -> Recalculation:
    """Returns the entry for rows of this column that are put aside, a new one if there is none."""
    entries = Recalculation.objects.filter(~_AHEAD, table_id=table_id)
    of_column = (entry for entry in entries if entry.column_ids == [column_id])
    return next(of_column, Recalculation(table_id=table_id, column_ids=[column_id]))


def _join_or_add(work: _Work, row_ids: Sequence[int]) -> None:
    """Lets rows that come one by one join the entry that nobody has begun."""
    ahead = Recalculation.objects.filter(_AHEAD, table_id=work.table_id, row_ids__isnull=False, cursor=0, step_token="")
    for entry in ahead.select_for_update(skip_locked=True):
        joined = sorted({*(entry.row_ids or ()), *row_ids})
        if work.is_of(entry) and len(joined) <= MOST_IDS:
            entry.row_ids, entry.last_row = joined, joined[-1]
            entry.save(update_fields=["row_ids", "last_row"])
            return
    _add(work, sorted(row_ids), 0, max(row_ids))


def _add(work: _Work, row_ids: list[int] | None, first_row: int, last_row: int) -> None:
    Recalculation.objects.create(
        **work.fields, row_ids=row_ids, first_row=first_row, last_row=last_row, cursor=max(0, first_row - 1)
    )
    dispatch.send(ADVANCE, work.table_id, "")


def claim(table_id: int, token: str) -> Recalculation | None:
    """Returns the entry to go on with, a few rows before many; None when nothing is left or it is held by another."""
    with transaction.atomic():
        entries = list(Recalculation.objects.select_for_update().filter(_AHEAD, table_id=table_id))
        if any(entry.step_token not in ("", token) for entry in entries):
            return None
        entry = min(entries, key=lambda entry: (entry.row_ids is None, entry.pk), default=None)
        if entry:
            entry.step_token = token
            Recalculation.objects.filter(pk=entry.pk).renew(step_token=token)
    return entry


def held(table_id: int, token: str) -> Leases[Recalculation]:
    """Returns the entries that this token has claimed, as leases to be kept."""
    return Recalculation.objects.filter(table_id=table_id, step_token=token)


def rows_of(entry: Recalculation, limit: int) -> tuple[list[StoredRow], int]:
    """Returns the next rows of the entry, in order, and the cursor after them and after deleted ones among them.

    They are at most so many, and fewer where their texts are long.
    """
    rows = Row.objects.filter(table_id=entry.table_id).order_by("pk")
    row_ids = _ids_ahead(entry)[:limit]
    if entry.row_ids is None:
        rows = rows.filter(pk__gt=entry.cursor, pk__lte=entry.last_row)[:limit]
    else:
        rows = rows.filter(pk__in=row_ids)
    found, are_all = stored_rows.read_some(rows, _CHARACTERS)
    if not are_all or (entry.row_ids is None and len(found) == limit):
        return found, found[-1].pk
    return found, row_ids[-1] if row_ids else entry.last_row


def _ids_ahead(entry: Recalculation) -> list[int]:
    ids: list[int] = entry.row_ids or []
    return ids[bisect_right(ids, entry.cursor) :]


def move(entry: Recalculation, cursor: int) -> bool:
    """Moves the cursor in the transaction that stores the batch. Returns False when another worker took over."""
    still_held = Recalculation.objects.filter(pk=entry.pk, step_token=entry.step_token)
    if cursor >= entry.last_row:
        return bool(still_held.delete()[0])
    return bool(still_held.update(cursor=cursor))


def release_stalled() -> None:
    """Frees the entries that nobody went on with since the last sweep, and sends on the tables that nobody is at."""
    lapsed = Recalculation.objects.filter(_AHEAD).lapsed()
    lapsed.exclude(step_token="").update(step_token="")
    at_work = Recalculation.objects.filter(_AHEAD).exclude(step_token="").values("table_id")
    for table_id in set(lapsed.exclude(table_id__in=at_work).values_list("table_id", flat=True)):
        dispatch.send(ADVANCE, table_id, "")
    Recalculation.objects.note()


def is_over_all_rows(entry: Recalculation) -> bool:
    """Whether it has the whole table done, and not what was added to it."""
    return entry.row_ids is None and not entry.first_row


def touches(table_id: int, lookup_id: int, column_ids: Collection[int], *, all_rows: bool = False) -> bool:
    """Whether something is still to be done with rows of a table that changes these columns, or what a look-up finds.

    With `all_rows`, only what is to be done with all of them counts.
    """
    ahead = Recalculation.objects.filter(_AHEAD, table_id=table_id)
    lines = (ahead.filter(_OVER_ALL) if all_rows else ahead).values_list("read_by", "column_ids")
    return any(lookup_id in read_by or not set(column_ids).isdisjoint(changing) for read_by, changing in lines)


def pending_pairs(table_id: int, row_ids: Sequence[int], column_ids: Sequence[int]) -> set[Pair]:
    """Returns the cells of these rows that are still to be computed."""
    pairs: set[Pair] = set(product(row_ids, _looked_up_anew(table_id, column_ids)))
    for entry in Recalculation.objects.filter(_AHEAD, table_id=table_id):
        calculated = _calculated_among(table_id, set(entry.column_ids) & set(column_ids))
        ahead = {row_id for row_id in row_ids if entry.cursor < row_id <= entry.last_row}
        if entry.row_ids is not None:
            ahead &= set(entry.row_ids)
        pairs.update(product(ahead, calculated))
    return pairs


def _looked_up_anew(table_id: int, column_ids: Collection[int]) -> set[int]:
    """Returns the look-ups among these columns that are computed as soon as another table is done, or gone through."""
    lookups = LookupColumn.objects.filter(pk__in=column_ids, column__table_id=table_id)
    return {
        lookup.column_id
        for lookup in lookups
        if touches(lookup.target_id, lookup.column_id, lookup.reads, all_rows=True)
    }


def _calculated_among(table_id: int, column_ids: Collection[int]) -> set[int]:
    if not column_ids:
        return set()
    calculated = Column.objects.filter(table_id=table_id, pk__in=column_ids, type__in=CALCULATED_TYPES)
    return set(calculated.values_list("pk", flat=True))
