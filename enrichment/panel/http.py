"""The side panel: an HTTP column's settings, tried on one row, saved, run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrichment import graph, lookup
from enrichment.columns import http as http_columns
from enrichment.columns import lifecycle as computed_columns
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.importers import curl, openapi
from enrichment.models import Run
from enrichment.panel import documents, forms
from enrichment.panel.connections import choices
from enrichment.preview import estimate, one_row
from enrichment.runs import lifecycle, progress
from enrichment.schema import Method
from tables import columns as table_columns
from tables import row_order
from tables.models import CellState, Column, ColumnType, Table
from workspaces.actors import Actor, member
from workspaces.models import Role
from workspaces.refusals import Refused

type Target = Column | Table


@require_http_methods(["GET", "POST"])
@member()
def new_panel(request: HttpRequest, actor: Actor, table_id: int) -> HttpResponse:
    table = lookup.table(actor, table_id, Role.EDITOR)
    if request.method == "POST":
        return _save(request, actor, table)
    name = table_columns.unique_name(table, "HTTP API")
    return _panel(request, actor, table, {"name": name, "config": http_columns.defaults()})


@require_http_methods(["GET", "POST"])
@member()
def column_panel(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    column = _http_column(actor, column_id)
    if request.method == "POST":
        actor.require(Role.EDITOR)
        return _save(request, actor, column)
    return _panel(request, actor, column, {"name": column.name, "config": http_columns.shown(column)})


@require_POST
@member(Role.EDITOR)
def preview_new(request: HttpRequest, actor: Actor, table_id: int) -> HttpResponse:
    return _preview(request, lookup.table(actor, table_id))


@require_POST
@member(Role.EDITOR)
def preview_column(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    return _preview(request, _http_column(actor, column_id))


@require_POST
@member(Role.EDITOR)
def test_new(request: HttpRequest, actor: Actor, table_id: int) -> HttpResponse:
    return _test(request, lookup.table(actor, table_id))


@require_POST
@member(Role.EDITOR)
def test_column(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    return _test(request, _http_column(actor, column_id))


@require_POST
@member(Role.EDITOR)
def paste_new(request: HttpRequest, actor: Actor, table_id: int) -> HttpResponse:
    return _paste(request, actor, lookup.table(actor, table_id))


@require_POST
@member(Role.EDITOR)
def paste_column(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    return _paste(request, actor, _http_column(actor, column_id))


@require_POST
@member(Role.EDITOR)
def operations_new(request: HttpRequest, actor: Actor, table_id: int) -> HttpResponse:
    return _operations(request, lookup.table(actor, table_id))


@require_POST
@member(Role.EDITOR)
def operations_column(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    return _operations(request, _http_column(actor, column_id))


@require_POST
@member(Role.EDITOR)
def fill_new(request: HttpRequest, actor: Actor, table_id: int) -> HttpResponse:
    return _fill(request, actor, lookup.table(actor, table_id))


@require_POST
@member(Role.EDITOR)
def fill_column(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    return _fill(request, actor, _http_column(actor, column_id))


@require_GET
@member()
def estimate_column(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    """What "rows with no result" would do, with the saved settings."""
    return render(request, "enrichment/estimate.html", _estimate(_http_column(actor, column_id), None))


@require_POST
@member(Role.EDITOR)
def choices_new(request: HttpRequest, actor: Actor, table_id: int) -> HttpResponse:
    return _choices(request, Column(table=lookup.table(actor, table_id)))


@require_POST
@member(Role.EDITOR)
def choices_column(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    return _choices(request, _http_column(actor, column_id))


def _choices(request: HttpRequest, column: Column) -> HttpResponse:
    """The rows that can be run, with how many each choice names, and what a run would do with the form as it is."""
    context = {
        "choices": {name: estimate.rows_of(column, scope) for name, scope in forms.SCOPES.items()},
        **_estimate(column, _settings(request, column if column.pk else column.table)),
    }
    return render(request, "enrichment/run_choices.html", context)


def _estimate(column: Column, config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Of the rows with no result; the reason for settings that cannot run."""
    try:
        return {"estimate": estimate.estimate(column, "missing", config)}
    except (InvalidSettings, Refused) as error:
        return {"reason": str(error)}


