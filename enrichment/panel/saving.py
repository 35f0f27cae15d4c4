"""How the panels of formulas, fields and look-ups save their form."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, QueryDict
from django_htmx.http import trigger_client_event

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.formula import SandboxBusy
from enrichment.panel import forms, versions
from enrichment.panel.forms import PanelForm
from tables.models import Column
from workspaces.refusals import Refused

type Shown = Callable[[Column], Mapping[str, Any]]  # the settings of a column as its form has them
type Render = Callable[[Column, PanelForm], HttpResponse]


def save(
    sent: QueryDict, column: Column, name: str, config: Mapping[str, Any], *, shown: Shown, render: Render
) -> HttpResponse:
    """Makes or changes the column, and returns the panel of what came of it."""
    try:
        versions.check(sent, version(column, shown))
        saved = forms.store(column, name, config)
    except versions.Conflict as conflict:
        return render(column, PanelForm(name, config, conflict=str(conflict)))
    except (InvalidSettings, Refused, SandboxBusy) as error:
        return render(column, PanelForm(name, config, problems=forms.problems_of(error)))
    saved.refresh_from_db()
    answer = render(saved, PanelForm(saved.name, shown(saved), "Saved."))
    return trigger_client_event(answer, "marl:columns-changed", {"columnId": saved.pk})


def version(column: Column, shown: Shown) -> str:
    """Returns what a form of the stored settings sends along; nothing for a new column."""
    return versions.of(shown(column)) if column.pk else ""
