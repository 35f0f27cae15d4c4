"""Rows that wait for a result that their API has not got yet: asked for again and again, and never sent twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.utils import timezone

from enrichment.columns import http as http_columns
from enrichment.columns import recipe_export, recipe_import, recipes
from enrichment.dataflow import recalculate
from enrichment.engine.errors import InvalidSettings
from enrichment.engine.template.request import RequestTemplate
from enrichment.http_client import event_loop
from enrichment.models import Attempt, Claim, OpenExchange, Run, Runner
from enrichment.preview import estimate, one_row
from enrichment.runs import claims, lifecycle
from enrichment.worker import heartbeat, open_exchanges, step
from tables import columns as table_columns
from tables import rows
from tables.models import Cell, Column, Table
from tests.enrichment.conftest import sweep
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

API = "https://api.example"
POLL = {"until": '{{body.state}} == "done"', "url": "/jobs/{{first.job}}", "every_ms": 100}


class Jobs:
    """An API whose jobs are done when they were asked about so many times."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.asks = 1
        self.done: httpx.Response | None = None  # instead of the result
        self.status = 202

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.path))
        if request.method == "POST":
            return httpx.Response(self.status, json={"job": 7, "state": "queued"})
        if self.asked <= self.asks:
            return httpx.Response(200, json={"state": "running"})
        return self.done or httpx.Response(200, json={"state": "done", "size": 5})

    @property
    def writes(self) -> int:
        return sum(method == "POST" for method, _ in self.requests)

    @property
    def asked(self) -> int:
        return sum(method == "GET" for method, _ in self.requests)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    api = Jobs()
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(api.answer))
    return api


@pytest.fixture
def column(http: Callable[..., Column]) -> Column:
    return http(url=f"{API}/jobs", poll=POLL, field_paths=["size"])


def run(column: Column, rows: Any = None, **how: Any) -> Run:
    return lifecycle.plan(column, rows or {"first": 1}, **how)


def advance(run: Run, steps: int = 1) -> None:
    """One step after the other, as if the time between two questions had passed."""
    for _ in range(steps):
        Cell.objects.filter(run_id=run.pk, due_at__isnull=False).update(due_at=timezone.now())
        Runner.objects.update(token="")
        step.advance(run.pk, "")
        step.drain(5)
    run.refresh_from_db()


def work_through(column: Column) -> None:
    """Compares results with what they were made of, as a worker does after a change."""
    token = ""
    while again := recalculate.advance(column.table_id, token):
        token = again[0]


def cell(column: Column) -> Cell:
    return Cell.objects.get(column=column)


def test_a_row_waits_until_the_condition_holds_and_is_sent_once(column: Column, jobs: Jobs) -> None:
    jobs.asks = 2
    waiting = run(column)
    advance(waiting)
    first = cell(column)
    assert (first.state, first.error_code, first.error_message) == ("waiting", "api", "Waits for the API")
    assert first.due_at
    assert not Claim.objects.exists()
    advance(waiting)
    assert cell(column).error_message == "Waits for the API (asked once)"
    advance(waiting, 2)
    last = cell(column)
    assert (last.state, last.value, waiting.state) == ("done", {"size": 5}, "done")
    assert jobs.requests == [("POST", "/jobs"), *[("GET", "/jobs/7")] * 3]
    assert not OpenExchange.objects.exists()
    attempts = Attempt.objects.order_by("number")
    assert [(attempt.number, (attempt.request or {}).get("part")) for attempt in attempts] == [
        (1, None), (2, "asked 1"), (3, "asked 2"), (4, "asked 3"),
    ]  # fmt: skip


def test_a_result_that_is_there_at_once_is_not_asked_for(column: Column, jobs: Jobs) -> None:
    http_columns.save(column, {"poll": POLL | {"until": "{{status}} == 202"}, "field_paths": ["job"]})
    advance(run(column))
    assert cell(column).state == "done"
    assert jobs.asked == 0


def test_a_write_that_was_refused_is_not_waited_for(column: Column, jobs: Jobs) -> None:
    jobs.status = 400
    advance(run(column))
    assert (cell(column).state, cell(column).error_code) == ("failed", "http_400")
    assert not OpenExchange.objects.exists()


def test_a_job_that_failed_fails_the_row(column: Column, jobs: Jobs) -> None:
    http_columns.save(column, {"poll": POLL | {"failed_if": '{{body.state}} == "error"'}})
    jobs.done = httpx.Response(200, json={"state": "error", "message": "No such company"})
    advance(run(column), 3)
    failed = cell(column)
    assert (failed.state, failed.error_code, failed.error_message) == ("failed", "poll_failed", "200 · No such company")
    assert not OpenExchange.objects.exists()
    advance(run(column, "failed"))
    assert jobs.writes == 2  # the job came to nothing, and so somebody may have it done again


