"""The side panel of an HTTP column: its settings, tried on one row, saved, run."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from enrichment import schedules
from enrichment.columns import http as http_columns
from enrichment.engine.errors import InvalidSettings
from enrichment.engine.importers import curl_writing
from enrichment.models import Run
from enrichment.panel import addresses, forms, required, schedule, shapes, summaries, versions
from enrichment.panel.addresses import of_column
from enrichment.panel.connections import choices as connection_choices
from enrichment.panel.forms import PanelForm
from enrichment.panel.waiting_tests import LONGEST, WaitingTest
from enrichment.preview import cell_history, one_row
from enrichment.preview import estimate as estimates
from enrichment.runs import lifecycle, progress
from enrichment.schema import Method
from tables import columns as table_columns
from tables import row_order
from tables.models import Cell, CellState, Column, ColumnType, Row, Table
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
    config = settings_of(request, column)
    inputs = required.listed(column, config)
    context: dict[str, Any] = {
        **addresses.of_http_panel(column),
        "row": forms.row_number(request.POST),
        "summaries": _summaries(actor, config, schedule.given(request.POST)),
        "inputs": inputs,
        "other_inputs": ["", *(item.name for item in inputs)] != request.POST.getlist("inputs"),
    }
    try:
        row = _row(column, forms.row_number(request.POST))
        outcome = one_row.preview(column, row.pk, config)
        problems = outcome["problems"]
        of_row, of_settings = (problems[:1], problems[1:]) if outcome["of_row"] else ([], problems)
        shown = {"sent": outcome["request"], "curl": _curl(outcome["request"]), "row_name": forms.row_name(row, column)}
        context |= outcome | shown | {"row_problems": of_row, "problems": of_settings}
        context["batch_rows"] = shapes.rows_of_request(config) if outcome["row_ids"] else None
    except Refused as refusal:
        context |= {"reason": str(refusal), "problems": []}
    return render(request, "enrichment/preview.html", context)


@require_GET
@of_column(ColumnType.HTTP)
def answer(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """The stored result of a row, with the tries that led to it."""
    try:
        row = _row(column, forms.row_number(request.GET))
    except Refused:
        return HttpResponse()
    history = cell_history.of_cell(row, column)
    attempts = [attempt for attempt in history["attempts"] if attempt["run_id"] == history["attempts"][-1]["run_id"]]
    context = _answer(history["cell"], attempts) | {"is_stored": True, "row": forms.row_number(request.GET)}
    return render(request, "enrichment/test_result.html", context if attempts else {})


@require_POST
@of_column(ColumnType.HTTP)
def test(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    context: dict[str, Any] = {"row": forms.row_number(request.POST), "problems": []}
    try:
        row = _row(column, forms.row_number(request.POST))
        config = settings_of(request, column)
        outcome = one_row.send(column, row.pk, config, waits_for_call=False)
        context["batch_rows"] = shapes.rows_of_request(config)
        context |= outcome | _answer(outcome["cell"], outcome["attempts"])
        if address := outcome.get("waits_for"):
            context["waits"] = WaitingTest.of(row.pk, context["row"], address, outcome["attempts"])
            context["called_url"] = addresses.of_http_panel(column)["called_url"]
    except Refused as refusal:
        context["reason"] = str(refusal)
    except InvalidSettings as error:
        context |= {"reason": forms.fix_first(error.problems), "problems": error.problems}
    return render(request, "enrichment/test_result.html", context)


@require_POST
@of_column(ColumnType.HTTP)
def called(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """What has become of a test that waits for its API to call back: its result, or for how long it waits."""
    try:
        waits = WaitingTest.opened(request.POST.get("waits", ""))
        outcome = one_row.look(column, waits.row_id, waits.waits_for, settings_of(request, column))
    except Refused as refusal:
        return HttpResponse(format_html('<p class="waiting problem said">{}</p>', str(refusal)))
    except InvalidSettings as error:
        return HttpResponse(format_html('<p class="waiting problem said">{}</p>', forms.fix_first(error.problems)))
    if outcome:
        context = _answer(outcome["cell"], [*waits.tried, *outcome["attempts"]]) | {"row": waits.row, "problems": []}
        return retarget(reswap(render(request, "enrichment/test_result.html", context), "innerHTML"), "#test-result")
    if "cancel" in request.POST or waits.seconds > LONGEST:
        words = "No longer waiting. The request was sent, and a call changes nothing now."
        return HttpResponse(format_html('<p class="waiting hint said">{}</p>', words))
    context = {"waits": waits, "called_url": addresses.of_http_panel(column)["called_url"]}
    return render(request, "enrichment/waits_for_call.html", context)


def _answer(cell: Mapping[str, Any], attempts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns what an answer shows: the last try, those before it, and what the cell keeps where that is less."""
    shown = [attempt | {"curl": _curl(attempt["request"])} for attempt in attempts]
    last = shown[-1] if shown else None
    label, error = CellState(cell["state"]).label, cell["error"] or {}
    is_whole = last is not None and last["response"] is not None and _as_json(last["response"]["body"]) == cell["value"]
    return {
        "cell": cell,
        "state_label": label,
        "why": error.get("message", "").removeprefix(f"{label}: "),
        "mends_sign_in": error.get("code") == "refused",
        "last": last,
        "earlier": shown[:-1],
        "kept": None if is_whole else cell["value"],
    }


def _as_json(body: str) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


