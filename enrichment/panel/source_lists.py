"""The lists whose items are rows of a table, among its sources: how far they are, and how to end them."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from enrichment import lookup
from enrichment.columns import list_rows
from enrichment.models import ListRows
from enrichment.panel import whole_page
from tables import access
from tables.models import Table
from workspaces.actors import Actor, PageRequest, member
from workspaces.models import Role


def of_table(table: Table) -> list[dict[str, Any]]:
    """Returns what the page shows of each."""
    found = ListRows.objects.filter(table=table).select_related("column__table", "table")
    return [described(stored) for stored in found]


def described(stored: ListRows) -> dict[str, Any]:
    """Returns the list with its column, its table, and how far it is in percent while it is under way."""
    shown = list_rows.as_json(stored)
    progress = shown["progress"]
    percent = progress and int(100 * progress["done"] / max(1, progress["total"]))
    return {"list": stored, "shown": shown, "percent": percent, "is_found": access.is_found(stored.column.table)}


@require_GET
@member()
def progress(request: PageRequest, actor: Actor, list_id: int) -> HttpResponse:
    stored = lookup.list_rows(actor, list_id, Role.EDITOR)
    if whole_page.is_wanted(request):
        return whole_page.with_sources(stored.table_id)
    return render(request, "enrichment/source_list_progress.html", {"item": described(stored)})


@require_POST
@member()
def turn(request: PageRequest, actor: Actor, list_id: int) -> HttpResponse:
    """Turns on or off that new results become rows by themselves."""
    stored = lookup.list_rows(actor, list_id, Role.EDITOR)
    list_rows.change(stored, auto="auto" in request.POST)
    return redirect("sources", stored.table_id)


@require_POST
@member()
def stop(request: PageRequest, actor: Actor, list_id: int) -> HttpResponse:
    stored = lookup.list_rows(actor, list_id, Role.EDITOR)
    list_rows.stop(stored)
    return redirect("sources", stored.table_id)