def times_out(column: Column, jobs: Jobs) -> None:
    http_columns.save(column, {"poll": POLL | {"for_ms": 1000}})
    jobs.asks = 1_000
    waiting = run(column)
    advance(waiting)
    kept = OpenExchange.objects.get()
    progress = open_exchanges.opened(kept.sealed)
    kept.sealed = open_exchanges.sealed(replace(progress, began_at=progress.began_at - 2))
    kept.save()
    advance(waiting)


def test_a_condition_that_fails_with_every_answer_says_so_while_its_row_waits_and_at_its_end(
    column: Column, jobs: Jobs
) -> None:
    wrong = {"until": "{{body.state}}.status.done", "failed_if": '{{body.error}}.code == "x"'}
    http_columns.save(column, {"poll": POLL | wrong})
    waiting = run(column)
    advance(waiting)
    reason = " · “Until” fails: Cannot read property 'done' of undefined"
    assert (cell(column).state, cell(column).error_message) == ("waiting", f"Waits for the API{reason}")
    advance(waiting)
    assert cell(column).error_message == f"Waits for the API (asked once){reason}"
    kept = OpenExchange.objects.get()
    progress = open_exchanges.opened(kept.sealed)
    kept.sealed = open_exchanges.sealed(replace(progress, began_at=progress.began_at - 601))
    kept.save()
    advance(waiting)
    assert cell(column).error_code == "poll_timeout"
    both = f"{reason} · “Failed if” fails: {{{{body.error}}}} is empty"
    assert cell(column).error_message == f"No result after 10 min (asked 2 times): state: done{both}"
    http_columns.save(column, {"poll": POLL})
    jobs.asks = 0
    advance(run(column, "failed"), 2)
    assert (cell(column).state, jobs.writes) == ("done", 1)


def test_a_success_condition_that_fails_says_so(column: Column, jobs: Jobs) -> None:
    http_columns.save(column, {"poll": None, "success_if": "{{body.state}}.ok.yes"})
    advance(run(column))
    assert (cell(column).state, cell(column).error_code) == ("failed", "no_verdict")
    words = "202 · job: 7 · “Success if” fails: Cannot read property 'yes' of undefined"
    assert cell(column).error_message == words


@pytest.mark.parametrize(("scope", "how"), [("failed", {}), ({"first": 1}, {"ask_again": True})])
def test_after_its_time_a_row_fails_and_can_be_asked_for_again(
    scope: Any, how: dict[str, Any], column: Column, jobs: Jobs
) -> None:
    times_out(column, jobs)
    failed = cell(column)
    assert (failed.state, failed.error_code) == ("failed", "poll_timeout")
    assert failed.error_message == "No result after 1 s (asked once): state: running"
    jobs.asks = 0
    again = run(column, scope, **how)
    advance(again)
    assert (cell(column).state, again.state) == ("done", "done")
    assert jobs.writes == 1


def test_rows_that_shared_its_request_are_not_sent_when_the_asking_fails(
    column: Column, jobs: Jobs, leads: Table
) -> None:
    rows.append(leads, [{"Company": "Acme"}])
    http_columns.save(column, {"poll": POLL | {"for_ms": 1000}, "collapse_duplicates": True})
    jobs.asks = 1_000
    waiting = run(column, "all")
    advance(waiting)
    for kept in OpenExchange.objects.all():
        progress = open_exchanges.opened(kept.sealed)
        kept.sealed = open_exchanges.sealed(replace(progress, began_at=progress.began_at - 2))
        kept.save()
    advance(waiting, 3)
    assert (jobs.writes, waiting.state) == (3, "done")
    states = list(Cell.objects.filter(column=column).order_by("row_id").values_list("state", "error_code"))
    assert states == [*[("failed", "poll_timeout")] * 3, ("unknown", "poll_timeout")]
    jobs.asks = 0
    advance(run(column, "failed"), 2)
    assert jobs.writes == 3
    assert Cell.objects.filter(column=column, state="done").count() == 3


