"""Who changed which cells, when, and from what to what: the history of what people and programs write.

An edit is noted in the transaction that makes it: one line for each row that it changes, and one for all rows that it
adds. Imports are not noted here, `ImportChange` has what they changed. What is old, or more than a table needs, goes.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, Sum
from django.utils import timezone

from tables import storage
from tables.models import Column, Edit, EditedRow, Import, ImportChange, Row
from workspaces import audit

STORED_FOR = timedelta(days=90)
LARGE = 10_000  # rows of one edit: stored to undo it rather than to read
LARGE_STORED_FOR = timedelta(days=7)
MOST = 200_000  # changed rows of a table; the oldest go first
LISTED = 50  # changes of a cell
_READ = 500  # changes of a row that are looked at

type Values = Mapping[str, Any]  # {str(column id): value}, None for an empty cell
type Changes = Mapping[int, tuple[Values, Values]]  # {row id: what stood in it, what is written}


def begin(table_id: int, how: Edit.How = Edit.How.EDIT, **fields: Any) -> Edit:
    """Notes that whoever acts begins to edit the table."""
    return Edit.objects.create(table_id=table_id, how=how, who=audit.acting(), **fields)


def record(edit: Edit, changes: Changes) -> None:
    """Notes what an edit changes in rows that it has not changed before; the table is locked."""
    lines = [
        (edit.pk, row_id, storage.encode(before), storage.encode(after)) for row_id, (before, after) in changes.items()
    ]
    storage.insert_lines("tables_editedrow", ("edit_id", "row_id", "before", "after"), lines)
    Edit.objects.filter(pk=edit.pk).update(rows=F("rows") + len(lines))


def record_added(table_id: int, row_ids: Sequence[int]) -> None:
    """Notes rows that were just added, in the order of their ids."""
    begin(table_id, Edit.How.ADD, first_added=min(row_ids), last_added=max(row_ids))


def of_cell(row: Row, column: Column) -> list[dict[str, Any]]:
    """Returns the changes of a cell, the newest first: {"at", "who", "how", "before", "after"}."""
    key = str(column.pk)
    changes = [*_edited(row, key), *_imported(row, key)]
    changes.sort(key=lambda change: change["at"], reverse=True)
    added = _added(row)
    if added:
        first = changes[-1]["before"] if changes else row.values.get(key)
        changes.append(added | {"before": None, "after": first})
    return changes[:LISTED]


def _edited(row: Row, key: str) -> list[dict[str, Any]]:
    found = EditedRow.objects.filter(row_id=row.pk, edit__table=row.table_id).select_related("edit")
    return [
        _change(line.edit.at, line.edit.who, line.edit.how, line.before.get(key), line.after[key])
        for line in found.order_by("-edit_id")[:_READ]
        if key in line.after
    ]


def _imported(row: Row, key: str) -> list[dict[str, Any]]:
    into = Import.objects.filter(target=row.table_id, state=Import.State.DONE, undone_at=None)
    found = ImportChange.objects.filter(import_job__in=into, row_id=row.pk).select_related("import_job__created_by")
    return [
        _change(line.import_job.finished_at, _importer(line.import_job), "import", *pair)
        for line in found
        if (pair := (line.before.get(key), line.after.get(key)))[0] != pair[1]
    ]


def _added(row: Row) -> dict[str, Any] | None:
    """Returns by whom the row was added; None where that is not known any more."""
    added = Edit.objects.filter(table=row.table_id, first_added__lte=row.pk).order_by("-first_added").first()
    if added and added.last_added and added.last_added >= row.pk:
        return {"at": added.at, "who": added.who, "how": added.how}
    of_table = Import.objects.filter(Q(target=row.table_id) | Q(table=row.table_id, target=None))
    job = of_table.filter(first_added__lte=row.pk, last_added__gte=row.pk).select_related("created_by").first()
    return {"at": job.finished_at, "who": _importer(job), "how": "import"} if job else None


def _importer(job: Import) -> str:
    return ", ".join(part for part in (str(job.created_by or ""), job.filename) if part)


def _change(at: Any, who: str, how: str, before: Any, after: Any) -> dict[str, Any]:
    return {"at": at, "who": who, "how": how, "before": before, "after": after}


def prune() -> None:
    """Deletes what is old, of large edits what is a week old, and what a table has too much of."""
    now = timezone.now()
    old = Q(at__lt=now - STORED_FOR) | Q(at__lt=now - LARGE_STORED_FOR, rows__gt=LARGE)
    _delete(list(Edit.objects.filter(old, heartbeat_at=None).values_list("pk", flat=True)))
    small = Edit.objects.filter(rows__lte=LARGE, heartbeat_at=None)
    for table_id, _ in small.values_list("table").annotate(total=Sum("rows")).filter(total__gt=MOST):
        _delete(_beyond(list(small.filter(table=table_id).order_by("-at", "-pk").values_list("pk", "rows"))))


def _beyond(newest_first: Sequence[tuple[int, int]]) -> list[int]:
    """Returns the ids of the edits with which a table has too many changed rows."""
    total, beyond = 0, []
    for pk, number in newest_first:
        total += number
        if total > MOST:
            beyond.append(pk)
    return beyond


def _delete(edit_ids: Sequence[int]) -> None:
    for pk in edit_ids:
        EditedRow.objects.filter(edit=pk)._raw_delete(using=connection.alias)
        Edit.objects.filter(pk=pk)._raw_delete(using=connection.alias)


def forget_rows(row_ids: Sequence[int]) -> None:
    """Deletes what is noted of rows that are purged."""
    EditedRow.objects.filter(row_id__in=row_ids)._raw_delete(using=connection.alias)


def forget_column(column: Column) -> None:
    """Deletes what is noted of the values of a column that is purged."""
    key = str(column.pk)
    for edit_id in column.table.edits.filter(rows__gt=0).values_list("pk", flat=True):
        changed = []
        for line in EditedRow.objects.filter(edit=edit_id).iterator():
            if line.after.pop(key, line) is not line:
                line.before.pop(key, None)
                changed.append(line)
        EditedRow.objects.bulk_update(changed, ["before", "after"], batch_size=200)
