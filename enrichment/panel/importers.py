"""The form of an HTTP column filled from a cURL command or an OpenAPI document, to be looked at and saved."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.importers import curl, openapi, openapi_document
from enrichment.panel import addresses, documents, forms
from enrichment.panel.addresses import of_column
from enrichment.panel.forms import PanelForm
from enrichment.panel.http import render_panel, settings_of
from tables.models import Column, ColumnType
from workspaces.actors import Actor


@require_POST
@of_column(ColumnType.HTTP)
def paste(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """Fills the form from a cURL command."""
    form = PanelForm(forms.name(request.POST), settings_of(request, column))
    try:
        command = curl.parse(request.POST.get("curl", ""), _types(column))
    except InvalidSettings as error:
        problems = [replace(problem, field="url") for problem in error.problems]
        return render_panel(request, actor, column, replace(form, problems=problems))
    filled = _filled(form, command.config, ["Filled from the cURL command.", *command.notes])
    return render_panel(request, actor, column, filled)


@require_POST
@of_column(ColumnType.HTTP)
def operations(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """Lists what the document at the address, of the file or of the text offers to choose from."""
    address = forms.text(request.POST, "address")
    context: dict[str, Any] = {**addresses.of_http_panel(column), "address": address}
    try:
        carried = "carried" in request.POST
        document = documents.unpacked(request.POST["carried"]) if carried else documents.given(request, address)
        context["operations"] = openapi_document.operations(document)
        context["document"] = documents.packed(document)
    except InvalidSettings as error:
        context["problem"] = str(error)
    return render(request, "enrichment/openapi_operations.html", context)


@require_POST
@of_column(ColumnType.HTTP)
def fill(request: HttpRequest, actor: Actor, column: Column) -> HttpResponse:
    """Fills the form from an operation of an OpenAPI document, once it is chosen what of it is sent."""
    form = PanelForm(forms.name(request.POST), settings_of(request, column))
    operation, carried = request.POST.get("operation", ""), request.POST.get("carried", "")
    address, chosen = forms.text(request.POST, "address"), request.POST.getlist("chosen")
    try:
        filled = openapi.fill(documents.unpacked(carried), operation, _types(column), address, chosen)
    except InvalidSettings as error:
        return render_panel(request, actor, column, replace(form, problems=error.problems))
    if filled.offered and "choosing" in request.POST:
        context = {"document": carried, "address": address, "operation": operation, "offered": filled.offered}
        answer = render(request, "enrichment/openapi_fields.html", {**addresses.of_http_panel(column), **context})
        return reswap(retarget(answer, "#openapi-operations"), "innerHTML")
    shown = _filled(form, filled.config, ["Filled from the OpenAPI document.", *filled.notes])
    return render_panel(request, actor, column, shown)


def _types(column: Column) -> dict[str, str]:
    return {other.name: str(other.type) for other in forms.others(column)}


def _filled(form: PanelForm, config: dict[str, Any], notes: Sequence[str]) -> PanelForm:
    filled = {**form.config, "required": None, **config}  # what the address needs now
    return replace(form, config=filled, notice=" ".join(notes), unsaved=True)