def test_a_waiting_row_goes_on_with_a_new_key(column: Column, jobs: Jobs, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["the old key"]
    waiting = run(column)
    advance(waiting)
    settings.ENCRYPTION_KEYS = ["the new key", "the old key"]
    call_command("rotate_keys", stdout=StringIO())
    settings.ENCRYPTION_KEYS = ["the new key"]
    jobs.asks = 0
    advance(waiting)
    assert (cell(column).state, jobs.writes) == ("done", 1)


def test_who_says_that_rows_are_to_be_sent_has_them_sent(column: Column, jobs: Jobs) -> None:
    times_out(column, jobs)
    advance(run(column, "all"))
    assert jobs.writes == 4  # the three rows, one of them anew


def test_with_other_inputs_a_row_is_another_request(column: Column, jobs: Jobs, leads: Table) -> None:
    times_out(column, jobs)
    company = leads.columns.get(name="Company")
    row = cell(column).row
    rows.update(leads, [{"id": row.pk, "cells": {company.name: "Northwind"}}])
    advance(run(column, "failed"))
    assert jobs.writes == 2


def test_a_stopped_run_can_be_asked_for_again(column: Column, jobs: Jobs) -> None:
    waiting = run(column)
    advance(waiting)
    lifecycle.stop(waiting)
    assert cell(column).state == "cancelled"
    jobs.asks = 0
    advance(run(column, {"first": 1}, ask_again=True))
    assert (cell(column).state, jobs.writes) == ("done", 1)


def test_a_run_that_is_paused_asks_for_nothing_until_it_is_resumed(column: Column, jobs: Jobs) -> None:
    waiting = run(column)
    advance(waiting)
    lifecycle.pause(waiting)
    advance(waiting, 2)
    assert (cell(column).state, jobs.asked) == ("waiting", 0)
    lifecycle.resume(waiting)
    advance(waiting, 2)
    assert (cell(column).state, waiting.state, jobs.writes) == ("done", "done", 1)


def test_a_worker_that_dies_while_it_asks_leaves_the_row_to_be_asked_for(column: Column, jobs: Jobs) -> None:
    waiting = run(column)
    advance(waiting)
    Cell.objects.update(due_at=timezone.now())
    [taken] = claims.claim(waiting.pk, 1, 999).rows
    assert cell(column).state == "running"
    sweep()
    assert (cell(column).state, taken.attempts) == ("queued", 1)
    advance(waiting, 2)
    assert (cell(column).state, jobs.writes) == ("done", 1)


def test_a_question_that_fails_is_asked_again_and_the_row_never_sent_again(column: Column, jobs: Jobs) -> None:
    http_columns.save(column, {"retry": {"max_retries": 1}})
    jobs.asks, jobs.done = 0, httpx.Response(500, json={"error": "down"})
    waiting = run(column)
    advance(waiting, 2)
    assert cell(column).state == "waiting"
    advance(waiting, 1)
    failed = cell(column)
    assert (failed.state, failed.error_code, jobs.writes, jobs.asked) == ("failed", "http_500", 1, 2)
    jobs.done = None
    advance(run(column, "failed"))
    assert (cell(column).state, jobs.writes) == ("done", 1)


def test_an_address_that_leads_nowhere_fails_its_row_and_holds_up_no_other(
    column: Column, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    http_columns.save(column, {"poll": POLL | {"url": ""}})
    places = iter(["http://[bad", "/jobs/7", "/jobs/7"])

    def answer(request: httpx.Request) -> httpx.Response:
        told = jobs.answer(request)
        if request.method == "POST":
            told.headers["Location"] = next(places)
        return told

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(answer))
    waiting = run(column, "all")
    advance(waiting, 4)
    assert (waiting.state, waiting.failed, waiting.done) == ("done", 1, 2)
    failed = Cell.objects.get(state="failed")
    assert failed.error_message == "“http://[bad” isn't an address where Marl could ask for the result."
    http_columns.save(column, {"poll": POLL})
    advance(run(column, "failed"), 2)
    assert (jobs.writes, Cell.objects.filter(state="done").count()) == (3, 3)


def test_a_row_that_marl_cannot_prepare_holds_up_no_other(
    column: Column, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = RequestTemplate.render

    def breaks(template: RequestTemplate, values: Any, *more: Any) -> Any:
        if "Fabrikam" in values.values():
            raise ValueError("a fault of ours")
        return prepared(template, values, *more)

    monkeypatch.setattr(RequestTemplate, "render", breaks)
    waiting = run(column, "all")
    advance(waiting, 4)
    assert (waiting.state, waiting.failed, waiting.done) == ("done", 1, 2)
    assert Cell.objects.get(state="failed").error_code == "internal"


def test_a_column_that_no_longer_asks_does_not_send_the_row_again(column: Column, jobs: Jobs) -> None:
    waiting = run(column)
    advance(waiting)
    http_columns.save(column, {"poll": None})
    advance(waiting)
    assert (cell(column).error_code, jobs.writes) == ("no_poll", 1)


def test_rows_that_wait_are_not_read_until_they_are_due(column: Column, jobs: Jobs, leads: Table) -> None:
    waiting = run(column, "all")
    advance(waiting)
    assert Cell.objects.filter(state="waiting").count() == 3
    Cell.objects.update(due_at=timezone.now() + timedelta(minutes=5))
    assert not claims.claim(waiting.pk, 10, heartbeat.worker_id()).rows
    due = claims.next_due(waiting)
    assert due is not None
    assert 290 < due < 301
    Cell.objects.filter(row_id=leads.rows.order_by("pk")[0].pk).update(finished_at=timezone.now() + timedelta(hours=1))
    assert len(claims.claim(waiting.pk, 10, heartbeat.worker_id()).rows) == 1  # the clock was set back


def test_a_row_that_changes_while_it_waits_comes_to_a_result_that_is_out_of_date(
    column: Column, jobs: Jobs, leads: Table
) -> None:
    waiting = run(column)
    advance(waiting)
    company = leads.columns.get(name="Company")
    rows.update(leads, [{"id": cell(column).row_id, "cells": {company.name: "Northwind"}}])
    advance(waiting, 2)
    assert (cell(column).state, cell(column).stale, jobs.writes) == ("done", True, 1)


def test_a_result_of_what_was_sent_with_earlier_settings_is_out_of_date(column: Column, jobs: Jobs) -> None:
    waiting = run(column)
    advance(waiting)
    before = http_columns.shown(column)["body"]
    http_columns.save(column, {"body": '{"company": "{{Company}}"}'})
    advance(waiting, 2)
    assert (cell(column).state, cell(column).stale, jobs.writes) == ("done", True, 1)
    http_columns.save(column, {"body": before})
    work_through(column)
    assert not cell(column).stale


def test_where_to_ask_and_what_to_keep_can_be_corrected_while_a_row_waits(column: Column, jobs: Jobs) -> None:
    waiting = run(column)
    advance(waiting)
    http_columns.save(column, {"poll": POLL | {"url": "/work/{{first.job}}"}, "field_paths": ["state"]})
    advance(waiting, 2)
    assert (cell(column).value, cell(column).stale, jobs.writes) == ({"state": "done"}, False, 1)


def test_a_test_of_one_row_asks_until_the_result_is_there(column: Column, jobs: Jobs, leads: Table) -> None:
    first = leads.rows.order_by("pk")[0].pk
    tested = one_row.send(column, first)
    assert (tested["cell"]["state"], tested["cell"]["value"]) == ("done", {"size": 5})
    assert [attempt["part"] for attempt in tested["attempts"]] == ["", "asked 1", "asked 2"]
    assert not OpenExchange.objects.exists()
    [asks] = one_row.preview(column, first)["then"]
    assert asks["words"] == 'Asks every 100 ms, for up to 10 min, until {{body.state}} == "done"'
    estimated = estimate.estimate(column, "missing")
    assert (estimated["requests"], estimated["at_least"]) == (6, True)


def test_a_recipe_keeps_what_is_over_answers_whatever_columns_are_called(
    column: Column, leads: Table, workspace: Any, editor: Any
) -> None:
    table_columns.create(leads, "body", "text")
    recipe = recipes.read(recipe_export.export(column))
    assert recipe.columns == ["Company"]
    choices = recipe_import.Choices({"Company": "body"})
    imported = recipe_import.create(Actor(editor, workspace, Role.EDITOR), leads, recipe, choices)
    assert http_columns.shown(imported)["poll"] == http_columns.shown(column)["poll"]
    assert http_columns.shown(imported)["body"] == '{"name": "{{body}}"}'


@pytest.mark.parametrize(
    ("poll", "field"),
    [
        ({}, "poll.until"),
        ({"until": "{{nobody}} == 1"}, "poll.until"),
        ({"until": "{{status}} == 200", "url": "/{{Company}}"}, "poll.url"),
        ({"until": "{{status}} == 200", "every_ms": 1}, "poll.every_ms"),
        ({"until": "{{status}} == 200", "failed_if": "{{"}, "poll.failed_if"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(poll: dict[str, Any], field: str, http: Callable[..., Column]) -> None:
    with pytest.raises(InvalidSettings) as found:
        http(poll=poll)
    assert {problem.field for problem in found.value.problems} == {field}
