"""The side panel of an HTTP column: its settings, tried on one row, saved, run."""

from collections.abc import Mapping
from typing import Any, get_args

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from enrichment.columns import http as http_columns
from enrichment.engine.errors import InvalidSettings
from enrichment.engine.importers import curl
from enrichment.models import Run
from enrichment.panel import addresses, forms
from enrichment.panel.addresses import of_column
from enrichment.panel.connections import choices as connection_choices
from enrichment.panel.forms import PanelForm
from enrichment.preview import estimate as estimates
from enrichment.preview import one_row
from enrichment.runs import lifecycle, progress
from enrichment.schema import Method
from tables import columns as table_columns
from tables import row_order
from tables.models import CellState, Column, ColumnType, Table
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.refusals import Refused


@require_http_methods(["GET", "POST"])
@of_column(ColumnType.HTTP)
def panel(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    if request.method == "POST":
        return _save(request, actor, column)
    name = column.name or table_columns.unique_name(column.table, "HTTP API")
    return render_panel(request, actor, column, PanelForm(name, http_columns.shown(column)))


@require_POST
@of_column(ColumnType.HTTP)
def preview(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    context: dict[str, Any] = {"row": forms.row_number(request.POST)}
    try:
        outcome = one_row.preview(column, _row_id(request, column), settings_of(request, column))
        context |= outcome | {"sent": outcome["request"], "curl": _curl(outcome["request"])}
    except Refused as refusal:
        context |= {"reason": str(refusal), "problems": []}
    return render(request, "enrichment/preview.html", context)


@require_POST
@of_column(ColumnType.HTTP)
def test(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    context: dict[str, Any] = {"row": forms.row_number(request.POST), "problems": []}
    try:
        outcome = one_row.send(column, _row_id(request, column), settings_of(request, column))
        attempts = [attempt | {"curl": _curl(attempt["request"])} for attempt in outcome["attempts"]]
        context |= {**outcome, "attempts": attempts, "state_label": CellState(outcome["cell"]["state"]).label}
    except Refused as refusal:
        context["reason"] = str(refusal)
    except InvalidSettings as error:
        context |= {"reason": forms.fix_first(error.problems), "problems": error.problems}
    return render(request, "enrichment/test_result.html", context)


@require_POST
@of_column(ColumnType.HTTP)
def choices(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """The rows that can be run, with how many each choice names, and what a run would do with the form as it is."""
    rows = {name: estimates.rows_of(column, scope) for name, scope in forms.SCOPES.items()}
    context = {"choices": rows, **_estimate(column, settings_of(request, column))}
    return render(request, "enrichment/run_choices.html", context)


@require_GET
@of_column(ColumnType.HTTP)
def estimate(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """What "rows with no result" would do, with the saved settings."""
    return render(request, "enrichment/estimate.html", _estimate(column))


def _estimate(column: Column, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Of the rows with no result; the reason for settings that cannot run."""
    try:
        return {"estimate": estimates.estimate(column, "missing", config)}
    except (InvalidSettings, Refused) as error:
        return {"reason": str(error)}


def settings_of(request: HttpRequest, column: Column) -> dict[str, Any]:
    """Returns the config that the form holds, over what it leaves out."""
    return forms.column_settings(request.POST, http_columns.shown(column))


def _save(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    name, config = forms.name(request.POST), settings_of(request, column)
    try:
        saved = forms.store(column, name, config)
    except (InvalidSettings, Refused) as error:
        return render_panel(request, actor, column, PanelForm(name, config, problems=forms.problems_of(error)))
    return _saved(request, actor, saved)


def _saved(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    notice, run = "Saved.", None
    scope = forms.SCOPES.get(request.POST.get("then", ""))
    if scope is not None:
        try:
            run = lifecycle.plan(column, scope, actor.user)
            notice = f"Saved. Running {run.total:,} {'row' if run.total == 1 else 'rows'}…"
        except Refused as refusal:
            notice = f"Saved, but not run: {refusal}"
    column.refresh_from_db()
    answer = render_panel(request, actor, column, PanelForm(column.name, http_columns.shown(column), notice))
    return _announced(answer, column, run)


def _announced(answer: HttpResponse, column: Column, run: Run | None) -> HttpResponse:
    """Lets the grid know that the column changed, and that it runs."""
    trigger_client_event(answer, "marl:columns-changed", {"columnId": column.pk})
    if run:
        trigger_client_event(answer, "marl:run-started", {"run": progress.as_json(run)})
    return answer


def render_panel(request: HttpRequest, actor: Actor, column: Column, form: PanelForm) -> HttpResponse:
    """422 with the form when something is wrong with it."""
    new_host, problems = forms.split_host(form.problems)
    context = {
        **addresses.of_http_panel(column),
        "name": form.name,
        "config": form.config,
        "notice": form.notice,
        "limit": forms.limit_sentence(form.config["rate_limit"]),
        "problems": problems,
        "new_host": new_host,
        "unsaved": form.unsaved or bool(form.problems),
        "table": column.table,
        "column": column if column.pk else None,
        "methods": get_args(Method),
        "connections": connection_choices(actor),
        "references": forms.references(column),
        "row": _row_number(request, column.table),
        "then": request.POST.get("then", ""),
        "can_edit": actor.role != Role.VIEWER,
    }
    return render(request, "enrichment/panel.html", context, status=422 if form.problems else 200)


def _row_number(request: HttpRequest, table: Table) -> int:
    return min(forms.row_number(request.POST or request.GET), max(1, table.row_count))


def _row_id(request: HttpRequest, column: Column) -> int:
    """Raises Refused."""
    number = forms.row_number(request.POST)
    row = row_order.window(column.table_id, number - 1, 1).only("pk").first()
    if row is None:
        raise Refused(f"There is no row {number:,}.", code="not_found")
    return row.pk


def _curl(request: Mapping[str, Any] | None) -> str:
    return curl.write(request["method"], request["url"], request["headers"], request["body"]) if request else ""
