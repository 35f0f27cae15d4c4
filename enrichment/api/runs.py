"""Runs: start, watch, pause, stop."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.models import Run
from enrichment.runs import failures, lifecycle, progress
from workspaces.models import Role

router = Router(tags=["Runs"])


class Start(Schema):
    rows: Any = "missing"


@router.post("/columns/{column_id}/runs", response={202: dict}, summary="Start a run")
def start_run(request: HttpRequest, column_id: str, body: Start) -> Status[dict[str, Any]]:
    """Starts a run of the column for these rows.

    `rows` is `missing`, `failed`, `stale`, `all`, `{"first": n}`, `{"ids": […]}`, `{"all_but": […]}`, `{"view": …}`
    or `{"like": row id}`, which takes all rows that failed in the same way.
    """
    who = actor(request)
    column = lookup.column(who, column_id, Role.EDITOR)
    return Status(202, progress.as_json(lifecycle.plan(column, body.rows, who.user)))


@router.get("/runs", summary="List open runs")
def list_open_runs(request: HttpRequest) -> dict[str, Any]:
    """Returns the runs of all tables that have not ended."""
    runs = Run.objects.filter(table__in=lookup.tables(actor(request)), state__in=Run.OPEN).select_related("column")
    items = [progress.as_json(run) | {"column": run.column.name} for run in runs[: described.LIMIT]]
    return {"items": items, "total": len(items)}


@router.get("/runs/{run_id}", summary="Get a run")
def get_run(request: HttpRequest, run_id: str) -> dict[str, Any]:
    """Returns the run with its progress, and the most frequent reasons for failures as `errors`."""
    run = lookup.run(actor(request), run_id)
    return progress.as_json(run) | {"errors": failures.summary(run)}


@router.get("/tables/{table_id}/runs", summary="List a table's runs")
def list_runs(request: HttpRequest, table_id: str, offset: int = 0, limit: int = 50) -> dict[str, Any]:
    """Returns the runs of the table, newest first."""
    table = lookup.table(actor(request), table_id)
    return described.listed(Run.objects.filter(table=table), offset, limit, progress.as_json)


@router.post("/runs/{run_id}/pause", summary="Pause a run")
def pause_run(request: HttpRequest, run_id: str) -> dict[str, Any]:
    """Pauses the run. Requests that were already sent finish first."""
    return progress.as_json(lifecycle.pause(lookup.run(actor(request), run_id, Role.EDITOR)))


@router.post("/runs/{run_id}/resume", summary="Resume a run")
def resume_run(request: HttpRequest, run_id: str) -> dict[str, Any]:
    """Continues a paused run."""
    return progress.as_json(lifecycle.resume(lookup.run(actor(request), run_id, Role.EDITOR)))


@router.post("/runs/{run_id}/stop", summary="Stop a run")
def stop_run(request: HttpRequest, run_id: str) -> dict[str, Any]:
    """Stops the run for good. Cells that it hasn't reached keep what they hold."""
    return progress.as_json(lifecycle.stop(lookup.run(actor(request), run_id, Role.EDITOR)))
