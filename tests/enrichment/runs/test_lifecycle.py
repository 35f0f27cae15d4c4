"""A run, from the plan to the cells, against a real HTTP server."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
import redis
from django.core.files.base import ContentFile
from django.db import connections as databases

from enrichment.columns import http as http_columns
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings
from enrichment.http_client.rate_limit import Limiter
from enrichment.models import Attempt, Connection, Run, Worker
from enrichment.runs import claims, lifecycle, progress
from enrichment.worker import reading
from enrichment.worker import step as steps
from tables import catalog, cells, row_order
from tables import rows as table_rows
from tables.imports import job, uploads
from tables.models import Cell, Column, Table
from tables.row_queries import rows_with_errors
from tests.enrichment.conftest import sweep
from tests.servers.threads import KeepAliveHandler, answer_json, running
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "opaque-token-0123456789"


class Api(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls: list[tuple[str, str, dict[str, str], Any]] = []
        self.times: list[float] = []
        self.answers: list[tuple[int, Any, dict[str, str]] | None] = []  # before the usual ones; None: hang up
        self.sign_ins = 0
        self.good_token = TOKEN

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(KeepAliveHandler):
    server: Api

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "null")
        if self.path == "/login":
            self.server.sign_ins += 1
            good = body.get("password") == "right"
            answer_json(
                self, 200 if good else 401, {"data": {"token": self.server.good_token}} if good else {"detail": "wrong"}
            )
            return
        self.server.times.append(time.monotonic())
        if self.server.answers:
            answer = self.server.answers.pop(0)
            if answer is None:
                self.close_connection = True
                return
            answer_json(self, *answer)
            return
        self.server.calls.append(
            (self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        )
        if "Authorization" in self.headers and self.headers["Authorization"] != f"Bearer {self.server.good_token}":
            answer_json(self, 401, {"detail": "token expired"})
        elif body and body.get("name") == "Tailspin":
            answer_json(self, 404, {"detail": "no such company"})
        else:
            answer_json(self, 200, {"data": {"name": body and body.get("name"), "city": "Utrecht", "extra": 1}})

    def do_GET(self) -> None:
        self.do_POST()


@pytest.fixture
def api() -> Iterator[Api]:
    with running(Api()) as server:
        yield server


@pytest.fixture
def actor(workspace: Any, owner: Any) -> Actor:
    return Actor(owner, workspace, Role.OWNER)


@pytest.fixture
def table(actor: Actor) -> Table:
    table = catalog.create(actor, "Leads", [("Company", "text"), ("Size", "text")])
    table_rows.append(table, [{"Company": f"Company {number}", "Size": str(number)} for number in range(30)])
    return table


@pytest.fixture
def connection(actor: Actor, api: Api) -> Connection:
    return connect(actor, api, "right")


def connect(actor: Actor, api: Api, password: str) -> Connection:
    request = {
        "method": "POST",
        "url": f"{api.url}/login",
        "headers": [],
        "body_format": "json",
        "body": '{"user": "{{secret.username}}", "password": "{{secret.password}}"}',
    }
    return connection_settings.create(
        actor,
        name="Acme",
        kind="jwt",
        config={"auth_request": request, "token_path": "data.token"},
        secrets={"username": "sam", "password": password},
    )


def http_column(table: Table, api: Api, **config: Any) -> Column:
    request = {"method": "POST", "url": f"{api.url}/companies", "body": '{"name": "{{Company}}"}'}
    return http_columns.create(table, "Profile", request | {"auto_update": False} | config)


def finish(run: Run, most: int = 50) -> Run:
    """Advances as the worker does, without its waits."""
    token = ""
    for _ in range(most):
        again = steps.advance(run.pk, token)
        if again is None:
            break
        token = again[0]
    run.refresh_from_db()
    return run


def test_every_row_is_sent_and_its_answer_kept(table: Table, api: Api) -> None:
    column = http_column(table, api, field_paths=["data.name", "data.city"])
    run = finish(lifecycle.plan(column, "all"))
    assert (run.state, run.done, run.total) == ("done", 30, 30)
    cell = Cell.objects.get(column=column, row=row_order.window(column.table_id, 3, 1)[0])
    assert cell.value == {"data": {"name": "Company 3", "city": "Utrecht"}}
    assert sorted(call[3]["name"] for call in api.calls) == sorted(f"Company {number}" for number in range(30))
    assert Attempt.objects.count() == 30


def test_one_sign_in_serves_all_rows(table: Table, api: Api, connection: Connection) -> None:
    run = finish(lifecycle.plan(http_column(table, api, connection_id=connection.pk), "all"))
    assert run.done == 30
    assert api.sign_ins == 1
    assert {call[2]["authorization"] for call in api.calls} == {f"Bearer {TOKEN}"}


def test_a_refused_token_is_renewed_once_and_the_row_sent_again(table: Table, api: Api, connection: Connection) -> None:
    column = http_column(table, api, connection_id=connection.pk, max_in_flight=1)
    finish(lifecycle.plan(column, {"first": 1}))
    api.good_token = "another-token-9876543210"
    run = finish(lifecycle.plan(column, "all"))
    assert (run.done, run.failed) == (30, 0)
    assert api.sign_ins == 2


def test_a_wrong_password_stops_the_run_after_one_sign_in(table: Table, api: Api, actor: Actor) -> None:
    column = http_column(table, api, connection_id=connect(actor, api, "wrong").pk)
    run = finish(lifecycle.plan(column, "all"))
    assert run.state == "stopped"
    assert "401 · wrong" in run.stop_reason
    assert api.sign_ins == 1
    assert api.calls == []
    finish(lifecycle.plan(column, "all"))
    assert api.sign_ins == 1


def test_a_failed_row_says_its_status_and_reason(table: Table, api: Api) -> None:
    [row_id] = table_rows.append(table, [{"Company": "Tailspin"}])
    column = http_column(table, api)
    run = finish(lifecycle.plan(column, "all"))
    cell = Cell.objects.get(column=column, row_id=row_id)
    assert (run.done, run.failed) == (30, 1)
    assert (cell.state, cell.http_status, cell.error_message) == ("failed", 404, "404 · no such company")


def test_a_failure_that_is_handed_down_is_counted_apart(table: Table, api: Api) -> None:
    table_rows.append(table, [{"Company": "Tailspin"}])
    profile = http_column(table, api)
    finish(lifecycle.plan(profile, "all"))
    body = '{"name": {{Profile}}, "size": {{Profile}}}'
    contact = column_lifecycle.create(
        table, "Contact", "http", {"method": "POST", "url": f"{api.url}/lookup", "body": body}
    )
    run = finish(lifecycle.plan(contact, "all"))
    assert (run.failed, run.handed_down, progress.as_json(run)["counts"]["handed_down"]) == (1, 1, 1)
    assert cells.handed_down_counts([profile.pk, contact.pk]) == {contact.pk: 1}
    assert rows_with_errors(table) == 1


def test_rows_that_do_not_meet_the_condition_are_skipped_and_not_sent(table: Table, api: Api) -> None:
    column = http_column(table, api, run_if="{{Size}} >= 20")
    run = finish(lifecycle.plan(column, "all"))
    assert (run.done, run.skipped) == (10, 20)
    assert len(api.calls) == 10


def test_a_row_without_a_required_value_is_not_sent(table: Table, api: Api) -> None:
    table_rows.append(table, [{"Size": "1"}])
    column = http_column(table, api, required=["Company"])
    run = finish(lifecycle.plan(column, "all"))
    assert (run.done, run.missing_input) == (30, 1)
    assert Cell.objects.get(state="missing_input").error_message == "Missing input: Company"


def test_only_rows_without_a_result_run_again(table: Table, api: Api) -> None:
    column = http_column(table, api)
    finish(lifecycle.plan(column, {"first": 10}))
    assert len(api.calls) == 10
    run = finish(lifecycle.plan(column, "missing"))
    assert (run.total, run.done) == (20, 20)
    assert len(api.calls) == 30


def test_chosen_rows_alone_run(table: Table, api: Api) -> None:
    column = http_column(table, api)
    ids = [row.pk for row in table_rows.window(table, 5, 3)]
    run = finish(lifecycle.plan(column, {"ids": ids}))
    assert run.done == 3
    assert {call[3]["name"] for call in api.calls} == {"Company 5", "Company 6", "Company 7"}


def test_all_rows_but_some_run(table: Table, api: Api) -> None:
    column = http_column(table, api)
    left_out = [row.pk for row in table_rows.window(table, 0, 28)]
    run = finish(lifecycle.plan(column, {"all_but": left_out}))
    assert (run.total, run.done) == (2, 2)
    assert {call[3]["name"] for call in api.calls} == {"Company 28", "Company 29"}


def test_failed_rows_run_again(table: Table, api: Api) -> None:
    table_rows.append(table, [{"Company": "Tailspin"}])
    column = http_column(table, api)
    finish(lifecycle.plan(column, "all"))
    run = finish(lifecycle.plan(column, "failed"))
    assert (run.total, run.failed) == (1, 1)


def test_a_stopped_run_sends_nothing_more(table: Table, api: Api) -> None:
    column = http_column(table, api)
    run = lifecycle.stop(lifecycle.plan(column, "all"))
    assert steps.advance(run.pk, "") is None
    assert (run.state, run.cancelled) == ("stopped", 30)
    assert api.calls == []


def test_a_second_run_of_a_running_column_is_refused(table: Table, api: Api) -> None:
    column = http_column(table, api)
    lifecycle.plan(column, "all")
    with pytest.raises(Refused, match="already running"):
        lifecycle.plan(column, "all")


def test_a_new_row_runs_by_itself(table: Table, api: Api) -> None:
    column = http_column(table, api, auto_update=True)
    table_rows.append(table, [{"Company": "Fresh"}])
    [run] = Run.objects.filter(column=column, automatic=True)
    assert finish(run).done == 1
    assert [call[3]["name"] for call in api.calls] == ["Fresh"]


def test_nothing_runs_by_itself_when_the_table_says_so(table: Table, api: Api) -> None:
    http_column(table, api, auto_update=True)
    catalog.change(table, auto_update=False)
    table_rows.append(table, [{"Company": "Fresh"}])
    assert not Run.objects.exists()


def test_a_rate_limit_holds_the_run_back_and_every_row_arrives(table: Table, api: Api) -> None:
    run = finish(lifecycle.plan(http_column(table, api, rate_limit={"requests": 5, "duration_ms": 100}), "all"))
    assert run.done == len(api.calls) == 30
    assert api.times[-1] - api.times[0] > 0.5


def started_step(run: Run) -> threading.Thread:
    """Advances beside the test, as a worker does."""

    def advance() -> None:
        steps.advance(run.pk, "")
        databases.close_all()

    thread = threading.Thread(target=advance)
    thread.start()
    return thread


def finish_beside(run: Run) -> None:
    finish(run)
    databases.close_all()


def test_stopping_in_the_middle_leaves_no_cell_waiting(table: Table, api: Api) -> None:
    run = lifecycle.plan(
        http_column(table, api, max_in_flight=1, rate_limit={"requests": 1, "duration_ms": 200}), "all"
    )
    step = started_step(run)
    while not Cell.objects.filter(state="done").exists():
        step.join(0.05)
    lifecycle.stop(run)
    step.join()
    steps.drain(5)
    run.refresh_from_db()
    states = set(Cell.objects.values_list("state", flat=True))
    assert states <= {"done", "cancelled"}
    assert run.done + run.cancelled == run.total == 30
    assert len(api.calls) < 10


def test_deleting_the_column_or_the_table_ends_its_run(table: Table, api: Api) -> None:
    first = http_column(table, api)
    run = lifecycle.plan(first, "all")
    column_lifecycle.delete(first)
    run.refresh_from_db()
    assert (run.state, run.stop_reason) == ("stopped", "The column was deleted.")
    run = lifecycle.plan(
        http_column(table, api, max_in_flight=1, rate_limit={"requests": 1, "duration_ms": 200}), "all"
    )
    step = started_step(run)
    while not Cell.objects.filter(state="done").exists():
        step.join(0.05)
    catalog.purge(table)
    step.join()
    steps.drain(5)
    assert steps.advance(run.pk, "") is None
    assert not Cell.objects.exists()


def test_a_server_that_asks_to_wait_is_asked_again_and_no_try_is_lost(table: Table, api: Api) -> None:
    api.answers = [(429, {"detail": "slow down"}, {"Retry-After": "0.2"})]
    column = http_column(table, api, retry={"max_retries": 0})
    run = lifecycle.plan(column, {"first": 3})
    finish(run, most=100_000)
    assert (run.done, run.failed) == (3, 0)
    assert len(api.times) == 4
    assert set(Cell.objects.values_list("attempts", flat=True)) == {1}


def test_a_post_that_may_have_arrived_is_not_sent_again(table: Table, api: Api) -> None:
    api.answers = [None]
    run = finish(lifecycle.plan(http_column(table, api), {"first": 1}))
    cell = Cell.objects.get()
    assert (run.unknown, cell.state, len(api.times)) == (1, "unknown", 1)
    assert "may have been sent" in cell.error_message


def test_an_answer_with_nul_characters_is_kept_without_them(table: Table, api: Api) -> None:
    api.answers = [(200, b'{"name": "a\\u0000b"} \0', {}), (404, b"gone\0", {})]
    run = finish(lifecycle.plan(http_column(table, api), {"first": 2}))
    assert run.done + run.failed == 2
    assert all("\0" not in str(attempt.response) + str(attempt.error) for attempt in Attempt.objects.all())


def test_new_rows_of_a_file_run_by_themselves_and_no_others(table: Table, api: Api, actor: Actor) -> None:
    http_column(table, api, auto_update=True)
    file = ContentFile(b"Company,Size\nFresh,1\nNew,2\n", name="more.csv")
    received = uploads.receive(actor, file, table=table)
    uploads.start(received)
    job.run(received.pk)
    [run] = Run.objects.filter(automatic=True)
    assert finish(run).done == 2
    assert sorted(call[3]["name"] for call in api.calls) == ["Fresh", "New"]


@pytest.mark.parametrize(("method", "state"), [("GET", "queued"), ("POST", "unknown")])
def test_what_a_dead_worker_left_is_found(method: str, state: str, table: Table, api: Api) -> None:
    run = lifecycle.plan(http_column(table, api, method=method), {"first": 1})
    claims.claim(run.pk, 1, worker_id=Worker.objects.create(beat=7, seen_beat=7).pk)
    sweep()
    assert Cell.objects.get().state == state
    assert finish(run).state == "done"
    assert len(api.times) == (1 if method == "GET" else 0)


def test_a_limit_of_the_connection_counts_for_all_its_columns(table: Table, api: Api, connection: Connection) -> None:
    connection_settings.save(connection, config={"rate_limit": {"requests": 5, "duration_ms": 300}})
    names = ("Profile", "Contacts")
    request = {"method": "POST", "url": f"{api.url}/companies", "body": '{"name": "{{Company}}"}'}
    settings = request | {"connection_id": connection.pk}
    planned = [lifecycle.plan(http_columns.create(table, name, settings), {"first": 10}) for name in names]
    threads = [threading.Thread(target=finish_beside, args=(run,)) for run in planned]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(Run.objects.values_list("done", flat=True)) == [10, 10]
    # With room for a machine that stalls: starts are tested on the limiter.
    assert min(later - earlier for earlier, later in zip(api.times, api.times[5:], strict=False)) > 0.2


def test_a_limit_of_a_connection_that_cannot_be_is_refused(connection: Connection) -> None:
    with pytest.raises(InvalidSettings) as refused:
        connection_settings.save(connection, config={"rate_limit": {"requests": 0, "duration_ms": 300}})
    assert refused.value.problems[0].field == "config.rate_limit.requests"


def test_a_run_stops_by_itself_at_a_share_of_failures(table: Table, api: Api) -> None:
    table_rows.append(table, [{"Company": "Tailspin"}] * 600)
    column = http_column(table, api, max_in_flight=1, stop_after_failure_percent=20)
    run = finish(lifecycle.plan(column, "all"))
    assert (run.state, run.done) == ("stopped", 30)
    assert run.failed < 600
    assert run.stop_reason.startswith("Stopped because")
    assert run.done + run.failed + run.cancelled == run.total == 630


def test_an_answer_is_kept_when_redis_goes_away_behind_it(
    table: Table, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(Limiter, "succeeded", gone)
    run = finish(lifecycle.plan(http_column(table, api, rate_limit={"requests": 50, "duration_ms": 100}), {"first": 5}))
    assert (run.done, len(api.calls)) == (5, 5)


def test_a_row_that_meets_a_fault_of_ours_is_not_sent_again(
    table: Table, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reading, "read", broken)
    run = finish(lifecycle.plan(http_column(table, api), {"first": 1}))
    assert (run.unknown, len(api.calls)) == (1, 1)
    assert Cell.objects.get().error_message == "Something went wrong in Marl with this row. The log says why."
    assert "ZeroDivisionError" in caplog.text