def _http_column(actor: Actor, pk: int) -> Column:
    column = lookup.column(actor, pk)
    if column.type != ColumnType.HTTP:
        raise Http404
    return column


def _table_of(target: Target) -> Table:
    return target.table if isinstance(target, Column) else target


def _settings(request: HttpRequest, target: Target) -> dict[str, Any]:
    base = http_columns.shown(target) if isinstance(target, Column) else http_columns.defaults()
    return forms.column_settings(request.POST, base)


def _save(request: HttpRequest, actor: Actor, target: Target) -> HttpResponse:
    """422 with the form when something is wrong with it."""
    name, config = request.POST.get("name", "").strip(), _settings(request, target)
    try:
        saved = _stored(target, name, config)
    except InvalidSettings as error:
        problems = error.problems
    except graph.Cycle as error:
        problems = [Problem(str(error))]
    except Refused as error:
        problems = [Problem(str(error), field=error.field)]
    else:
        return _saved(request, actor, saved)
    return _panel(request, actor, target, {"name": name, "config": config}, problems)


def _stored(target: Target, name: str, config: Mapping[str, Any]) -> Column:
    if isinstance(target, Table):
        return computed_columns.create(target, name, ColumnType.HTTP, config)
    computed_columns.change(target, name=name, config=dict(config))
    return target


