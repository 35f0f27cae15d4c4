"""The side panel of look-up columns: which rows of which table are found, with results on the first rows."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from enrichment import lookup
from enrichment.columns import lookups as lookup_columns
from enrichment.engine.errors import InvalidSettings
from enrichment.engine.template import references
from enrichment.models import LookupColumn
from enrichment.panel import addresses, forms, saving
from enrichment.panel.addresses import of_column
from enrichment.panel.forms import PanelForm
from enrichment.panel.formula import shown_result
from tables import access, row_order
from tables import columns as table_columns
from tables.models import Column, ColumnType, Table
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.refusals import Refused

NEW = "Look-up"


@require_http_methods(["GET", "POST"])
@of_column(ColumnType.LOOKUP)
def panel(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    return saving.answer(
        request,
        column,
        shown=lookup_columns.shown,
        fresh=lambda: PanelForm(_unnamed(column), _suggested(actor, column.table)),
        sent=lambda: _sent(request, column),
        render=lambda of, form: _render(request, actor, of, form),
    )


def _unnamed(column: Column) -> str:
    """Returns the name that a new column has until somebody chooses one."""
    return table_columns.unique_name(column.table, NEW)


@require_POST
@of_column(ColumnType.LOOKUP)
def fields(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """The fields that depend on the table, for another one."""
    target = lookup.tables(actor).filter(pk=_number(request.POST.get("table_id"))).first()
    config = _guessed(column.table, target) if target else {}
    return render(request, "enrichment/lookup_fields.html", _fields(actor, column, config))


@require_POST
@of_column(ColumnType.LOOKUP)
def results(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """What the first rows would become with the form as it is."""
    context: dict[str, Any] = {"results": [], "problems": [], "fix_first": "Fill in the form to see results"}
    try:
        draft = lookup_columns.draft(column, _settings(request))
        offsets = row_order.offsets(item.row for item in draft.rows)
        context["results"] = [shown_result(item, offsets[item.row.pk]) for item in draft.rows]
    except (InvalidSettings, Refused) as error:
        context["problems"] = forms.problems_of(error)
    return render(request, "enrichment/formula_results.html", context)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def _settings(request: HttpRequest) -> dict[str, Any]:
    form = request.POST
    many = forms.text(form, "many") or LookupColumn.Many.FIRST
    take = references.joined(forms.text(form, "take"), forms.text(form, "take_path"))
    match = {"column": forms.text(form, "match.column"), "value": forms.lines(form, "match.value").strip()}
    take_or_none = None if many == LookupColumn.Many.COUNT else take
    return {"table_id": _number(form.get("table_id")), "match": match, "take": take_or_none, "many": many}


def _suggested(actor: Actor, table: Table) -> dict[str, Any]:
    """Returns settings to begin with: the other table that was changed last, by a column that both have."""
    target = lookup.tables(actor).exclude(pk=table.pk).order_by("-updated_at", "-pk").first() or table
    return _guessed(table, target)


def _guessed(table: Table, target: Table) -> dict[str, Any]:
    here, there = table_columns.live(table), table_columns.live(target)
    ours = {column.name.casefold(): column.name for column in here}
    common = next((column for column in there if column.name.casefold() in ours), None)
    match = common or next(iter(there), None)
    value = ours.get(match.name.casefold(), "") if match else ""
    named = "{{" + references.escaped(value) + "}}" if value else ""
    return {
        "table_id": target.pk,
        "match": {"column": match.name if match else "", "value": named},
        "take": "",
        "many": LookupColumn.Many.FIRST,
    }


def _fields(actor: Actor, column: Column, config: dict[str, Any]) -> dict[str, Any]:
    """Returns what the fields show that depend on the table."""
    target = access.every(actor).filter(pk=config.get("table_id") or 0).first()
    there = [other for other in table_columns.live(target) if other != column] if target else []
    ids = {other.name: other.pk for other in there}
    take = references.split(str(config.get("take") or ""), ids)
    names = {other.pk: other.name for other in there}
    taken, path = (names[take[0]], take[1]) if take else (str(config.get("take") or ""), "")
    match = config.get("match") or {}
    return {
        "target": target,
        "columns": there,
        "match": match,
        "match_is_gone": bool(match.get("column")) and match["column"] not in (lookup_columns.ROW_NAME, *ids),
        "take": taken,
        "take_is_gone": bool(taken) and taken not in ids,
        "take_path": path,
    }


def _sent(request: HttpRequest, column: Column) -> PanelForm:
    name, config = forms.name(request.POST), _settings(request)
    if not column.pk and name == _unnamed(column) and config["take"]:
        name = table_columns.unique_name(column.table, forms.text(request.POST, "take"))
    return PanelForm(name, config)


def _render(request: HttpRequest, actor: Actor, column: Column, form: PanelForm) -> HttpResponse:
    """422 with the form when something is wrong with it."""
    tables = list(lookup.tables(actor).order_by("name", "pk"))
    is_shared = all(access.is_found(read) for read in Table.objects.filter(pk__in=lookup_columns.target_ids(column)))
    context = {
        **addresses.of_lookup_panel(column),
        **_fields(actor, column, dict(form.config)),
        **saving.context(column, form, lookup_columns.shown),
        "tables": tables,
        "table_is_gone": form.config.get("table_id") not in {table.pk for table in tables},
        "ways": LookupColumn.Many.choices,
        "is_shared": is_shared,
        "can_edit": is_shared and actor.role != Role.VIEWER,
    }
    return render(request, "enrichment/lookup_panel.html", context, status=422 if form.is_refused else 200)
