"""Runs: start, watch, pause, stop."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Status
from pydantic import Field

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.models import Run
from enrichment.runs import failures, lifecycle, progress
from workspaces.models import Role

router = Router(tags=["Runs"])


class Start(Body):
    rows: Any = "missing"
    ask_again: bool = False


class StartSeveral(Body):
    columns: list[int | str] = Field(min_length=1)
    rows: Any = "missing"


@router.post("/columns/{column_id}/runs", response={202: dict}, summary="Start a run")
def start_run(request: HttpRequest, column_id: str, body: Start) -> Status[dict[str, Any]]:
    """Starts a run of the column for these rows.

    `rows` is `missing`, `failed`, `stale`, `all`, `{"first": n}`, `{"ids": […]}`, `{"all_but": […]}`, `{"view": …}`
    or `{"like": row id}`, which takes all rows that failed in the same way.

    With `ask_again`, rows that the API has accepted before are asked for again, and not sent again. So are those of
    `missing`, `failed` and `stale` as long as their inputs are the same.
    """
    who = actor(request)
    column = lookup.column(who, column_id, Role.EDITOR)
    return Status(202, progress.as_json(lifecycle.plan(column, body.rows, who.user, ask_again=body.ask_again)))


@router.post("/tables/{table_id}/runs", response={202: dict}, summary="Start runs of several columns")
def start_runs(request: HttpRequest, table_id: str, body: StartSeveral) -> Status[dict[str, Any]]:
    """Starts a run of each of these HTTP columns for the same rows, a column after those that it needs, or none."""
    who = actor(request)
    table = lookup.table(who, table_id, Role.EDITOR)
    columns = [lookup.column(who, pk, Role.EDITOR) for pk in dict.fromkeys(body.columns)]
    if any(column.table_id != table.pk for column in columns):
        raise Http404
    items = [progress.as_json(run) for run in lifecycle.plan_several(columns, body.rows, who.user)]
    return Status(202, {"items": items})


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
def list_runs(
    request: HttpRequest, table_id: str, offset: int = 0, limit: int = 50, automatic: bool | None = None
) -> dict[str, Any]:
    """Returns the runs of the table, newest first, with who started each as `started_by`: a person, or “Schedule”.

    `automatic` leaves out the runs that someone started, or the others.
    """
    runs = Run.objects.filter(table=lookup.table(actor(request), table_id)).select_related("created_by")
    chosen = runs if automatic is None else runs.filter(automatic=automatic)
    return described.listed(chosen, offset, limit, _listed)


def _listed(run: Run) -> dict[str, Any]:
    started_by = str(run.created_by) if run.created_by else None
    return progress.as_json(run) | {"started_by": "Schedule" if run.scheduled else started_by}


@router.get("/tables/{table_id}/runs/automatic", summary="Sum up automatic runs")
def sum_automatic_runs(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns for each column what its automatic runs did: how many `runs`, `counts`, and when the `last`."""
    return {"items": progress.automatic(lookup.table(actor(request), table_id))}


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