@require_POST
@of_column(ColumnType.HTTP)
def choices(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """The rows that can be run, with how many each choice names, and what a run would do with the form as it is."""
    context = {
        "choices": estimates.choices(column),
        "sent_before": estimates.rows_sent_before(column, "all") if column.pk else 0,
        **addresses.of_http_panel(column),
        **_estimate(column, settings_of(request, column)),
    }
    return render(request, "enrichment/run_choices.html", context)


@require_GET
@of_column(ColumnType.HTTP)
def estimate(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """What "rows with no result" would do, with the saved settings."""
    return render(request, "enrichment/estimate.html", addresses.of_http_panel(column) | _estimate(column))


def _estimate(column: Column, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Of the rows with no result; the reason for settings that cannot run."""
    try:
        return {"estimate": estimates.estimate(column, "missing", config)}
    except (InvalidSettings, Refused) as error:
        return {"reason": str(error)}


def settings_of(request: HttpRequest, column: Column) -> dict[str, Any]:
    """Returns the config that the form holds, over what it leaves out."""
    base = http_columns.shown(column)
    given = forms.column_settings(request.POST, base) | shapes.settings(request.POST)
    return required.chosen(request.POST, column, given, base)


def _summaries(actor: Actor, config: Mapping[str, Any], planned: Mapping[str, Any] | None) -> dict[str, str]:
    names = {item["id"]: " – ".join(filter(None, (item["name"], item["cannot"]))) for item in connection_choices(actor)}
    return summaries.of_sections(config, names) | {"schedule": schedule.line(planned)}


def _save(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    name, config = forms.name(request.POST), settings_of(request, column)
    before = _out_of_date(column)
    try:
        versions.check(request.POST, _version(column))
        with transaction.atomic():
            saved = forms.store(column, name, config)
            schedules.change(saved, schedule.given(request.POST), actor.user)
    except versions.Conflict as conflict:
        return render_panel(request, actor, column, PanelForm(name, config, conflict=str(conflict)))
    except (InvalidSettings, Refused) as error:
        return render_panel(request, actor, column, PanelForm(name, config, problems=forms.problems_of(error)))
    return _saved(request, actor, saved, _out_of_date(saved) - before)


def _version(column: Column) -> str:
    return versions.of(http_columns.shown(column), schedules.of(column)) if column.pk else ""


def _out_of_date(column: Column) -> int:
    return Cell.objects.filter(column=column, stale=True).count() if column.pk else 0


def _saved(request: HttpRequest, actor: Actor, column: Column, made_earlier: int) -> HttpResponse:
    notice, run = "Saved.", None
    if made_earlier > 0:
        results = "1 result was" if made_earlier == 1 else f"{made_earlier:,} results were"
        notice = f"Saved. {results} made with the earlier settings. “Rows out of date” runs them again."
    scope = estimates.SCOPES.get(request.POST.get("then", ""))
    if scope is not None:
        try:
            run = lifecycle.plan(column, scope, actor.user)
            notice = f"Saved. Running {run.total:,} {'row' if run.total == 1 else 'rows'}…"
        except Refused as refusal:
            notice = f"Saved, but not run: {refusal}"
    column.refresh_from_db()
    form = PanelForm(column.name, http_columns.shown(column), notice, run_id=run.pk if run else None)
    answer = render_panel(request, actor, column, form)
    return _announced(answer, column, run, forms.new_fields(request.POST))


def _announced(answer: HttpResponse, column: Column, run: Run | None, fields: list[dict[str, str]]) -> HttpResponse:
    """Lets the grid know that the column changed, which of its fields become columns, and that it runs."""
    trigger_client_event(answer, "marl:columns-changed", {"columnId": column.pk, "newFields": fields})
    if run:
        trigger_client_event(answer, "marl:run-started", {"run": progress.as_json(run)})
    return answer


def render_panel(request: HttpRequest, actor: Actor, column: Column, form: PanelForm) -> HttpResponse:
    """422 with the form when something is wrong with it."""
    new_host, problems = forms.split_host(form.problems)
    typed = schedule.given(request.POST)
    planned = typed or (schedules.of(column) if column.pk else None)
    context = {
        **addresses.of_http_panel(column),
        "version": _version(column),
        "name": form.name,
        "config": form.config,
        "notice": form.notice,
        "run_id": form.run_id,
        "limit": forms.limit_sentence(form.config["rate_limit"]),
        **shapes.context(form.config),
        "timeout_s": forms.in_seconds(form.config["timeout_ms"]),
        "summaries": _summaries(actor, form.config, planned),
        "schedule": schedule.fields(column, typed),
        "problems": problems,
        "conflict": form.conflict,
        "new_host": new_host,
        "unsaved": form.unsaved or form.is_refused,
        "table": column.table,
        "column": column if column.pk else None,
        "is_new": not column.pk,
        "new_title": "New HTTP API column",
        "methods": get_args(Method),
        "body_formats": forms.BODY_FORMATS,
        "connections": connection_choices(actor),
        "references": forms.references(column),
        "inputs": required.listed(column, form.config),
        "row": _row_number(request, column.table),
        "then": request.POST.get("then", ""),
        "new_fields": forms.new_fields(request.POST),
        "first_rows": 0
        if Run.objects.filter(column=column.pk).exists()
        else min(estimates.FIRST, column.table.row_count),
        "can_edit": actor.role != Role.VIEWER,
    }
    return render(request, "enrichment/panel.html", context, status=422 if form.is_refused else 200)


def _row_number(request: HttpRequest, table: Table) -> int:
    return min(forms.row_number(request.POST or request.GET), max(1, table.row_count))


def _row(column: Column, number: int) -> Row:
    """Raises Refused."""
    row = row_order.window(column.table_id, number - 1, 1).first()
    if row is None and not column.table.row_count:
        raise Refused("Add a row to the table to see its request here.", code="not_found")
    if row is None:
        raise Refused(f"There is no row {number:,}.", code="not_found")
    return row


def _curl(request: Mapping[str, Any] | None) -> str:
    if not request:
        return ""
    return curl_writing.write(request["method"], request["url"], request["headers"], request["body"])
