"""The pages of this room: all tables, and one."""

from django.conf import settings
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tables.models import Column, Import, Table
from workspaces.actors import Actor, member
from workspaces.models import Role

RUNNING = (Import.State.QUEUED, Import.State.RUNNING)


@member()
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    tables = Table.objects.filter(workspace=actor.workspace, ready=True).order_by("-updated_at", "-pk")
    return render(
        request,
        "tables/home.html",
        {
            "tables": tables.annotate(column_count=Count("columns", filter=Q(columns__deleted_at=None))),
            "imports": Import.objects.filter(workspace=actor.workspace, state__in=RUNNING).order_by("pk"),
            "actor": actor,
            "can_edit": actor.role != Role.VIEWER,
            "has_sample": bool(settings.SAMPLE_API_URL),
        },
    )


@member()
def table(request: HttpRequest, actor: Actor, table_id: int) -> HttpResponse:
    found = Table.objects.filter(workspace=actor.workspace, ready=True, pk=table_id).first()
    if found is None:
        raise Http404
    can_edit = actor.role != Role.VIEWER
    columns = list(Column.objects.filter(table=found))
    return render(
        request,
        "tables/table.html",
        {
            "table": found,
            "columns": columns,
            "actor": actor,
            "can_edit": can_edit,
            "boot": {"table": _for_browser(found, columns), "can_edit": can_edit, "home": reverse("home")},
        },
    )


def _for_browser(table: Table, columns: list[Column]) -> dict[str, object]:
    return {
        "id": table.pk, "name": table.name, "row_count": table.row_count, "auto_update": table.auto_update,
        "columns": [
            {
                "id": column.pk, "name": column.name, "type": column.type, "position": column.position,
                "width": column.width, "hidden": column.hidden, "pinned": column.pinned,
                "config": {}, "counts": {}, "stale": 0,
            }
            for column in columns
        ],
    }  # fmt: skip
