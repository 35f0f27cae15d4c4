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
    """Names what is down, with 503. A silent scheduler is no reason for that: pages, imports and runs work without."""
    found = probes.readiness()
    told = {"ok": not found.down, "down": found.down, "scheduler": found.scheduler}
    why = {"problems": found.problems} if found.problems else {}
    return JsonResponse(told | why, status=503 if found.down else 200)


@require_GET
@member(Role.OWNER)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Shows the parts, and the open runs of this workspace alone; the page asks for itself again every few seconds."""
    open_runs = Run.objects.filter(table__workspace=actor.workspace, state__in=Run.OPEN, column__deleted_at=None)
    runners = {"runners_busy": Count("runners__worker_id"), "runners_all": Count("runners")}
    runs = [_described(run) for run in open_runs.select_related("table", "column").annotate(**runners)[:RUNS_SHOWN]]
    context = {
        "parts": probes.probe(),
        "free": probes.data_folder_free(),
        "unwritable": probes.unwritable_folder(),
        "formulas": probes.formulas(),
        "runs": runs,
    }
    return render(request, "enrichment/status.html", context)


def _described(run: Run) -> dict[str, Any]:
    described = progress.as_json(run)
    ended = described["counts"]["total"] - described["counts"]["pending"]
    return described | {"run": run, "ended": ended, "errors": failures.summary(run)[:KINDS_SHOWN]}
