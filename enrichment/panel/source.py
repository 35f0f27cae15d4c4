"""The form of an HTTP source in the side panel: its request, its list, where the fields go, and its first rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, get_args

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, trigger_client_event

from enrichment import lookup
from enrichment.engine.errors import Edit, InvalidSettings, Problem, RowError
from enrichment.engine.importers import curl, curl_writing
from enrichment.models import Source
from enrichment.panel import forms, schedule, shapes, source_fields, sources, versions, whole_page
from enrichment.panel.connections import choices as connection_choices
from enrichment.schema import HttpConfig, Method
from enrichment.sources import landing, preview, runs, samples, settings
from enrichment.sources.preview import Found
from workspaces.actors import Actor, PageRequest, member
from workspaces.models import Role
from workspaces.refusals import Refused

type View = Callable[[PageRequest, Actor, Source], HttpResponse]


@dataclass(frozen=True, slots=True)
class Form:
    """What the form shows: stored settings, or those that were sent, with what is wrong with them."""

    name: str
    given: Mapping[str, Any]
    items: Sequence[Any] = ()  # of the last look at the API
    notice: str = ""
    problems: Sequence[Problem] = ()
    conflict: str = ""  # why nothing was saved, if somebody else has saved meanwhile
    unsaved: bool = False

    @property
    def is_refused(self) -> bool:
        return bool(self.problems or self.conflict)


def of_source(view: View) -> Callable[..., HttpResponse]:
    """Calls a view with the source at the address, or with a new one for the table there, not saved yet."""

    @wraps(view)
    @member()
    def resolved(
        request: PageRequest, actor: Actor, /, table_id: int | None = None, source_id: int | None = None
    ) -> HttpResponse:
        source = _source_at(actor, table_id, source_id)
        if whole_page.is_wanted(request):
            return whole_page.with_panel(source.table_id, request.path)
        return view(request, actor, source)

    return resolved


def _source_at(actor: Actor, table_id: int | None, source_id: int | None) -> Source:
    if source_id is not None:
        return lookup.source(actor, source_id, Role.EDITOR)
    if table_id is None:
        raise Http404
    return Source(table=lookup.table(actor, table_id, Role.EDITOR), created_by=actor.user, config={})


@require_http_methods(["GET", "POST"])
@of_source
def form(request: PageRequest, actor: Actor, source: Source) -> HttpResponse:
    if request.method == "POST":
        return _save(request, actor, source)
    stored = _stored(source)
    return _shown(request, actor, source, Form(source.name or "HTTP source", stored))


def _version(source: Source) -> str:
    return versions.of(settings.shown(source), source.schedule) if source.pk else ""


def _stored(source: Source) -> dict[str, Any]:
    if not source.pk:
        return settings.defaults() | {"schedule": None}
    return settings.shown(source) | {"schedule": source.schedule}


def _typed(request: PageRequest, source: Source) -> Form:
    """Returns the form as it was sent."""
    given = source_fields.settings(request.POST, _stored(source))
    items = samples.kept(source.table_id, forms.text(request.POST, "sample"))
    return Form(forms.name(request.POST), given, items, unsaved=True)


def _for_settings(source: Source, shown: Form) -> dict[str, Any]:
    """Returns the settings of the form as the API takes them: with types for new columns."""
    offered = preview.fields(source.table, shown.items)
    return {**shown.given, "columns": source_fields.typed(shown.given["columns"], offered)}


def _save(request: PageRequest, actor: Actor, source: Source) -> HttpResponse:
    typed = _typed(request, source)
    try:
        versions.check(request.POST, _version(source))
        saved = settings.save(source, typed.name, _for_settings(source, typed))
    except versions.Conflict as conflict:
        return _shown(request, actor, source, replace(typed, conflict=str(conflict)))
    except (InvalidSettings, Refused) as error:
        return _shown(request, actor, source, replace(typed, problems=forms.problems_of(error)))
    problem = ""
    if request.POST.get("then") == "run":
        try:
            runs.start(lookup.source(actor, saved.pk), actor.user)
        except (InvalidSettings, Refused) as refusal:
            problem = f"“{saved.name}” was saved, but not run: {refusal}"
    answer = sources.shown(request, saved.table, problem)
    return trigger_client_event(answer, "marl:columns-changed", {})


@require_POST
@of_source
def paste(request: PageRequest, actor: Actor, source: Source) -> HttpResponse:
    """Fills the request from a cURL command."""
    typed = _typed(request, source)
    try:
        command = curl.parse(request.POST.get("curl", ""), {})
    except InvalidSettings as error:
        problems = [replace(problem, field="url") for problem in error.problems]
        return _shown(request, actor, source, replace(typed, problems=problems))
    given = {name: value for name, value in command.config.items() if name in settings.REQUEST}
    config = {**typed.given["config"], **given}
    notice = " ".join(["Filled from the cURL command.", *command.notes])
    return _shown(request, actor, source, replace(typed, given={**typed.given, "config": config}, notice=notice))


@require_POST
@of_source
def fetch(request: PageRequest, actor: Actor, source: Source) -> HttpResponse:
    """Asks the API for the first rows, and chooses columns for the fields where none is chosen yet."""
    typed = _typed(request, source)
    try:
        found = preview.fetch(
            settings.draft(source.table, {**typed.given, "columns": [], "key": [], "on_match": "add"})
        )
    except InvalidSettings as error:
        refusal = {"problem": forms.fix_first(error.problems)}
        return _landed(request, actor, source, typed, refusal, error.problems)
    if found.items and not typed.given["columns"]:
        known = [field for field in preview.fields(source.table, found.items) if field["column"]]
        columns = [{"path": field["path"], "column": field["column"]} for field in known]
        typed = replace(typed, given={**typed.given, "columns": columns})
    sample = samples.keep(source.table_id, found.items[: preview.SHOWN])
    typed = replace(typed, items=found.items[: preview.SHOWN])
    context: dict[str, Any] = {"found": found, "sample": sample, "last": _last(found), "problem": found.problem}
    return _landed(request, actor, source, typed, context, _elsewhere(typed, found))


def _last(found: Found) -> dict[str, Any] | None:
    """Returns the last request of a look that came to nothing, with the command that sends it."""
    if not found.attempts or found.items:
        return None
    sent = found.attempts[-1]["request"]
    written = curl_writing.write(sent["method"], sent["url"], sent["headers"], sent["body"]) if sent else ""
    return found.attempts[-1] | {"curl": written}


def _elsewhere(typed: Form, found: Found) -> list[Problem]:
    """Returns the problem of a list that is somewhere else, with an edit for each of its places."""
    if not found.lists:
        return []
    length = len(typed.given["config"]["items"])
    edits = tuple(Edit(0, length, path, f"Use {path}") for path in found.lists)
    return [Problem(found.problem, "items", choices=edits)]


@require_POST
@of_source
def land(request: PageRequest, actor: Actor, source: Source) -> HttpResponse:
    """Shows the rows that were fetched with the columns as they are chosen now; `add` takes a field into a new one."""
    typed = _typed(request, source)
    add = forms.text(request.POST, "add")
    if add:
        columns = [*typed.given["columns"], *_new(source, typed, add)]
        typed = replace(typed, given={**typed.given, "columns": columns})
    return _landed(request, actor, source, typed, {"sample": forms.text(request.POST, "sample"), "added": bool(add)})


def _new(source: Source, typed: Form, add: str) -> list[dict[str, Any]]:
    """Returns the fields that are to be added: the one of this path, or with * all that go into no column."""
    left = _left(source, typed)
    wanted = left if add == "*" else [field for field in left if field["path"] == add]
    return [
        {"path": field["path"], "column": field["column"] or field["name"], "is_new": not field["column"]}
        for field in wanted
    ]


def _left(source: Source, typed: Form) -> list[dict[str, Any]]:
    """Returns the fields that go into no column."""
    taken = {item["path"] for item in typed.given["columns"]}
    return [field for field in preview.fields(source.table, typed.items) if field["path"] not in taken]


def _landed(
    request: PageRequest,
    actor: Actor,
    source: Source,
    typed: Form,
    context: dict[str, Any],
    problems: Sequence[Problem] = (),
) -> HttpResponse:
    """Returns the preview, with the lines of the form that follow from it."""
    landed: list[landing.Landing] = []
    problems = list(problems)
    try:
        draft = settings.draft(source.table, _for_settings(source, typed))
        landed = landing.land(draft, typed.items) if draft.fields else []
    except InvalidSettings as error:
        problems += [problem for problem in error.problems if problem not in problems]
    except RowError as error:
        context["problem"] = error.message
    names = [item["column"] for item in source_fields.typed(typed.given["columns"], ())]
    context = {
        "problem": "",
        **context,
        **_addresses(source),
        **_columns(source, typed),
        "quiet": "found" not in context and not context.get("problem"),
        "is_landing": True,
        "names": list(landed[0].cells) if landed else names,
        "rows": landed,
        "left": [field | {"example": source_fields.example(field["values"])} for field in _left(source, typed)],
        "problems": problems,
        "summaries": source_fields.lines(typed.given, _connection_names(actor)),
    }
    answer = render(request, "enrichment/source_landing.html", context)
    return answer if typed.items or context["problem"] or "found" in context else reswap(answer, "none")


def _connection_names(actor: Actor) -> dict[int, str]:
    return {item["id"]: item["name"] for item in connection_choices(actor)}


def _columns(source: Source, typed: Form) -> dict[str, Any]:
    """Returns the lines of where the fields go, and by which of the columns rows match."""
    fillable = settings.fillable(source.table)
    lines = source_fields.rows(typed.given["columns"], fillable, preview.fields(source.table, typed.items))
    stored = _stored(source)["key"]
    choices = source_fields.key_choices(lines, fillable, stored)
    return {
        "lines": lines,
        "fillable": fillable,
        "key_choices": choices,
        "row_key": source_fields.chosen_key(typed.given["key"], choices, stored),
        "given": typed.given,
        "on_match_choices": sources.ON_MATCH,
    }


def _addresses(source: Source) -> dict[str, str]:
    """Returns where the form is saved, filled and previewed."""
    kind, args = ("source", [source.pk]) if source.pk else ("new_source", [source.table_id])
    addresses = {f"{verb}_url": reverse(f"{verb}_{kind}", args=args) for verb in ("paste", "fetch", "land")}
    return addresses | {"save_url": reverse(kind, args=args), "list_url": reverse("sources", args=[source.table_id])}


def _shown(request: PageRequest, actor: Actor, source: Source, shown: Form) -> HttpResponse:
    """422 with the form when something is wrong with it."""
    new_host, problems = forms.split_host(shown.problems)
    config = HttpConfig().model_dump() | dict(shown.given["config"])
    stored = settings.schedule(source) if source.pk else None
    context = {
        **_addresses(source),
        **_columns(source, shown),
        **shapes.context(config),
        "source": source,
        "table": source.table,
        "version": _version(source),
        "name": shown.name,
        "config": config,
        "notice": shown.notice,
        "problems": problems,
        "conflict": shown.conflict,
        "new_host": new_host,
        "then": request.POST.get("then", ""),
        "unsaved": shown.unsaved or shown.is_refused,
        "of_source": True,
        "can_edit": True,
        "methods": get_args(Method),
        "body_formats": forms.BODY_FORMATS,
        "connections": connection_choices(actor),
        "limit": forms.limit_sentence(config["rate_limit"]),
        "timeout_s": forms.in_seconds(config["timeout_ms"]),
        "schedule": schedule.times(stored, shown.given["schedule"] if shown.unsaved else None),
        "summaries": source_fields.lines(shown.given, _connection_names(actor)),
        "sample": forms.text(request.POST, "sample"),
    }
    return render(request, "enrichment/source.html", context, status=422 if shown.is_refused else 200)
