"""Rows as the panel finds them: those to choose from, the next one that would be sent, and those that can't be."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from enrichment.engine.errors import InvalidSettings
from enrichment.panel import addresses, forms
from enrichment.panel.addresses import of_column
from enrichment.panel.http import settings_of
from enrichment.preview import estimate
from tables import columns as table_columns
from tables import row_lists, row_order
from tables.models import Column, ColumnType
from workspaces.actors import Actor

AROUND = 4  # rows above and below the one that is shown


@require_GET
@of_column(ColumnType.HTTP)
def around(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """The rows to choose from, beside the one that is shown."""
    number = forms.row_number(request.GET)
    first = max(1, number - AROUND)
    found = row_order.window(column.table_id, first - 1, 2 * AROUND + 1)
    rows = [{"number": place, "name": forms.row_name(row, column)} for place, row in enumerate(found, first)]
    return render(
        request, "enrichment/row_choices.html", addresses.of_http_panel(column) | {"rows": rows, "row": number}
    )


@require_POST
@of_column(ColumnType.HTTP)
def next_sent(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """Points the panel to the next row whose request would be sent."""
    try:
        number = estimate.next_sent(column, settings_of(request, column), forms.row_number(request.POST))
    except InvalidSettings:
        number = None
    return trigger_client_event(HttpResponse(status=204), "marl:row-found", {"row": number})


@require_POST
@of_column(ColumnType.HTTP)
def unsendable(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """Points the grid to the rows among `rows` that the form as it is cannot send: all, or those `like` one row."""
    like = forms.row_number(request.POST, "like") if "like" in request.POST else None
    rows = "all" if request.POST.get("rows") == "all" else "missing"
    try:
        reasons = estimate.unsendable(column, rows, settings_of(request, column), like)
    except InvalidSettings:
        reasons = {}
    what = f"“{forms.name(request.POST)}” can't send"
    words = f"{what} these rows" if like is None else f"{what}: {next(iter(reasons.values()), '')}"
    about = column if column.pk else table_columns.live(column.table)[0]
    shown = row_lists.as_filter(about, reasons) | {"message": words}
    return trigger_client_event(HttpResponse(status=204), "marl:rows-listed", {"rows": len(reasons), "filter": shown})
