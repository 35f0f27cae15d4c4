"""The side panel of formula and field columns: their settings, with live results on the first rows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from enrichment import lookup
from enrichment.columns import formula as formula_columns
from enrichment.columns import lifecycle as computed_columns
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.formula import SandboxBusy
from enrichment.engine.template.values import as_text
from enrichment.graph import FORMULA_TYPES, Cycle
from enrichment.panel.http import references_of
from tables import columns as table_columns
from tables import row_order
from tables.models import CellState, Column, ColumnType, Table
from workspaces.actors import Actor, member
from workspaces.models import Role
from workspaces.refusals import Refused

LONGEST_SHOWN = 300  # characters of a result

type Target = Column | Table


@require_http_methods(["GET", "POST"])
@member()
def new_panel(request: HttpRequest, actor: Actor, table_id: int, kind: str) -> HttpResponse:
    table, kind = lookup.table(actor, table_id, Role.EDITOR), _kind(kind)
    if request.method == "POST":
        return _save(request, actor, table, kind)
    config = {"source": _number(request.GET.get("source")), "path": request.GET.get("path", "")}
    name = table_columns.unique_name(table, request.GET.get("name", "") or ColumnType(kind).label)
    return _panel(request, actor, table, kind, {"name": name, "config": config})


@require_http_methods(["GET", "POST"])
@member()
def column_panel(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    column = _column(actor, column_id)
    if request.method == "POST":
        actor.require(Role.EDITOR)
        return _save(request, actor, column, column.type)
    shown = {"name": column.name, "config": formula_columns.shown(column)}
    return _panel(request, actor, column, column.type, shown)


@require_POST
@member(Role.EDITOR)
def try_new(request: HttpRequest, actor: Actor, table_id: int, kind: str) -> HttpResponse:
    return _try(request, lookup.table(actor, table_id), _kind(kind))


@require_POST
@member(Role.EDITOR)
def try_column(request: HttpRequest, actor: Actor, column_id: int) -> HttpResponse:
    column = _column(actor, column_id)
    return _try(request, column, column.type)


def _kind(kind: str) -> str:
    if kind not in FORMULA_TYPES:
        raise Http404
    return kind


def _column(actor: Actor, pk: int) -> Column:
    column = lookup.column(actor, pk)
    _kind(column.type)
    return column


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _settings(request: HttpRequest, kind: str) -> dict[str, Any]:
    def lines(field: str) -> str:
        return request.POST.get(field, "").replace("\r\n", "\n")

    if kind == ColumnType.FORMULA:
        return {"formula": lines("formula")}
    source = _number(request.POST.get("source"))
    return {"source": source or "", "path": request.POST.get("path", "").strip(), "default": lines("default")}


def _save(request: HttpRequest, actor: Actor, target: Target, kind: str) -> HttpResponse:
    """422 with the form when something is wrong with it."""
    name, config = request.POST.get("name", "").strip(), _settings(request, kind)
    try:
        column = _stored(target, name, kind, config)
    except InvalidSettings as error:
        problems = error.problems
    except (Cycle, SandboxBusy) as error:
        problems = [Problem(str(error))]
    except Refused as error:
        problems = [Problem(str(error), field=error.field)]
    else:
        column.refresh_from_db()
        shown = {"name": column.name, "config": formula_columns.shown(column), "notice": "Saved."}
        answer = _panel(request, actor, column, kind, shown)
        answer["HX-Trigger"] = json.dumps({"marl:columns-changed": {"columnId": column.pk}})
        return answer
    return _panel(request, actor, target, kind, {"name": name, "config": config}, problems)


def _stored(target: Target, name: str, kind: str, config: Mapping[str, Any]) -> Column:
    if isinstance(target, Table):
        return computed_columns.create(target, name, kind, config)
    computed_columns.change(target, name=name, config=dict(config))
    return target


def _panel(
    request: HttpRequest,
    actor: Actor,
    target: Target,
    kind: str,
    shown: Mapping[str, Any],
    problems: Sequence[Problem] = (),
) -> HttpResponse:
    column, table = (target, target.table) if isinstance(target, Column) else (None, target)
    columns = [other for other in table_columns.live(table) if other != target]
    context = {
        **shown,
        **_addresses(table, column, kind),
        "kind": kind,
        "kind_label": ColumnType(kind).label,
        "column": column,
        "table": table,
        "references": json.dumps(references_of(columns)),
        "sources": sorted(columns, key=lambda other: not other.is_computed),
        "problems": problems,
        "unsaved": bool(problems),
        "can_edit": actor.role != Role.VIEWER,
    }
    return render(request, "enrichment/formula_panel.html", context, status=422 if problems else 200)


def _addresses(table: Table, column: Column | None, kind: str) -> dict[str, str]:
    """Where the form is saved and tried."""
    if column:
        args: list[object] = [column.pk]
        names = ("formula_panel", "try_formula")
    else:
        args, names = [table.pk, kind], ("new_formula_panel", "try_new_formula")
    return {key: reverse(name, args=args) for key, name in zip(("save_url", "try_url"), names, strict=True)}


def _try(request: HttpRequest, target: Target, kind: str) -> HttpResponse:
    config = _settings(request, kind)
    problems: list[Problem] = []
    results: list[dict[str, Any]] = []
    try:
        results = [_shown(tried) for tried in formula_columns.draft(target, kind, config)]
    except InvalidSettings as error:
        problems = error.problems
    except SandboxBusy as error:
        problems = [Problem(str(error))]
    context = {"results": results, "problems": problems}
    return render(request, "enrichment/formula_results.html", context)


def _shown(tried: formula_columns.PreviewedRow) -> dict[str, Any]:
    """A row of the results: its number, and the value or what went wrong."""
    result = tried.result
    text = as_text(result.value)
    return {
        "number": row_order.offsets([tried.row])[tried.row.pk] + 1,
        "text": text[:LONGEST_SHOWN] + ("…" if len(text) > LONGEST_SHOWN else ""),
        "is_wrong": result.state in (CellState.FAILED, CellState.MISSING_INPUT),
        "message": result.error_message,
    }
