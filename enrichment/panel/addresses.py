"""Between addresses and columns: which column a panel is for, and where the parts of its form are sent."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse

from enrichment import lookup
from enrichment.panel import whole_page
from tables import access
from tables.models import Column, ColumnType
from workspaces.actors import Actor, PageRequest, member
from workspaces.models import Role

type ColumnView = Callable[[PageRequest, Actor, Column], HttpResponse]


def of_column(*types: ColumnType) -> Callable[[ColumnView], Callable[..., HttpResponse]]:
    """Calls a view with the column at the address, or with a new one for the table there, not saved yet.

    The actor has the role that they have in the table. Viewers may look at the settings of a column; everything else is
    for editors.
    """

    def decorate(view: ColumnView) -> Callable[..., HttpResponse]:
        @wraps(view)
        @member()
        def resolved(request: PageRequest, actor: Actor, /, **address: Any) -> HttpResponse:
            column = _column_at(actor, **({"kind": types[0]} | address))
            if column.type not in types:
                raise Http404
            actor = access.within(actor, column.table)
            if request.method != "GET" or not column.pk:
                actor.require(Role.EDITOR)
            if whole_page.is_wanted(request):
                return whole_page.with_column(column)
            return view(request, actor, column)

        return resolved

    return decorate


def _column_at(actor: Actor, *, kind: str, table_id: int | None = None, column_id: int | None = None) -> Column:
    if column_id is not None:
        return lookup.column(actor, column_id)
    if table_id is not None:
        return Column(table=lookup.table(actor, table_id), type=kind)
    raise Http404


def of_http_panel(column: Column) -> dict[str, str]:
    """Returns where the form is saved, previewed, tested, filled and estimated."""
    kind, args = ("column", [column.pk]) if column.pk else ("new", [column.table_id])
    addresses = {
        f"{verb}_url": reverse(f"{verb}_{kind}", args=args)
        for verb in (
            "preview",
            "next",
            "test",
            "called",
            "paste",
            "choices",
            "operations",
            "fill",
            "unsendable",
            "rows",
        )
    }
    addresses["save_url"] = reverse("column_panel" if column.pk else "new_panel", args=args)
    of_saved = ("estimate", "answer") if column.pk else ()
    return addresses | {f"{verb}_url": reverse(f"{verb}_column", args=args) for verb in of_saved}


def of_lookup_panel(column: Column) -> dict[str, str]:
    """Returns where the form is saved and tried, and where the fields of another table come from."""
    kind, args = ("", [column.pk]) if column.pk else ("new_", [column.table_id])
    return {
        "save_url": reverse(f"{kind}lookup_panel", args=args),
        "try_url": reverse(f"try_{kind}lookup", args=args),
        "fields_url": reverse(f"{kind}lookup_fields", args=args),
    }


def of_formula_panel(column: Column) -> dict[str, str]:
    """Returns where the form is saved and tried."""
    names = ("formula_panel", "try_formula") if column.pk else ("new_formula_panel", "try_new_formula")
    args: list[object] = [column.pk] if column.pk else [column.table_id, column.type]
    return {field: reverse(name, args=args) for field, name in zip(("save_url", "try_url"), names, strict=True)}