def _saved(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    events: dict[str, Any] = {"marl:columns-changed": {"columnId": column.pk}}
    notice = "Saved."
    scope = forms.SCOPES.get(request.POST.get("then", ""))
    if scope is not None:
        try:
            run = lifecycle.plan(column, scope, actor.user)
        except Refused as error:
            notice = f"Saved, but not run: {error}"
        else:
            notice, events["marl:run-started"] = _started(run)
    column.refresh_from_db()
    shown = {"name": column.name, "config": http_columns.shown(column), "notice": notice}
    answer = _panel(request, actor, column, shown)
    answer["HX-Trigger"] = json.dumps(events, cls=DjangoJSONEncoder)
    return answer


def _started(run: Run) -> tuple[str, dict[str, Any]]:
    return f"Saved. Running {run.total:,} {'row' if run.total == 1 else 'rows'}…", {"run": progress.as_json(run)}


def _panel(
    request: HttpRequest,
    actor: Actor,
    target: Target,
    shown: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    *,
    unsaved: bool = False,
) -> HttpResponse:
    table = _table_of(target)
    column = target if isinstance(target, Column) else None
    new_host, others = forms.split_host(problems)
    context = {
        **shown,
        **_addresses(table, column),
        "table": table,
        "column": column,
        "methods": get_args(Method),
        "connections": choices(actor),
        "references": json.dumps(references_of([other for other in table_columns.live(table) if other != target])),
        "row": _row_number(request, table),
        "problems": others,
        "new_host": new_host,
        "then": request.POST.get("then", ""),
        "unsaved": unsaved or bool(problems),
        "can_edit": actor.role != Role.VIEWER,
    }
    return render(request, "enrichment/panel.html", context, status=422 if problems else 200)


def _addresses(table: Table, column: Column | None) -> dict[str, str]:
    """Where the panel's form is saved, previewed, tested and estimated."""
    kind, pk = ("column", column.pk) if column else ("new", table.pk)
    addresses = {
        f"{verb}_url": reverse(f"{verb}_{kind}", args=[pk])
        for verb in ("preview", "test", "paste", "choices", "operations", "fill")
    }
    addresses["save_url"] = reverse("column_panel" if column else "new_panel", args=[pk])
    return addresses | ({"estimate_url": reverse("estimate_column", args=[pk])} if column else {})


def references_of(columns: Sequence[Column]) -> list[dict[str, str]]:
    """The columns that the "/" menu offers."""
    return [{"name": column.name, "type": ColumnType(column.type).label} for column in columns]


def _row_number(request: HttpRequest, table: Table) -> int:
    return min(forms.row_number(request.POST or request.GET), max(1, table.row_count))


def _row_id(request: HttpRequest, target: Target) -> int:
    """Raises RowNotFound."""
    number = forms.row_number(request.POST)
    rows = row_order.window(_table_of(target).pk, number - 1, 1)
    pk = rows.values_list("pk", flat=True).first()
    if pk is None:
        raise one_row.RowNotFound(f"There is no row {number:,}.")
    return pk


def _preview(request: HttpRequest, target: Target) -> HttpResponse:
    context: dict[str, Any] = {"row": forms.row_number(request.POST)}
    try:
        told = one_row.preview(target, _row_id(request, target), _settings(request, target))
        context |= told | {"sent": told["request"], "curl": _curl(told["request"])}
    except one_row.RowNotFound as error:
        context |= {"reason": str(error), "problems": []}
    return render(request, "enrichment/preview.html", context)


def _test(request: HttpRequest, target: Target) -> HttpResponse:
    context: dict[str, Any] = {"row": forms.row_number(request.POST), "problems": []}
    try:
        told = one_row.test(target, _row_id(request, target), _settings(request, target))
        attempts = [attempt | {"curl": _curl(attempt["request"])} for attempt in told["attempts"]]
        context |= {**told, "attempts": attempts, "state_label": CellState(told["cell"]["state"]).label}
    except one_row.RowNotFound as error:
        context["reason"] = str(error)
    except InvalidSettings as error:
        context |= {"reason": forms.fix_first(error.problems), "problems": error.problems}
    return render(request, "enrichment/test_result.html", context)


def _operations(request: HttpRequest, target: Target) -> HttpResponse:
    """What the document at the address, or the pasted one, offers to choose from."""
    address, text = forms.text(request.POST, "address"), request.POST.get("document", "")
    column = target if isinstance(target, Column) else None
    context: dict[str, Any] = {**_addresses(_table_of(target), column), "address": address}
    try:
        context["document"] = documents.fetch(address) if address else text
        context["operations"] = openapi.operations(openapi.read(context["document"]))
    except InvalidSettings as error:
        context["problem"] = str(error)
    return render(request, "enrichment/openapi_operations.html", context)


def _fill(request: HttpRequest, actor: Actor, target: Target) -> HttpResponse:
    """The form filled from an operation of an OpenAPI document, to be looked at and saved."""
    name, config = request.POST.get("name", "").strip(), _settings(request, target)
    names = [column.name for column in table_columns.live(_table_of(target)) if column != target]
    try:
        document = openapi.read(request.POST.get("document", ""))
        filled = openapi.fill(document, request.POST.get("operation", ""), names, forms.text(request.POST, "address"))
    except InvalidSettings as error:
        return _panel(request, actor, target, {"name": name, "config": config}, error.problems)
    notice = " ".join(["Filled from the OpenAPI document.", *filled.notes])
    shown = {"name": name, "config": config | filled.config, "notice": notice}
    return _panel(request, actor, target, shown, unsaved=True)


def _curl(shown: Mapping[str, Any] | None) -> str:
    return curl.write(shown["method"], shown["url"], shown["headers"], shown["body"]) if shown else ""


def _paste(request: HttpRequest, actor: Actor, target: Target) -> HttpResponse:
    """The form filled from a cURL command, to be looked at and saved."""
    name, config = request.POST.get("name", "").strip(), _settings(request, target)
    try:
        pasted = curl.parse(request.POST.get("curl", ""))
    except InvalidSettings as error:
        problems = [replace(problem, field="url") for problem in error.problems]
        return _panel(request, actor, target, {"name": name, "config": config}, problems)
    notice = " ".join(["Filled from the cURL command.", *pasted.notes])
    shown = {"name": name, "config": config | pasted.config, "notice": notice}
    return _panel(request, actor, target, shown, unsaved=True)
