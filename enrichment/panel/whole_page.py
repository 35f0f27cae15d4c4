"""The address of a part of a page, opened in a browser by hand: it leads to the page of its table with that part."""

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from tables.models import Column, ColumnType
from workspaces.actors import PageRequest

_PANELS = {ColumnType.HTTP: "column_panel", ColumnType.LOOKUP: "lookup_panel"}
_NEW_PANELS = {ColumnType.HTTP: "new_panel", ColumnType.LOOKUP: "new_lookup_panel"}


def is_wanted(request: PageRequest) -> bool:
    """Whether a browser asks for a page, and not a page for a part of itself."""
    return request.method == "GET" and not request.htmx and "text/html" in request.headers.get("Accept", "")


def with_panel(table_id: int, panel: str) -> HttpResponse:
    """Leads to the page of the table with the panel of this address."""
    return HttpResponseRedirect(f"{reverse('table', args=[table_id])}?{urlencode({'panel': panel})}")


def with_sources(table_id: int) -> HttpResponse:
    return with_panel(table_id, reverse("sources", args=[table_id]))


def with_column(column: Column) -> HttpResponse:
    """Leads to the page of its table with the settings of the column, or of a new one of its type."""
    kind = ColumnType(column.type)
    if column.pk:
        panel = reverse(_PANELS.get(kind, "formula_panel"), args=[column.pk])
    elif kind in _NEW_PANELS:
        panel = reverse(_NEW_PANELS[kind], args=[column.table_id])
    else:
        panel = reverse("new_formula_panel", args=[column.table_id, kind])
    return with_panel(column.table_id, panel)
