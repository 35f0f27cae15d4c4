"""Sources: APIs whose lists fill a table."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Status

from enrichment import lookup
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.models import Source
from enrichment.sources import preview, runs, settings
from tables.imports import uploads
from workspaces.models import Role

router = Router(tags=["Sources"])


class Settings(Body):
    """`config` is a request as that of an HTTP column, without references, and `items`, where its list is.

    `columns` are [{"path", "column"}]; with a "type", a column that the table lacks is made.
    """

    config: dict[str, Any] | None = None
    columns: list[dict[str, Any]] | None = None
    key: list[str | int] | None = None
    on_match: str | None = None
    keep_blank: bool | None = None


class SourceChange(Settings):
    name: str | None = None
    schedule: dict[str, Any] | None = None


class NewSource(SourceChange):
    name: str
    kind: Literal["http"] = "http"


@router.get("/tables/{table_id}/sources", summary="List sources")
def list_sources(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns the HTTP sources of the table, each with its last run. Its webhook is at `/tables/{id}/hook`."""
    table = lookup.table(actor(request), table_id)
    items = [_shown(source) for source in Source.objects.filter(table=table).select_related("table")]
    return {"items": items, "total": len(items)}


@router.post("/tables/{table_id}/sources", response={201: dict}, summary="Create a source")
def create_source(request: HttpRequest, table_id: str, body: NewSource) -> Status[dict[str, Any]]:
    """Creates a source. Nothing is fetched before a run."""
    who = actor(request)
    table = lookup.table(who, table_id, Role.EDITOR)
    given = body.dict(exclude_none=True, exclude={"name", "kind"})
    return Status(201, _shown(settings.create(table, who.user, body.name, given)))


@router.get("/sources/{source_id}", summary="Get a source")
def get_source(request: HttpRequest, source_id: str) -> dict[str, Any]:
    """Returns the settings of a source and its last run."""
    return _shown(lookup.source(actor(request), source_id))


@router.patch("/sources/{source_id}", summary="Change a source")
def change_source(request: HttpRequest, source_id: str, body: SourceChange) -> dict[str, Any]:
    """Changes only what is sent, also inside `config`. `"schedule": null` ends the schedule."""
    source = lookup.source(actor(request), source_id, Role.EDITOR)
    times = body.schedule if "schedule" in body.model_fields_set else source.schedule
    settings.save(source, source.name if body.name is None else body.name, _over(source, body) | {"schedule": times})
    return _shown(source)


@router.delete("/sources/{source_id}", response={204: None}, summary="Delete a source")
def delete_source(request: HttpRequest, source_id: str) -> Status[None]:
    """Deletes a source with its history. Its rows stay, and its imports can still be undone."""
    settings.delete(lookup.source(actor(request), source_id, Role.EDITOR))
    return Status(204, None)


@router.post("/sources/{source_id}/preview", summary="Preview a source")
def preview_source(request: HttpRequest, source_id: str, body: Settings) -> dict[str, Any]:
    """Sends the request, and returns the first 20 rows as they would land, with these settings over the stored ones.

    `becomes` says of each row what it would be: added, updated, skipped or left_out. `fields` are what the items have,
    each with the `name` and `type` of a column for it.
    """
    source = lookup.source(actor(request), source_id, Role.EDITOR)
    draft = settings.draft(source.table, _over(source, body))
    return preview.shown(draft, preview.fetch(draft, source.pk))


@router.post("/sources/{source_id}/runs", response={202: dict}, summary="Run a source")
def run_source(request: HttpRequest, source_id: str) -> Status[dict[str, Any]]:
    """Fetches the source in the background, and returns the import of its rows. Answers 409 while it is under way."""
    who = actor(request)
    started = runs.start(lookup.source(who, source_id, Role.EDITOR), who.user)
    return Status(202, uploads.as_json(started.import_job))


@router.get("/sources/{source_id}/runs", summary="List the runs of a source")
def list_runs(request: HttpRequest, source_id: str) -> dict[str, Any]:
    """Returns the last 50 imports of the source, the newest first.

    `failure` is the last request of one that failed, and its answer.
    """
    items = [runs.as_json(run) for run in runs.of_source(lookup.source(actor(request), source_id))]
    return {"items": items, "total": len(items)}


def _over(source: Source, body: Settings) -> dict[str, Any]:
    """Returns what is given over what is stored."""
    stored = settings.shown(source)
    given = {name: value for name in settings.SETTINGS if (value := getattr(body, name)) is not None}
    return {**stored, **given, "config": {**stored["config"], **(body.config or {})}}


def _shown(source: Source) -> dict[str, Any]:
    last = runs.of_source(source).first()
    return settings.as_json(source) | {"last_run": last and runs.as_json(last)}
