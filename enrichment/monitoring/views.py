"""Whether this process lives, whether Marl can do its work, and a page that shows the parts to owners."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from enrichment.models import Run
from enrichment.monitoring import probes
from enrichment.runs import failures, progress
from workspaces.actors import Actor, member
from workspaces.models import Role

RUNS_SHOWN = 20
KINDS_SHOWN = 3  # of the failures of a run


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


def ready(request: HttpRequest) -> JsonResponse:
    """503 names what is down. A silent scheduler is told but stops nobody: pages, imports and runs go on without it."""
    down, scheduler = probes.readiness()
    return JsonResponse({"ok": not down, "down": down, "scheduler": scheduler}, status=503 if down else 200)


@require_GET
@member(Role.OWNER)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """With the open runs of this workspace alone; asks for itself again every few seconds."""
    mine = Run.objects.filter(table__workspace=actor.workspace, state__in=Run.OPEN, column__deleted_at=None)
    runners = {"runners_busy": Count("runners__worker_id"), "runners_all": Count("runners")}
    shown = mine.select_related("table", "column").annotate(**runners)[:RUNS_SHOWN]
    told = {"parts": probes.probe(), "free": probes.data_folder_free(), "runs": [_under_way(run) for run in shown]}
    return render(request, "enrichment/status.html", told)


def _under_way(run: Run) -> dict[str, Any]:
    told = progress.as_json(run)
    ended = told["counts"]["total"] - told["counts"]["pending"]
    return told | {"run": run, "ended": ended, "errors": failures.summary(run)[:KINDS_SHOWN]}
