"""Tables with all that computes them: deleted with their runs, copied with their settings."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from enrichment.engine.template import references
from enrichment.models import FormulaColumn, HttpColumn, Run
from enrichment.runs import lifecycle
from tables import catalog
from tables.imports import job
from tables.models import Column, Import, Table
from workspaces import audit
from workspaces.actors import Actor

_TEXTS = ("url", "body", "run_if")
_PAIRS = ("query", "headers")


def delete(table: Table) -> None:
    """Its runs stop. It can be restored, without them."""
    catalog.delete(table)
    for run in Run.objects.filter(table=table, state__in=Run.OPEN):
        lifecycle.stop(run, "The table was deleted.")


def duplicate(actor: Actor, source: Table) -> Import:
    """A copy with the same columns, settings, rows and results, filled in the background; nothing is run for it."""
    with transaction.atomic():
        copy = Table.objects.create(
            workspace=source.workspace, name=_free_name(source), auto_update=source.auto_update,
            created_by=actor.user, ready=False,
        )  # fmt: skip
        pairs = [(column, _copied(column, copy)) for column in Column.objects.filter(table=source)]
        ids = {old.pk: new.pk for old, new in pairs}
        for http in HttpColumn.objects.filter(column__in=ids):
            config = _referring_to(http.config, ids)
            HttpColumn.objects.create(column_id=ids[http.column_id], connection=http.connection, config=config)
        for found in FormulaColumn.objects.filter(column__in=ids):
            FormulaColumn.objects.create(
                column_id=ids[found.column_id], formula=references.renumbered(found.formula, ids),
                source_id=ids.get(found.source_id or 0, found.source_id), path=found.path,
            )  # fmt: skip
        audit.note(actor.workspace, "table.copied", source.name, source.pk)
        return job.start_copy(actor, source, copy, ids)


def _copied(column: Column, copy: Table) -> Column:
    return Column.objects.create(
        table=copy, name=column.name, type=column.type, position=column.position, width=column.width,
        hidden=column.hidden, pinned=column.pinned,
    )  # fmt: skip


def _free_name(source: Table) -> str:
    """ "Copy of Leads", or with the first free number behind it."""
    wanted = f"Copy of {source.name}"[:190]
    named = Table.objects.filter(workspace=source.workspace, name__startswith=wanted)
    taken = set(named.values_list("name", flat=True))
    number = 1
    while (name := wanted if number == 1 else f"{wanted} {number}") in taken:
        number += 1
    return name


def _referring_to(config: Mapping[str, Any], ids: Mapping[int, int]) -> dict[str, Any]:
    """The settings of an HTTP column with references to the copies."""
    texts = {name: references.renumbered(config[name], ids) for name in _TEXTS if config.get(name)}
    pairs = {
        name: [item | {"value": references.renumbered(item["value"], ids)} for item in config.get(name, ())]
        for name in _PAIRS
    }
    required = [ids.get(int(pk), int(pk)) for pk in config.get("required", ())]
    return {**config, **texts, **pairs, "required": required}
