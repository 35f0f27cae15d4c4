"""Where the rows of a table come from, in its side panel: APIs, the webhook, and files."""

import json
import shlex
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from enrichment import lookup, webhooks
from enrichment.engine.errors import InvalidSettings
from enrichment.models import Hook, Source, SourceRun
from enrichment.panel import schedule, source_fields, source_lists, whole_page
from enrichment.sources import runs, settings
from tables import columns, row_order
from tables.imports import undoing, uploads
from tables.models import Column, Table
from workspaces.actors import Actor, PageRequest, member
from workspaces.models import Role
from workspaces.refusals import Refused
from workspaces.sealing import CannotOpen

_FILES = 5
_RUNS = 3  # that stand in the list; the earlier ones are folded
_SAMPLED = 2  # columns of the sample command
_MATCHED = (("add", "added all the same"), ("update", "updated"), ("skip", "skipped"))
ON_MATCH = (("add", "Add it all the same"), ("update", "Update that row"), ("skip", "Skip it"))


@require_GET
@member()
def panel(request: PageRequest, actor: Actor, table_id: int) -> HttpResponse:
    table = lookup.table(actor, table_id, Role.EDITOR)
    return whole_page.with_sources(table.pk) if whole_page.is_wanted(request) else shown(request, table)


@require_POST
@member()
def renew_webhook(request: PageRequest, actor: Actor, table_id: int) -> HttpResponse:
    """Creates the webhook, or gives it a new address."""
    table = lookup.table(actor, table_id, Role.EDITOR)
    webhooks.renew(table)
    return shown(request, table)


@require_POST
@member()
def change_webhook(request: PageRequest, actor: Actor, table_id: int) -> HttpResponse:
    """Sets what the form holds, and turns the webhook on or off where a button says so."""
    table = lookup.table(actor, table_id, Role.EDITOR)
    hook = webhooks.of_table(table)
    if hook is None:
        return shown(request, table)
    key, on_match = request.POST.get("key", ""), request.POST.get("on_match", "add")
    try:
        webhooks.change(
            hook,
            enabled={"on": True, "off": False}.get(request.POST.get("turn", "")),
            key=None if key == source_fields.STORED else [int(key)] if key.isdecimal() else [],
            on_match=on_match if key else "add",
            unknown="ignore" if "ignore_unknown" in request.POST else "refuse",
        )
    except Refused as refusal:
        return shown(request, table, str(refusal))
    return shown(request, table)


@require_GET
@member()
def webhook_posts(request: PageRequest, actor: Actor, table_id: int) -> HttpResponse:
    """The last posts; 204 while the one that is shown is still the last."""
    table = lookup.table(actor, table_id, Role.EDITOR)
    if whole_page.is_wanted(request):
        return whole_page.with_sources(table.pk)
    hook = webhooks.of_table(table)
    posts = webhooks.last_posts(hook) if hook else []
    if not posts or str(posts[0].pk) == request.GET.get("after"):
        return HttpResponse(status=204)
    return render(request, "enrichment/source_posts.html", {"posts": posts, "hook": hook})


def shown(request: PageRequest, table: Table, problem: str = "") -> HttpResponse:
    """Returns the list of the sources, with what could not be done."""
    plain = [column for column in columns.live(table) if not column.is_computed]
    hook = webhooks.of_table(table)
    context = {
        "table": table,
        "problem": problem,
        "sources": [_described(source) for source in Source.objects.filter(table=table).select_related("table")],
        "lists": source_lists.of_table(table),
        "files": uploads.into_table(table).exclude(filename="").select_related("created_by")[:_FILES],
        "hook": hook,
        "hook_keys": _several(hook, plain) if hook else "",
        "fillable": plain,
        "on_match_choices": ON_MATCH,
        "posts": webhooks.last_posts(hook) if hook else [],
    }
    return render(request, "enrichment/sources.html", context | (_address(hook, plain) if hook else {}))


@require_POST
@member()
def run_source(request: PageRequest, actor: Actor, source_id: int) -> HttpResponse:
    source = lookup.source(actor, source_id, Role.EDITOR)
    try:
        runs.start(source, actor.user)
    except (InvalidSettings, Refused) as refusal:
        return shown(request, source.table, str(refusal))
    return shown(request, source.table)


