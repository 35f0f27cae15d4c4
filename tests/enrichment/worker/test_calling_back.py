"""Rows whose API posts their result: to an address of their own, once, whenever it comes."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from enrichment.api import callbacks as api
from enrichment.columns import http as http_columns
from enrichment.columns import lifecycle as columns
from enrichment.engine.errors import InvalidSettings
from enrichment.http_client import event_loop
from enrichment.models import Attempt, CallbackAddress, Claim, OpenExchange, Run, Runner
from enrichment.preview import estimate
from enrichment.runs import callbacks, calls, claims, lifecycle
from enrichment.worker import open_exchanges, step
from tables import rows
from tables.models import Cell, Column, Table
from tests.enrichment.conftest import sweep

pytestmark = pytest.mark.django_db(transaction=True)

BODY = '{"name": "{{Company}}", "tell": "{{callback_url}}"}'


class Provider:
    """An API that is given an address to call for each row."""

    def __init__(self) -> None:
        self.client = Client()
        self.addresses: list[str] = []
        self.answer: httpx.Response | Exception | None = None
        self.calls_first: object = None  # what it posts before it answers

    def respond(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"state": "done", "size": 9})
        self.addresses.append(json.loads(request.content)["tell"])
        if self.calls_first is not None:
            event_loop._get().database.submit(self.call, self.calls_first).result()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or httpx.Response(202, json={"state": "queued", "told": self.addresses[-1]})

    def call(self, what: object, number: int = -1, **more: Any) -> Any:
        path = self.addresses[number].removeprefix("http://127.0.0.1:8000")
        body = what if isinstance(what, bytes | str) else json.dumps(what)
        return self.client.post(path, body, **{"content_type": "application/json"} | more)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Provider:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    made = Provider()
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(made.respond))
    return made


@pytest.fixture
def column(http: Callable[..., Column]) -> Column:
    return http(url="https://api.example/jobs", body=BODY, callback={"for_ms": 60_000}, field_paths=["size"])


def run(column: Column, rows: Any = None, **how: Any) -> Run:
    return lifecycle.plan(column, rows or {"first": 1}, **how)


def advance(run: Run, steps: int = 1) -> None:
    for _ in range(steps):
        Runner.objects.update(token="")
        step.advance(run.pk, "")
        step.drain(5)
    run.refresh_from_db()


def cell(column: Column) -> Cell:
    return Cell.objects.get(column=column)


def time_is_up(column: Column) -> None:
    for kept in OpenExchange.objects.all():
        progress = open_exchanges.opened(kept.sealed)
        kept.sealed = open_exchanges.sealed(replace(progress, began_at=progress.began_at - 120))
        kept.save()
    Cell.objects.filter(column=column, state="waiting").update(due_at=timezone.now())


def sweep_late() -> None:
    CallbackAddress.objects.update(called_at=timezone.now() - timedelta(minutes=1))
    calls.sweep()


def test_a_row_waits_for_the_call_and_is_sent_once(column: Column, provider: Provider) -> None:
    waiting = run(column)
    advance(waiting)
    first = cell(column)
    assert (first.state, first.error_message) == ("waiting", "Waits for the API to call back")
    assert first.due_at
    assert first.due_at > timezone.now() + timedelta(seconds=50)
    assert not Claim.objects.exists()
    assert provider.call({"size": 5}).json() == {"message": "Received."}
    advance(waiting)
    assert (cell(column).state, cell(column).value, waiting.state) == ("done", {"size": 5}, "done")
    assert len(provider.addresses) == 1
    assert not OpenExchange.objects.exists()
    again = provider.call({"size": 6})
    assert (again.status_code, again.json()["message"]) == (200, calls.AGAIN)
    assert cell(column).value == {"size": 5}
    read = CallbackAddress.objects.get()
    assert (read.state, read.body, read.headers) == ("read", None, None)


def test_the_address_stands_nowhere_in_what_is_kept(column: Column, provider: Provider) -> None:
    http_columns.save(column, {"field_paths": []})
    waiting = run(column)
    advance(waiting)
    secret = provider.addresses[0].rpartition("/")[2]
    assert len(secret.removeprefix("mcb_")) == 43
    provider.call({"size": 5, "answers": provider.addresses[0]})
    advance(waiting)
    sent, called = Attempt.objects.order_by("number")
    assert "/api/v1/callbacks/••••••••" in str(sent.request)
    assert "/api/v1/callbacks/••••••••" in str(sent.response)
    assert ((called.request or {})["part"], json.loads((called.response or {})["body"])["size"]) == ("called back", 5)
    everything = [*Attempt.objects.values(), *Cell.objects.values(), *CallbackAddress.objects.values()]
    assert secret not in str(everything)


def test_a_call_before_the_answer_is_not_lost(column: Column, provider: Provider) -> None:
    provider.calls_first = {"size": 7}
    waiting = run(column)
    advance(waiting, 2)
    assert (cell(column).value, waiting.state, len(provider.addresses)) == ({"size": 7}, "done", 1)


@pytest.mark.parametrize("answer", [httpx.Response(500, json={"error": "down"}), httpx.ReadTimeout("slow")])
def test_a_call_says_more_than_an_answer_that_failed(column: Column, provider: Provider, answer: Any) -> None:
    provider.answer, provider.calls_first = answer, {"size": 7}
    early = run(column)
    advance(early, 2)
    assert (cell(column).value, early.state, len(provider.addresses)) == ({"size": 7}, "done", 1)
    assert {"done": early.done, "failed": early.failed, "unknown": early.unknown} == {
        "done": 1, "failed": 0, "unknown": 0,
    }  # fmt: skip


def test_a_call_after_a_row_has_ended_without_one_still_fills_it(
    column: Column, provider: Provider, edit: Callable[..., None]
) -> None:
    waiting = run(column)
    advance(waiting)
    time_is_up(column)
    advance(waiting)
    failed = cell(column)
    assert (failed.state, failed.error_code, waiting.state) == ("failed", "callback_timeout", "done")
    assert failed.error_message == "No call within 1 min. The API had answered: 202 · state: queued"
    edit(0, Company="Northwind")
    provider.call({"size": 5})
    sweep_late()
    calls.sweep()  # which plans no second run
    late = Run.objects.latest("pk")
    assert (late.automatic, Run.objects.count()) == (True, 2)
    advance(late)
    filled = cell(column)
    assert (filled.state, filled.value, filled.stale, late.state) == ("done", {"size": 5}, True, "done")
    assert len(provider.addresses) == 1


def test_a_run_that_reads_late_calls_sends_nothing(column: Column, provider: Provider) -> None:
    waiting = run(column)
    advance(waiting)
    time_is_up(column)
    advance(waiting)
    provider.call({"size": 5})
    sweep_late()
    CallbackAddress.objects.all().delete()
    late = Run.objects.latest("pk")
    advance(late)
    assert (late.state, late.cancelled, len(provider.addresses)) == ("done", 1, 1)
    assert cell(column).state == "failed"


def test_whoever_asks_again_waits_again_without_a_new_write(column: Column, provider: Provider) -> None:
    waiting = run(column)
    advance(waiting)
    time_is_up(column)
    advance(waiting)
    again = run(column, "failed")
    advance(again)
    assert (cell(column).state, again.state) == ("waiting", "running")
    provider.call({"size": 5})
    advance(again)
    assert (cell(column).value, again.state, len(provider.addresses)) == ({"size": 5}, "done", 1)


def test_a_call_during_a_pause_is_read_when_the_run_is_resumed(column: Column, provider: Provider) -> None:
    waiting = run(column)
    advance(waiting)
    lifecycle.pause(waiting)
    provider.call({"size": 5})
    advance(waiting)
    assert (cell(column).state, waiting.state) == ("waiting", "paused")
    lifecycle.resume(waiting)
    advance(waiting)
    assert (cell(column).value, waiting.state, len(provider.addresses)) == ({"size": 5}, "done", 1)


def test_a_call_for_a_stopped_run_is_kept_until_somebody_asks_again(column: Column, provider: Provider) -> None:
    waiting = run(column)
    advance(waiting)
    lifecycle.stop(waiting)
    assert provider.call({"size": 5}).json() == {"message": calls.KEPT}
    sweep_late()
    assert (cell(column).state, Run.objects.count()) == ("cancelled", 1)
    again = run(column, {"first": 1}, ask_again=True)
    advance(again)
    assert (cell(column).value, len(provider.addresses)) == ({"size": 5}, 1)


def test_who_says_that_rows_are_to_be_sent_has_them_sent_and_old_addresses_lead_nowhere(
    column: Column, provider: Provider
) -> None:
    waiting = run(column)
    advance(waiting)
    lifecycle.stop(waiting)
    advance(run(column))
    assert len(provider.addresses) == 2
    old = provider.call({"size": 5}, number=0)
    assert (old.status_code, old.json()["error"]["code"]) == (404, "not_found")


def test_a_worker_that_dies_amid_a_request_leaves_its_row_to_be_called_back(column: Column, provider: Provider) -> None:
    waiting = run(column)
    provider.answer = httpx.ReadTimeout("the worker is gone")
    advance(waiting)
    assert cell(column).state == "unknown"
    provider.call({"size": 5})
    sweep_late()
    advance(Run.objects.latest("pk"))
    assert (cell(column).value, len(provider.addresses)) == ({"size": 5}, 1)


def test_a_worker_that_dies_while_it_reads_a_call_leaves_it_to_be_read(column: Column, provider: Provider) -> None:
    waiting = run(column)
    advance(waiting)
    provider.call({"size": 5})
    assert claims.claim(waiting.pk, 1, 999).rows
    sweep()
    assert cell(column).state in ("waiting", "queued")
    advance(waiting)
    assert (cell(column).value, len(provider.addresses)) == ({"size": 5}, 1)


def test_each_try_has_an_address_and_any_of_them_may_be_called(column: Column, provider: Provider) -> None:
    provider.answer = httpx.Response(503, json={"error": "busy"})
    waiting = run(column)
    for _ in range(2):
        Cell.objects.update(due_at=None)
        advance(waiting)
    provider.answer = None
    Cell.objects.update(due_at=None)
    advance(waiting)
    assert len(set(provider.addresses)) == 3
    provider.call({"size": 5}, number=0)
    assert provider.call({"size": 6}, number=2).json()["message"] == calls.AGAIN
    advance(waiting)
    assert cell(column).value == {"size": 5}


def test_a_call_that_a_wrong_condition_cannot_judge_is_kept_to_be_read_again(
    column: Column, provider: Provider
) -> None:
    http_columns.save(column, {"success_if": "{{body.ok}}.a.b"})
    waiting = run(column)
    advance(waiting)
    provider.call({"ok": True, "size": 5})
    advance(waiting)
    words = "The API called back: ok: true · “Success if” fails: Cannot read property 'b' of undefined"
    assert (cell(column).error_code, cell(column).error_message) == ("no_verdict", words)
    http_columns.save(column, {"success_if": "{{body.ok}}"})
    advance(run(column, "failed"))
    assert (cell(column).state, cell(column).value, len(provider.addresses)) == ("done", {"size": 5}, 1)


def test_a_call_is_read_as_answers_are(column: Column, provider: Provider) -> None:
    http_columns.save(column, {"success_if": "{{body.ok}}", "field_paths": []})
    waiting = run(column)
    advance(waiting)
    provider.call({"ok": False, "message": "No such company"})
    advance(waiting)
    failed = cell(column)
    assert (failed.error_code, failed.error_message) == ("no_success", "The API called back: No such company")
    http_columns.save(column, {"success_if": "", "answer": "json"})
    waiting = run(column)
    advance(waiting)
    provider.call("size: 5", content_type="text/plain")
    advance(waiting)
    assert (cell(column).state, cell(column).error_code) == ("failed", "not_json")
    http_columns.save(column, {"answer": "text"})
    advance(run(column, "failed"))
    assert (cell(column).state, cell(column).value, len(provider.addresses)) == ("done", "size: 5", 2)


def test_a_form_that_is_posted_is_read_by_its_fields(column: Column, provider: Provider) -> None:
    http_columns.save(column, {"field_paths": ["size", "tags"], "success_if": "{{body.size}} == 5"})
    waiting = run(column)
    advance(waiting)
    provider.call("size=5&tags=a&tags=b+%C3%BC", content_type="application/x-www-form-urlencoded")
    advance(waiting)
    assert (cell(column).state, cell(column).value) == ("done", {"size": "5", "tags": ["a", "b ü"]})
    assert [attempt.response and attempt.response["body"] for attempt in Attempt.objects.order_by("number")][-1] == (
        "size=5&tags=a&tags=b+%C3%BC"
    )


def test_where_a_column_also_polls_a_call_says_that_it_is_time_to_ask(column: Column, provider: Provider) -> None:
    poll = {"until": '{{body.state}} == "done"', "url": "/jobs/7", "every_ms": 600_000, "for_ms": 900_000}
    http_columns.save(column, {"poll": poll})
    waiting = run(column)
    advance(waiting)
    provider.call({"state": "ready"})
    advance(waiting, 2)
    assert (cell(column).value, waiting.state, len(provider.addresses)) == ({"size": 9}, "done", 1)


@pytest.mark.parametrize("in_time", [True, False])
def test_a_call_for_what_was_sent_with_earlier_settings_is_out_of_date(
    column: Column, provider: Provider, *, in_time: bool
) -> None:
    waiting = run(column)
    advance(waiting)
    http_columns.save(column, {"query": [{"name": "depth", "value": "2"}]})
    if not in_time:
        time_is_up(column)
        Cell.objects.update(due_at=timezone.now())
        advance(waiting)
        assert cell(column).state == "failed"
    provider.call({"size": 5})
    CallbackAddress.objects.update(called_at=timezone.now() - timedelta(minutes=1))
    calls.sweep()
    for going_on in Run.objects.filter(state__in=Run.OPEN):
        advance(going_on)
    assert (cell(column).state, cell(column).value, cell(column).stale) == ("done", {"size": 5}, True)


def test_rows_that_ask_and_may_be_called_back_wait_side_by_side(
    http: Callable[..., Column], provider: Provider
) -> None:
    poll = {"until": '{{body.state}} == "done"', "url": "/jobs/7", "every_ms": 100}
    both = http(url="https://api.example/jobs", body=BODY, callback={"for_ms": 60_000}, poll=poll)
    waiting = run(both, "all")
    for _ in range(2):
        Cell.objects.update(due_at=timezone.now())
        advance(waiting)
    assert set(Cell.objects.values_list("state", flat=True)) == {"done"}
    assert len(provider.addresses) == 3


def test_what_is_gone_or_changed_is_told(column: Column, provider: Provider, leads: Table) -> None:
    waiting = run(column, "all")
    advance(waiting)
    assert len(provider.addresses) == 3
    http_columns.save(column, {"callback": None, "body": "{}"})
    provider.call({"size": 5}, number=0)
    advance(waiting)
    assert Cell.objects.filter(column=column, error_code="no_callback").count() == 1
    assert len(provider.addresses) == 3
    http_columns.save(column, {"callback": {"for_ms": 60_000}, "body": BODY})
    advance(run(column, "failed", automatic=True))
    assert (Cell.objects.filter(column=column, state="done").count(), len(provider.addresses)) == (1, 3)
    second = leads.rows.order_by("pk")[1].pk
    rows.delete(leads, [second])
    gone = provider.call({"size": 5}, number=1)
    assert (gone.status_code, gone.json()["error"]["message"][:20]) == (410, "The row was deleted,")
    columns.delete(column)
    assert provider.call({"size": 5}, number=2).json()["error"]["message"].startswith("The column was deleted")


def test_strangers_and_what_is_too_large_are_refused(
    column: Column, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance(run(column))
    assert provider.client.get(provider.addresses[0]).json()["message"].startswith("Waits for the API")
    monkeypatch.setattr(api, "MAX_READ", 10)
    assert provider.call({"size": "much too large"}).status_code == 413
    assert provider.call(b"nothing", headers={"Content-Encoding": "gzip"}).status_code == 400
    monkeypatch.setattr(api, "MOST_WRONG", 2)
    wrong = "/api/v1/callbacks/mcb_" + 43 * "a"
    statuses = [provider.client.post(wrong, REMOTE_ADDR="192.0.2.7").status_code for _ in range(3)]
    assert statuses == [404, 404, 429]
    assert provider.call({"size": 5}, REMOTE_ADDR="192.0.2.7").status_code == 413
    assert CallbackAddress.objects.get().state == "open"


def test_addresses_are_forgotten_a_while_after_their_time(column: Column, provider: Provider) -> None:
    advance(run(column))
    CallbackAddress.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    callbacks.prune()
    assert provider.call({"size": 5}).status_code == 404


@pytest.mark.parametrize(
    ("settings_", "field"),
    [
        ({"body": "{}"}, "callback.for_ms"),
        ({"callback": None}, "body"),
        ({"callback": {"for_ms": 1}}, "callback.for_ms"),
        ({"pages": {"by": "page", "parameter": "page"}}, "pages.by"),
        ({"batch": {"rows": 2}}, "batch.rows"),
        ({"collapse_duplicates": True}, "collapse_duplicates"),
        ({"idempotency_header": "Idempotency-Key"}, "idempotency_header"),
    ],
)
def test_what_does_not_go_together_is_said_at_its_place(
    settings_: dict[str, Any], field: str, http: Callable[..., Column]
) -> None:
    with pytest.raises(InvalidSettings) as found:
        http(**{"body": BODY, "callback": {"for_ms": 60_000}} | settings_)
    assert field in {problem.field for problem in found.value.problems}


def test_an_estimate_counts_the_requests_alone(column: Column) -> None:
    estimated = estimate.estimate(column, "missing")
    assert (estimated["requests"], estimated["at_least"]) == (3, False)
    assert not CallbackAddress.objects.exists()
