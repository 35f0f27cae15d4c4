"""Tables with everything that computes them: deleted with their runs, copied with their settings."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from enrichment import graph
from enrichment.columns import lookups as lookup_columns
from enrichment.dataflow import lookup_changes
from enrichment.engine.template import references
from enrichment.models import FormulaColumn, HttpColumn, ListRows, LookupColumn, Run
from enrichment.runs import lifecycle
from enrichment.schema import HttpConfig
from tables import access, catalog, saved_views, table_members
from tables.imports import job
from tables.models import Column, Import, Table
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.refusals import Refused


def delete(table: Table, *, force: bool = False) -> None:
    """Deletes the table and stops its runs. It can be restored, without them.

    Raises Refused naming every column of another table that looks something up in it, unless `force`.
    """
    readers = [reader for reader in _readers(table) if reader.column.table_id != table.pk]
    if readers and not force:
        names = ", ".join(dict.fromkeys(access.named(reader.column.name, reader.column.table) for reader in readers))
        raise Refused(f"“{table.name}” is used by {names}.", field="table", code="conflict", status=409)
    catalog.delete(table)
    for run in Run.objects.filter(table=table, state__in=Run.OPEN):
        lifecycle.stop(run, "The table was deleted.")


def restore(table: Table) -> None:
    """Restores a deleted table, and has the look-ups in it and into it computed again. Raises Refused."""
    with transaction.atomic():
        catalog.restore(table)
        restart_lookups(table)


def restart_lookups(table: Table) -> None:
    """Has the look-ups in a table and into it computed, as after a time in which nobody followed its changes."""
    in_it = LookupColumn.objects.filter(column__table=table, column__deleted_at=None).select_related("column")
    for lookup in {lookup.pk: lookup for lookup in [*_readers(table), *in_it]}.values():
        lookup_changes.restart(lookup)


def _readers(table: Table) -> list[LookupColumn]:
    return list(graph.lookups_into(table.pk).select_related("column__table"))


def readers_of(who: Actor, table: Table) -> tuple[list[Table], int]:
    """Returns the other tables that show data of this one, by look-ups into it and lists in it: those that somebody
    finds, and how many more there are.
    """
    of_lists = ListRows.objects.filter(column__table=table, column__deleted_at=None).values("table")
    of_lookups = graph.lookups_into(table.pk).values("column__table")
    readers = Table.objects.filter(Q(pk__in=of_lists) | Q(pk__in=of_lookups), ready=True).exclude(pk=table.pk)
    found = list(access.live(who).filter(pk__in=readers).order_by("name", "pk"))
    return found, readers.count() - len(found)


def duplicate(actor: Actor, source: Table) -> Import:
    """Copies columns, settings, rows and results; rows are filled in the background, and nothing is run for them.

    The copy of a table that is not for everybody is for whoever makes it alone, and the owners of the workspace.
    """
    actor.require(Role.EDITOR)
    with transaction.atomic():
        copy = Table.objects.create(
            workspace=source.workspace,
            name=_free_name(actor, source),
            auto_update=source.auto_update,
            attempt_days=source.attempt_days,
            attempts_per_cell=source.attempts_per_cell,
            created_by=actor.user,
            ready=False,
        )
        table_members.keep_as(source, copy, actor)
        ids = {column.pk: _copy_column(column, copy).pk for column in Column.objects.filter(table=source)}
        _copy_http_settings(ids)
        _copy_formulas(ids)
        _copy_lookups(source, copy, ids)
        saved_views.copy(source, copy, ids)
        audit.note(actor.workspace, "table.copied", source.name, source.pk)
        return job.start_copy(actor, source, copy, ids)


def _copy_column(column: Column, copy: Table) -> Column:
    return Column.objects.create(
        table=copy,
        name=column.name,
        type=column.type,
        position=column.position,
        width=column.width,
        fitted=column.fitted,
        hidden=column.hidden,
        pinned=column.pinned,
    )


def _copy_http_settings(ids: Mapping[int, int]) -> None:
    for http in HttpColumn.objects.filter(column__in=ids):
        config = _referring_to(http.config, ids)
        HttpColumn.objects.create(column_id=ids[http.column_id], connection=http.connection, config=config)


def _copy_formulas(ids: Mapping[int, int]) -> None:
    for settings in FormulaColumn.objects.filter(column__in=ids):
        FormulaColumn.objects.create(
            column_id=ids[settings.column_id],
            formula=references.renumbered(settings.formula, ids),
            source_id=ids.get(settings.source_id or 0, settings.source_id),
            path=settings.path,
        )


def _copy_lookups(source: Table, copy: Table, ids: Mapping[int, int]) -> None:
    """A look-up into the table itself looks into the copy."""
    columns = Column.objects.in_bulk(ids.values())
    for settings in LookupColumn.objects.filter(column__in=ids):
        lookup_columns.copy(settings, columns[ids[settings.column_id]], {source.pk: copy.pk}, ids)


def _free_name(actor: Actor, source: Table) -> str:
    """Returns "Copy of Leads", or that with the first free number after it."""
    name = f"Copy of {source.name}"[:190]
    named = access.every(actor).filter(name__startswith=name)
    taken = set(named.values_list("name", flat=True))
    numbered = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(free for free in numbered if free not in taken)


def _referring_to(config: Mapping[str, Any], ids: Mapping[int, int]) -> dict[str, Any]:
    """Returns the settings of an HTTP column with references to the copies."""
    copied = HttpConfig(**config).with_texts(lambda text: references.renumbered(text, ids))
    required = [ids.get(int(pk), int(pk)) for pk in copied.required or ()]
    return copied.model_copy(update={"required": required}).model_dump()