@require_POST
@member()
def delete_source(request: PageRequest, actor: Actor, source_id: int) -> HttpResponse:
    source = lookup.source(actor, source_id, Role.EDITOR)
    settings.delete(source)
    return shown(request, source.table)


@require_GET
@member()
def source_runs(request: PageRequest, actor: Actor, source_id: int) -> HttpResponse:
    """The last runs; 204 while none has begun after the one that is shown as the last."""
    source = lookup.source(actor, source_id, Role.EDITOR)
    if whole_page.is_wanted(request):
        return whole_page.with_sources(source.table_id)
    last = runs.of_source(source).values_list("pk", flat=True).first()
    if request.GET.get("after") == str(last or 0):
        return HttpResponse(status=204)
    return render(request, "enrichment/source_runs.html", {"item": _described(source), "oob": True})


@require_POST
@member()
def cancel_run(request: PageRequest, actor: Actor, source_id: int) -> HttpResponse:
    source = lookup.source(actor, source_id, Role.EDITOR)
    if under_way := runs.under_way(source):
        uploads.cancel(under_way.import_job)
    return render(request, "enrichment/source_runs.html", {"item": _described(source), "oob": True})


@require_POST
@member()
def undo_run(request: PageRequest, actor: Actor, source_id: int, run_id: int) -> HttpResponse:
    source = lookup.source(actor, source_id, Role.EDITOR)
    run = get_object_or_404(runs.of_source(source), pk=run_id)
    try:
        undoing.undo(run.import_job)
    except Refused as refusal:
        return shown(request, source.table, str(refusal))
    return trigger_client_event(shown(request, source.table), "marl:columns-changed", {})


def _described(source: Source) -> dict[str, Any]:
    """Returns what the list shows of a source, with its last runs."""
    last = list(runs.of_source(source))
    given, times = settings.shown(source), settings.schedule(source)
    when = schedule.when(times)
    names = [item["column"] for item in given["columns"]]
    return {
        "source": source,
        "request": f"{source.config['method']} {source.config['url']}",
        "sign_in": source.connection.name if source.connection else "",
        "items": source.config["items"],
        "shape": source_fields.shape(source.config),
        "key": " and ".join(given["key"]),
        "on_match": dict(_MATCHED)[source.on_match],
        "names": names,
        "when": when[:1].lower() + when[1:],
        "times": times,
        "next": schedule.next_time(times) if times else "",
        "runs": [_run(run) for run in last[:_RUNS]],
        "earlier": [_run(run) for run in last[_RUNS:]],
        "under_way": next((_run(run) for run in last[:1] if run.import_job.state in runs.UNDER_WAY), None),
    }


def _run(run: SourceRun) -> dict[str, Any]:
    done = run.import_job
    seconds = (done.finished_at - done.created_at).total_seconds() if done.finished_at else None
    return {
        "run": run,
        "import": done,
        "shown": uploads.as_json(done),
        "took": None if seconds is None else max(1, round(seconds)),
        "can_undo": undoing.until(done),
    }


def _several(hook: Hook, plain: list[Column]) -> str:
    """Returns the names of the columns by which the rows of a webhook match, where these are several."""
    return " and ".join(column.name for column in plain if column.pk in hook.key) if hook.key[1:] else ""


def _address(hook: Hook, fillable: list[Column]) -> dict[str, Any]:
    """Returns the address and a command that posts to it, unless no key opens the secret any more."""
    try:
        url = webhooks.url_of(webhooks.secret_of(hook))
    except CannotOpen:
        return {}
    sample = json.dumps(_sample(hook.table, fillable[:_SAMPLED]), ensure_ascii=False)
    lines = [f"curl {shlex.quote(url)}", "-H 'Content-Type: application/json'", f"-d {shlex.quote(sample)}"]
    return {"url": url, "command": " \\\n  ".join(lines)}


def _sample(table: Table, shown: list[Column]) -> dict[str, Any]:
    """Returns a row as the first one of the table, with something in each cell."""
    first = row_order.window(table.pk, 0, 1).first()
    values = first.values if first else {}
    return {column.name: values.get(str(column.pk)) or "…" for column in shown}
