"""Whether this process lives, whether Marl can do its work, and a page that shows the parts to owners."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from enrichment import runs, status
from enrichment.models import Run
from workspaces.actors import Actor, member
from workspaces.models import Role


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


def ready(request: HttpRequest) -> JsonResponse:
    """503 names what is down."""
    checks = {"database": status.database_answers, "redis": status.redis_answers}
    down = [name for name, answers in checks.items() if not answers()]
    if "redis" in down or not status.a_worker_answers():
        down.append("worker")
    return JsonResponse({"ok": not down, "down": down}, status=503 if down else 200)


@require_GET
@member(Role.OWNER)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """With the open runs of this workspace alone."""
    mine = Run.objects.filter(table__workspace=actor.workspace, state__in=runs.OPEN, column__deleted_at=None)
    under_way = [(run, runs.as_json(run)) for run in mine.select_related("table", "column")[:50]]
    return render(request, "enrichment/status.html", {"parts": status.look(), "runs": under_way})
