"""Rows from a list: each item of a list in a column's results becomes a row of a table, and is updated there by key.

Portions of some hundred results are read, made rows and noted as done in one transaction, so that a worker that dies
leaves no portion half done, and none is done twice. Items that are no longer in a list keep their rows.
"""

import logging
import time
from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import batched
from typing import Any
from uuid import uuid4

from django.db import OperationalError, transaction
from django.db.models import F

from enrichment import mapping
from enrichment.engine.errors import RowError
from enrichment.engine.template import paths
from enrichment.mapping import Field
from enrichment.models import ListRows, ListWork
from tables import dispatch, storage, upserts, values
from tables.imports import types
from tables.keys import Matching
from tables.models import Cell, CellState, Column, ColumnType, Row
from tables.storable import storable
from workspaces.refusals import Refused

log = logging.getLogger(__name__)

ADVANCE = "enrichment.make_rows_of_lists"
STEP_SECONDS = 5.0
BUSY = 1.0  # seconds until the next try when the database is busy
MOST_IDS = 10_000  # rows in one entry
_RESULTS = 200  # of a portion
_ITEMS = 5_000  # that are written at once


def start(list_rows: ListRows, row_ids: Collection[int] | None = None) -> None:
    """Has the lists of these rows, or of all, become rows."""
    with transaction.atomic():
        if row_ids is None:
            rows = Row.objects.filter(table_id=list_rows.column.table_id).order_by("-pk")
            last_row = rows.values_list("pk", flat=True).first() or 0
            list_rows.work.filter(row_ids__isnull=True).delete()
            if last_row:
                ListWork.objects.create(list_rows=list_rows, last_row=last_row)
        else:
            for batch in batched(sorted(row_ids), MOST_IDS):
                _join_or_add(list_rows, batch)
        dispatch.send(ADVANCE, list_rows.pk, "")


def _join_or_add(list_rows: ListRows, row_ids: Sequence[int]) -> None:
    """Lets rows that come one by one join the entry that nobody has begun."""
    open_entries = list_rows.work.filter(row_ids__isnull=False, cursor=0, step_token="")
    for entry in open_entries.select_for_update(skip_locked=True):
        joined = sorted({*(entry.row_ids or ()), *row_ids})
        if len(joined) <= MOST_IDS:
            entry.row_ids, entry.last_row = joined, joined[-1]
            entry.save(update_fields=["row_ids", "last_row"])
            return
    ListWork.objects.create(list_rows=list_rows, row_ids=list(row_ids), last_row=row_ids[-1])


def follow(column_id: int, row_ids: Collection[int]) -> None:
    """Has new results of a column become rows, where somebody wants that by itself."""
    if not row_ids:
        return
    wanted = ListRows.objects.filter(column_id=column_id, auto=True, table__ready=True).select_related("column")
    for list_rows in wanted:
        start(list_rows, row_ids)


def advance(list_id: int, token: str = "") -> tuple[str, float] | None:
    """Takes one step.

    Returns the token of the next step and the seconds until then, or None when nothing is left or another worker is
    at it.
    """
    token = token or uuid4().hex
    until = time.monotonic() + STEP_SECONDS
    while entry := _claim(list_id, token):
        try:
            _advance(entry)
        except OperationalError as error:
            log.warning("the rows of list %s are tried again: %s", list_id, error)
            return token, BUSY
        if time.monotonic() >= until:
            return token, 0.0
    return None


def _claim(list_id: int, token: str) -> ListWork | None:
    with transaction.atomic():
        entries = list(ListWork.objects.select_for_update().filter(list_rows=list_id))
        if not entries or any(entry.step_token not in ("", token) for entry in entries):
            return None
        entry = min(entries, key=lambda entry: (entry.row_ids is None, entry.pk))
        entry.step_token = token
        ListWork.objects.filter(pk=entry.pk).renew(step_token=token)
    return entry


def _advance(entry: ListWork) -> None:
    """Makes rows of the next results, and notes how far that is, in one transaction."""
    with transaction.atomic():
        held = ListWork.objects.filter(pk=entry.pk, step_token=entry.step_token)
        if not held.select_for_update().exists():
            return  # another worker took over, or nobody wants the rows any more
        list_rows = ListRows.objects.select_related("column", "table").get(pk=entry.list_rows_id)
        results, cursor = _next_results(entry, list_rows.column_id)
        if cursor >= entry.last_row:
            held.delete()
        else:
            held.update(cursor=cursor)
        storage.lock_table(list_rows.table_id)
        try:
            with transaction.atomic():
                _write(list_rows, results)
        except Refused as refusal:
            ListRows.objects.filter(pk=list_rows.pk).update(problem=str(refusal))
            ListWork.objects.filter(list_rows=list_rows).delete()
        else:
            if list_rows.problem:  # what was refused until now becomes rows, too
                start(list_rows)


