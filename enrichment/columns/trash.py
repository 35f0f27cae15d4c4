"""The trash, with what computes columns: restored with it, or deleted for good with it."""

from django.db import connection

from enrichment.columns import lifecycle
from enrichment.models import Attempt, FormulaColumn, HttpColumn, Run, SharedAnswer
from tables import catalog, deletions, rows
from tables.models import Column, Deletion
from workspaces.refusals import Refused


def restore(deletion: Deletion) -> str:
    """Restores what was deleted, and returns the name that it has now. Raises Refused."""
    if reason := deletions.why_not(deletion):
        raise Refused(reason, code="conflict", status=409)
    if deletion.kind == Deletion.Kind.TABLE:
        catalog.restore(deletion.table)
        return deletion.table.name
    if deletion.kind == Deletion.Kind.ROWS:
        rows.restore(deletion)
        return deletion.name
    column = Column.with_deleted.select_related("table").get(deletions=deletion)
    lifecycle.restore(column)
    return column.name


def forget(column: Column) -> None:
    """Deletes the settings, runs and exchanges of a column that is purged."""
    Attempt.objects.filter(column=column)._raw_delete(using=connection.alias)
    SharedAnswer.objects.filter(column=column)._raw_delete(using=connection.alias)
    Run.objects.filter(column=column).delete()
    HttpColumn.objects.filter(column=column).delete()
    FormulaColumn.objects.filter(column=column).delete()
