"""The trash, with what computes columns: restored with it, or deleted for good with it."""

from django.db import connection

from enrichment.columns import lifecycle, table_lifecycle
from enrichment.dataflow import match_keys
from enrichment.models import (
    Attempt,
    BatchAttempt,
    FormulaColumn,
    HttpColumn,
    ListRows,
    LookupColumn,
    OpenExchange,
    RequestBatch,
    Run,
    Schedule,
    SharedAnswer,
)
from tables import deletions, moves, saved_views
from tables.models import Column, Deletion
from workspaces.refusals import Refused


def restore(deletion: Deletion) -> str:
    """Restores what was deleted, and returns the name that it has now. Raises Refused."""
    if reason := deletions.why_not(deletion):
        raise Refused(reason, code="conflict", status=409)
    if deletion.kind == Deletion.Kind.TABLE:
        table_lifecycle.restore(deletion.table)
        return deletion.table.name
    if deletion.kind == Deletion.Kind.ROWS:
        moves.restore(deletion)
        return deletion.name
    if deletion.view:
        saved_views.restore(deletion.view)
        return deletion.view.name
    column = Column.with_deleted.select_related("table").get(deletions=deletion)
    lifecycle.restore(column)
    return column.name


def forget(column: Column) -> None:
    """Deletes the settings, runs and exchanges of a column that is purged."""
    Attempt.objects.filter(column=column)._raw_delete(using=connection.alias)
    BatchAttempt.objects.filter(column=column)._raw_delete(using=connection.alias)
    OpenExchange.objects.filter(column=column)._raw_delete(using=connection.alias)
    RequestBatch.objects.filter(column=column)._raw_delete(using=connection.alias)
    SharedAnswer.objects.filter(column=column)._raw_delete(using=connection.alias)
    Run.objects.filter(column=column).delete()
    Schedule.objects.filter(column=column).delete()
    HttpColumn.objects.filter(column=column).delete()
    FormulaColumn.objects.filter(column=column).delete()
    ListRows.objects.filter(column=column).delete()
    _forget_lookup(column)


def _forget_lookup(column: Column) -> None:
    """Deletes the keys of its rows, and those of the other table where no other look-up needs them."""
    match_keys.forget(column.pk)
    if settings := LookupColumn.objects.filter(column=column).first():
        settings.delete()
        if not LookupColumn.objects.filter(match_id=settings.match_id).exists():
            match_keys.forget(settings.match_id)