def _next_results(entry: ListWork, column_id: int) -> tuple[list[tuple[int, Any]], int]:
    """Returns (row id, value) of the next rows with a result, and the row up to which these are all."""
    cells = Cell.objects.filter(column_id=column_id, state=CellState.DONE).order_by("row_id")
    if entry.row_ids is None:
        cells = cells.filter(row_id__gt=entry.cursor, row_id__lte=entry.last_row)[:_RESULTS]
        found = list(cells.values_list("row_id", "value"))
        return found, found[-1][0] if len(found) == _RESULTS else entry.last_row
    ahead = entry.row_ids[bisect_right(entry.row_ids, entry.cursor) :][:_RESULTS]
    found = list(cells.filter(row_id__in=ahead).values_list("row_id", "value"))
    return found, ahead[-1] if ahead else entry.last_row


def _write(list_rows: ListRows, results: Sequence[tuple[int, Any]]) -> None:
    """Raises Refused where the table lacks what the rows need, or a path is too much work, and then nothing is written.

    An item without a value in the key is the same as a row by all that it has: by the key, it would be added each time.
    """
    source = Column.objects.filter(pk=list_rows.source_column_id, table=list_rows.table_id).first()
    fields = mapping.of_stored(list_rows.table, list_rows.columns)
    key = list(Column.objects.filter(pk__in=list_rows.key).values_list("pk", flat=True))
    if source is None or len(key) < len(list_rows.key) or not fields or not list_rows.table.ready:
        words = "A column that these rows need was deleted. Restore it, or take rows from the list again."
        raise Refused(words)
    sent: list[dict[str | int, Any]] = []
    misfits = 0
    for row_id, value in results:
        for item in items_at(list_rows.path, value):
            try:
                cells, blank = converted(fields, item)
            except RowError as error:
                raise Refused(error.message) from error
            misfits += blank
            if blank or any(stored is not None for stored in cells.values()):  # else nothing of it is wanted
                sent.append({**cells, source.pk: row_id})
    by_all = Matching([source.pk, *(field.column.pk for field in fields)], on_match="update")
    by_key = Matching(key, on_match="update") if key else by_all
    added = updated = 0
    for some in batched(sent, _ITEMS):
        keyed: list[dict[str | int, Any]] = []
        nameless: list[dict[str | int, Any]] = []
        for cells in some:
            (keyed if any(cells[pk] not in (None, "") for pk in by_key.key) else nameless).append(cells)
        for items, matching in ((keyed, by_key), (nameless, by_all)):
            written = upserts.write(list_rows.table, items, matching)
            updated += written.updated
            added += len(items) - written.updated
    counts = {"items": len(sent), "added": added, "updated": updated, "misfits": misfits}
    ListRows.objects.filter(pk=list_rows.pk).update(
        problem="", **{name: F(name) + number for name, number in counts.items()}
    )


def items_at(path: str, value: object) -> list[Any]:
    """Returns the items of the list in a result, of all lists that the path leads to; none where there is no list.

    An object is the only item of its list: XML with one element of a name, and many an API, doesn't make a list of it.
    """
    if not path:
        return value if isinstance(value, list) else []
    compiled = paths.compile(path)
    try:
        found = compiled.get(value)
    except RowError:
        return []
    items = found if isinstance(found, list) else [found] if isinstance(found, dict) else []
    for _ in range(compiled.lists_around):
        items = [item for part in items for item in (part if isinstance(part, list) else [part])]
    return items


def converted(fields: Sequence[Field], item: object) -> tuple[dict[str | int, Any], int]:
    """Returns {id of a column: value of the item}, and how many values are left blank as they don't fit it."""
    columns = {field.column.name: field.column for field in fields}
    cells: dict[str | int, Any] = {}
    misfits = 0
    for name, value in mapping.values(fields, item).items():
        column = columns[name]
        try:
            is_text = column.type == ColumnType.TEXT
            stored = values.clean(column, storable(value)) if is_text else types.converter(column, "")(value)
            cells[column.pk] = stored
        except Refused:
            cells[column.pk] = None
            misfits += 1
    return cells, misfits


def progress(list_rows: ListRows) -> dict[str, Any] | None:
    """Returns {"done", "total"} of the rows that are gone through; None where nothing is left to do."""
    entries = list(list_rows.work.all())
    if not entries:
        return None
    of_table = Row.objects.filter(table_id=list_rows.column.table_id)
    done = total = 0
    for entry in entries:
        if entry.row_ids is None:
            total += of_table.filter(pk__lte=entry.last_row).count()
            done += of_table.filter(pk__lte=entry.cursor).count()
        else:
            total += len(entry.row_ids)
            done += bisect_right(entry.row_ids, entry.cursor)
    return {"done": done, "total": total}


def release_stalled() -> None:
    """Frees the entries that nobody went on with since the last sweep, and sends on the lists that nobody is at."""
    lapsed = ListWork.objects.lapsed()
    lapsed.exclude(step_token="").update(step_token="")
    at_work = ListWork.objects.exclude(step_token="").values("list_rows_id")
    for list_id in set(lapsed.exclude(list_rows_id__in=at_work).values_list("list_rows_id", flat=True)):
        dispatch.send(ADVANCE, list_id, "")
    ListWork.objects.note()
