"""The pages of tables: the list of all, one, and the trash."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tables import access, columns, deletions, events, row_queries, saved_views, summaries, view_links
from tables.imports.readers import formats
from tables.models import Column, Edit, Import, Table
from workspaces import ids
from workspaces.actors import Actor, member
from workspaces.models import Role
from workspaces.refusals import Refused

SHOWN = 200  # lines of a page of the trash
UNDER_WAY = (Import.State.FETCHING, Import.State.QUEUED, Import.State.RUNNING)


@member()
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    tables = access.live(actor).order_by("-updated_at", "-pk")
    context = {
        "tables": tables.select_related("created_by").annotate(errors=row_queries.error_count()),
        "imports": access.imports(actor).filter(state__in=UNDER_WAY).order_by("pk"),
        "actor": actor,
        "can_edit": actor.role != Role.VIEWER,
        "edited": set(access.edited(actor).values_list("pk", flat=True)),
        "has_sample": bool(settings.SAMPLE_API_URL),
        "accepted": ",".join(formats.READERS),
    }
    return render(request, "tables/home.html", context)


@member()
def table(request: HttpRequest, actor: Actor, table_id: int) -> HttpResponse:
    table = get_object_or_404(access.live(actor), pk=table_id)
    actor = access.within(actor, table)
    can_edit = actor.role != Role.VIEWER
    position = events.position(table.pk)  # before anything of it is read
    live = columns.live(table)
    context = {
        "table": table,
        "columns": live,
        "actor": actor,
        "can_edit": can_edit,
        "imports": Import.objects.filter(target=table, state__in=UNDER_WAY).order_by("pk"),
        "accepted": ",".join(formats.READERS),
        "boot": {
            "table": _as_json(table, live),
            "views": [saved_views.as_json(view, live) for view in saved_views.live(table)],
            "can_edit": can_edit,
            "home": reverse("home"),
            "summaries": summaries.chosen(table, actor.user),
            "under_way": _under_way(table),
            "position": position,
        },
    }
    return render(request, "tables/table.html", context)


@never_cache
@require_GET
def shared_view(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever has the link; nothing but the rows of this view is in reach."""
    view = view_links.find(token)
    if view is None:
        return _unlisted(request, "tables/shared_ended.html", {}, 404)
    try:
        page = view_links.read(view, ids.parse(request.GET.get("offset", "")) or 0)
    except Refused as refusal:
        return _unlisted(request, "tables/shared_ended.html", {"why": refusal}, 409)
    return _unlisted(request, "tables/shared.html", {"view": view, "page": page}, 200)


def _unlisted(request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    """Returns a page that search engines leave out, and whose address no other page learns."""
    response = render(request, template, context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


@member()
def trash(request: HttpRequest, actor: Actor) -> HttpResponse:
    offset = ids.parse(request.GET.get("offset", "")) or 0
    shown = list(deletions.listed(actor)[offset : offset + SHOWN + 1])
    edited = set(access.edited(actor).values_list("pk", flat=True))
    context = {
        "items": [(deletion, deletions.why_not(deletion)) for deletion in shown[:SHOWN]],
        "older": offset + SHOWN if len(shown) > SHOWN else None,
        "actor": actor,
        "edited": edited,
        "can_edit": bool(edited),
        "days": deletions.KEPT_FOR.days,
    }
    return render(request, "tables/trash.html", context)


def _under_way(table: Table) -> list[dict[str, Any]]:
    """Returns what a worker does with its rows, so that whoever opens the page sees how far it is."""
    moves = table.deletions.exclude(move="").values_list("pk", "move")
    edits = Edit.objects.filter(table=table, heartbeat_at__isnull=False).values_list("pk", "how")
    undone = Import.objects.filter(target=table, undo_heartbeat_at__isnull=False).values_list("pk", "name")
    kinds = (("move", moves), ("edit", edits), ("undo", undone))
    return [{"kind": kind, "id": pk, "name": name} for kind, works in kinds for pk, name in works]


def _as_json(table: Table, columns: list[Column]) -> dict[str, Any]:
    """Returns what the browser draws the grid from before it has asked the API for settings and counts."""
    return {
        "id": table.pk,
        "name": table.name,
        "row_count": table.row_count,
        "auto_update": table.auto_update,
        "columns": [
            {
                "id": column.pk,
                "name": column.name,
                "type": column.type,
                "position": column.position,
                "width": column.width,
                "fitted": column.fitted,
                "hidden": column.hidden,
                "pinned": column.pinned,
                "config": {},
                "counts": {},
                "stale": 0,
                "handed_down": 0,
            }
            for column in columns
        ],
    }
