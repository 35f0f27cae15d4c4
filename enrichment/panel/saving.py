"""How the panels of formulas, fields and look-ups show and save their form."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django_htmx.http import trigger_client_event

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.formula import SandboxBusy
from enrichment.panel import forms, versions
from enrichment.panel.forms import PanelForm
from tables.models import Column, ColumnType
from workspaces.refusals import Refused

type Shown = Callable[[Column], Mapping[str, Any]]  # the settings of a column as its form has them
type Render = Callable[[Column, PanelForm], HttpResponse]


def answer(
    request: HttpRequest,
    column: Column,
    *,
    shown: Shown,
    fresh: Callable[[], PanelForm],
    sent: Callable[[], PanelForm],
    render: Render,
) -> HttpResponse:
    """Returns the panel of what came of the form that was `sent`, of the stored column, or of a new one, as `fresh`."""
    if request.method == "POST":
        return _save(request.POST, column, sent(), shown, render)
    return render(column, PanelForm(column.name, shown(column)) if column.pk else fresh())


def _save(post: QueryDict, column: Column, form: PanelForm, shown: Shown, render: Render) -> HttpResponse:
    """Makes or changes the column, and returns the panel of what came of it."""
    try:
        versions.check(post, _version(column, shown))
        saved = forms.store(column, form.name, form.config)
    except versions.Conflict as conflict:
        return render(column, PanelForm(form.name, form.config, conflict=str(conflict)))
    except (InvalidSettings, Refused, SandboxBusy) as error:
        return render(column, PanelForm(form.name, form.config, problems=forms.problems_of(error)))
    saved.refresh_from_db()
    page = render(saved, PanelForm(saved.name, shown(saved), "Saved."))
    return trigger_client_event(page, "marl:columns-changed", {"columnId": saved.pk})


def context(column: Column, form: PanelForm, shown: Shown) -> dict[str, Any]:
    """Returns what the templates of these panels have in common."""
    label = ColumnType(column.type).label
    return {
        "version": _version(column, shown),
        "name": form.name,
        "config": form.config,
        "notice": form.notice,
        "problems": form.problems,
        "conflict": form.conflict,
        "unsaved": form.is_refused,
        "kind": column.type,
        "kind_label": label,
        "new_title": f"New {label.lower()} column",
        "column": column if column.pk else None,
        "table": column.table,
        "references": forms.references(column),
    }


def _version(column: Column, shown: Shown) -> str:
    """Returns what a form of the stored settings sends along; nothing for a new column."""
    return versions.of(shown(column)) if column.pk else ""
