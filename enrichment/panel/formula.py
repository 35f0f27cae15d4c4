"""The side panel of formula and field columns: their settings, with live results on the first rows."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from enrichment.columns import formula as formula_columns
from enrichment.columns.formula import PreviewedRow
from enrichment.engine.errors import InvalidSettings
from enrichment.engine.formula import SandboxBusy
from enrichment.engine.template.values import as_text
from enrichment.graph import FORMULA_TYPES
from enrichment.panel import addresses, forms, formula_examples, saving
from enrichment.panel.addresses import of_column
from enrichment.panel.forms import PanelForm
from tables import columns as table_columns
from tables import row_order
from tables.models import CellState, Column, ColumnType
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.refusals import Refused

LONGEST_SHOWN = 300  # characters of a result


@require_http_methods(["GET", "POST"])
@of_column(*FORMULA_TYPES)
def panel(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    return saving.answer(
        request,
        column,
        shown=formula_columns.shown,
        fresh=lambda: _fresh(request, column),
        sent=lambda: PanelForm(forms.name(request.POST), _settings(request, column)),
        render=lambda of, form: _render(request, actor, of, form),
    )


@require_POST
@of_column(*FORMULA_TYPES)
def results(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """What the first rows would become with the form as it is."""
    context: dict[str, Any] = {"results": [], "problems": []}
    try:
        draft = formula_columns.draft(column, _settings(request, column))
        offsets = row_order.offsets(item.row for item in draft.rows)
        context["results"] = [shown_result(item, offsets[item.row.pk]) for item in draft.rows]
        context["problems"] = [item.problem for item in draft.rows if item.problem] + draft.warnings
    except (InvalidSettings, Refused, SandboxBusy) as error:
        context["problems"] = forms.problems_of(error)
    return render(request, "enrichment/formula_results.html", context)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _settings(request: HttpRequest, column: Column) -> dict[str, Any]:
    if column.type == ColumnType.FORMULA:
        return {"formula": forms.formula(request.POST, "formula")}
    source = _number(request.POST.get("source"))
    path, default = forms.text(request.POST, "path"), forms.formula(request.POST, "default")
    return {"source": source or "", "path": path, "default": default}


def _fresh(request: HttpRequest, column: Column) -> PanelForm:
    config = {"source": _number(request.GET.get("source")), "path": request.GET.get("path", "")}
    name = table_columns.unique_name(column.table, request.GET.get("name", "") or ColumnType(column.type).label)
    return PanelForm(name, config)


def _render(request: HttpRequest, actor: Actor, column: Column, form: PanelForm) -> HttpResponse:
    """422 with the form when something is wrong with it."""
    context = {
        **addresses.of_formula_panel(column),
        **saving.context(column, form, formula_columns.shown),
        "examples": formula_examples.of_columns(forms.others(column)),
        "sources": sorted(forms.others(column), key=lambda other: not other.is_computed),
        "can_edit": actor.role != Role.VIEWER,
    }
    return render(request, "enrichment/formula_panel.html", context, status=422 if form.is_refused else 200)


def shown_result(row: PreviewedRow, offset: int) -> dict[str, Any]:
    """Returns a line of the results: its number, and the value or what went wrong."""
    text = as_text(row.result.value)
    return {
        "number": offset + 1,
        "text": text[:LONGEST_SHOWN] + ("…" if len(text) > LONGEST_SHOWN else ""),
        "is_wrong": row.result.state in (CellState.FAILED, CellState.MISSING_INPUT),
        "message": row.result.error_message,
    }
