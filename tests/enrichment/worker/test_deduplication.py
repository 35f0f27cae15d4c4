"""Identical requests, sent once: inside a run, by several workers, and across runs for as long as the cache says."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connections as databases
from django.test import Client
from django.utils import timezone

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.engine.messages import Request
from enrichment.models import Claim, Connection, Run, SharedAnswer, Worker
from enrichment.preview import estimate
from enrichment.runs import claims, lifecycle
from enrichment.runs.results import Result
from enrichment.worker import deduplication, step
from enrichment.worker import job as jobs
from enrichment.worker.deduplication import Waiters
from tables import catalog, row_order, rows
from tables.models import Cell, CellState, Column, Row, Table
from tests.enrichment.conftest import sweep
from tests.servers.threads import KeepAliveHandler, answer_json, running
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)


class Api(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []  # companies, in order
        self.first: list[int] = []  # statuses of the first answers; 0 hangs up

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(KeepAliveHandler):
    """Says which call this is and what it was asked."""

    server: Api

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "null")
        self.answer(body["name"])

    def do_GET(self) -> None:
        self.answer(self.path.rpartition("/")[2])

    def answer(self, company: str) -> None:
        self.server.asked.append(company)
        status = self.server.first.pop(0) if self.server.first else 200
        if not status:
            self.close_connection = True
            return
        answer_json(self, status, {"company": company, "call": len(self.server.asked), "nul": "a\0b"})


@pytest.fixture
def api() -> Iterator[Api]:
    with running(Api()) as server:
        yield server


@pytest.fixture
def actor(workspace: Any, owner: Any) -> Actor:
    return Actor(owner, workspace, Role.OWNER)


@pytest.fixture
def connection(actor: Actor) -> Connection:
    config = {"in": "header", "name": "X-Key", "allowed_hosts": ["127.0.0.1"]}
    return connection_settings.create(actor, name="Key", kind="api_key", config=config, secrets={"key": "a long key"})


@pytest.fixture
def table(actor: Actor) -> Table:
    """Nine rows of three companies."""
    table = catalog.create(actor, "Leads", [("Company", "text")])
    rows.append(table, [{"Company": ("Acme", "Contoso", "Fabrikam")[number % 3]} for number in range(9)])
    return table


@pytest.fixture
def make(table: Table, api: Api) -> Callable[..., Column]:
    """An HTTP column that sends identical requests once, unless said otherwise."""

    def made(**config: Any) -> Column:
        request = {"method": "POST", "url": f"{api.url}/companies", "body": '{"name": "{{Company}}"}'}
        settings = request | {"collapse_duplicates": True, "auto_update": False}
        return http_columns.create(table, "Profile", settings | config)

    return made


@pytest.fixture
def getting(make: Callable[..., Column], api: Api) -> Column:
    """Uses its answers again for a minute."""
    url = f"{api.url}/companies/{{{{Company}}}}"
    return make(method="GET", url=url, body=None, collapse_duplicates=False, cache_seconds=60)


def run_all(column: Column) -> Run:
    return advanced(lifecycle.plan(column, "all"))


def advanced(run: Run) -> Run:
    """To its end, as the worker does, without its waits: what was put back is due at once."""
    token = ""
    while again := step.advance(run.pk, token):
        token = again[0]
        Cell.objects.filter(run_id=run.pk).update(due_at=None)
    step.drain(5)
    run.refresh_from_db()
    return run


def counted(run: Run, *states: str) -> list[int]:
    return [int(getattr(run, state)) for state in states]


def row_ids(table: Table) -> list[int]:
    return list(Row.objects.filter(table=table).order_by("sort_key").values_list("pk", flat=True))


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_identical_requests_of_a_run_are_sent_once(method: str, make: Callable[..., Column], api: Api) -> None:
    url = {"GET": {"url": f"{api.url}/companies/{{{{Company}}}}", "body": None}}.get(method, {})
    column = make(method=method, **url)
    run = run_all(column)
    assert counted(run, "total", "done") == [9, 9]
    assert sorted(api.asked) == ["Acme", "Contoso", "Fabrikam"]
    offsets = row_order.offsets(Row.objects.filter(table_id=column.table_id))
    for cell in Cell.objects.filter(column=column):
        assert cell.value
        assert cell.value["company"] == ("Acme", "Contoso", "Fabrikam")[offsets[cell.row_id] % 3]


def test_without_the_setting_every_row_is_sent_and_nothing_is_kept(make: Callable[..., Column], api: Api) -> None:
    run_all(make(collapse_duplicates=False))
    assert len(api.asked) == 9
    assert not SharedAnswer.objects.exists()


def test_a_copied_result_says_whose_it_is_and_took_no_try(
    make: Callable[..., Column], table: Table, client_for: Callable[..., Client], owner: Any
) -> None:
    column = make()
    run_all(column)
    first, *_, seventh = row_ids(table)[:7]
    client = client_for(owner)
    own = client.get(f"/api/v1/rows/{first}/cells/{column.pk}").json()
    assert (own["same_as"], own["cell"]["attempts"], len(own["attempts"])) == (None, 1, 1)
    copied = client.get(f"/api/v1/rows/{seventh}/cells/{column.pk}").json()
    assert copied["same_as"] == {"row_id": first, "position": 0}
    assert copied["cell"] == own["cell"] | {"attempts": 0}
    assert copied["attempts"] == []


def test_an_idempotency_key_makes_no_request_different(make: Callable[..., Column], api: Api) -> None:
    run = run_all(make(idempotency_header="Idempotency-Key"))
    assert (run.done, len(api.asked)) == (9, 3)


def test_an_answer_that_fails_is_shared_once_its_tries_are_used_up(make: Callable[..., Column], api: Api) -> None:
    api.first = [503] * 3 + [404] * 3
    run = run_all(make(retry={"max_retries": 1, "statuses": [503]}))
    assert counted(run, "failed", "done") == [9, 0]
    assert len(api.asked) == 6
    assert set(Cell.objects.values_list("http_status", flat=True)) == {404}


def test_a_leader_that_is_tried_again_keeps_its_followers(make: Callable[..., Column], api: Api) -> None:
    api.first = [503]
    run = run_all(make(max_in_flight=1))
    assert counted(run, "done", "failed") == [9, 0]
    assert len(api.asked) == 4


def test_a_request_that_may_have_been_sent_is_not_sent_again_for_another_row(
    make: Callable[..., Column], api: Api
) -> None:
    api.first = [0]
    run = run_all(make(max_in_flight=1))
    assert counted(run, "unknown", "done") == [3, 6]
    assert api.asked.count("Acme") == 1


def test_a_new_run_sends_again(make: Callable[..., Column], api: Api) -> None:
    column = make()
    run_all(column)
    run_all(column)
    assert len(api.asked) == 6


def test_the_credentials_of_a_connection_keep_no_rows_apart(
    make: Callable[..., Column], api: Api, connection: Connection
) -> None:
    assert run_all(make(connection_id=connection.pk)).done == 9
    assert len(api.asked) == 3


# Several workers


def job_of(column: Column) -> jobs.Job:
    return jobs.load(Run.objects.select_related("column__table").get(column=column))


def dead_worker() -> int:
    return Worker.objects.create(beat=7, seen_beat=7).pk


def claimed_by_another_worker(run: Run, row_ids: list[int]) -> Claim:
    return Claim.objects.create(run=run, column_id=run.column_id, worker_id=1, row_ids=row_ids)


@pytest.fixture
def job(make: Callable[..., Column]) -> jobs.Job:
    column = make()
    lifecycle.plan(column, "all")
    return job_of(column)


def test_of_many_workers_that_ask_at_once_one_leads(job: jobs.Job, table: Table) -> None:
    claimed_by_another_worker(job.run, ids := row_ids(table))
    together = threading.Barrier(3)
    led: list[int] = []

    def ask(mine: list[int]) -> None:
        request_keys = {pk: f"request {number}" for number, pk in enumerate(mine)}
        together.wait()
        led.extend(request_keys.keys() - deduplication.share(job, request_keys).keys())
        databases.close_all()

    threads = [threading.Thread(target=ask, args=(ids[start::3],)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(led) == 3
    assert sorted(led) == sorted(SharedAnswer.objects.values_list("row_id", flat=True))


def test_a_row_behind_the_leader_of_another_worker_looks_again_until_it_is_answered(
    job: jobs.Job, table: Table
) -> None:
    leader, follower, *_ = row_ids(table)
    claimed_by_another_worker(job.run, [leader])
    assert deduplication.share(job, {leader: "same"}) == {}
    waiting = deduplication.share(job, {follower: "same"})[follower]
    assert (waiting.state, waiting.error_detail) == ("queued", {"same_as": leader})
    assert waiting.due_at
    assert waiting.due_at - timezone.now() <= deduplication.LOOK_AGAIN
    deduplication.share_results(
        job.run, [Result(leader, CellState.DONE, {"size": 3}, request_key="same", http_status=200)]
    )
    found = deduplication.share(job, {follower: "same"})[follower]
    assert (found.state, found.value, found.http_status, found.attempts) == ("done", {"size": 3}, 200, 0)


def test_a_row_behind_a_leader_that_waits_for_long_does_not_look_before(job: jobs.Job, table: Table) -> None:
    leader, follower, *_ = row_ids(table)
    deduplication.share(job, {leader: "same"})
    later = timezone.now() + timedelta(minutes=10)
    Cell.objects.create(row_id=leader, column=job.run.column, run_id=job.run.pk, state="limited", due_at=later)
    assert deduplication.share(job, {follower: "same"})[follower].due_at == later
    assert deduplication.share(job, {leader: "same"}) == {}


def test_when_the_worker_of_the_leader_dies_the_next_row_leads(job: jobs.Job, table: Table) -> None:
    leader, follower, third, *_ = row_ids(table)
    claim = claimed_by_another_worker(job.run, [leader])
    deduplication.share(job, {leader: "same"})
    assert follower in deduplication.share(job, {follower: "same"})
    claim.delete()
    assert deduplication.share(job, {follower: "same", third: "same"}).keys() == {third}
    assert SharedAnswer.objects.get().row_id == follower


def test_a_run_whose_leader_was_lost_comes_to_its_end(make: Callable[..., Column], api: Api) -> None:
    run = lifecycle.plan(make(), "all")
    taken = claims.claim(run.pk, 1, dead_worker()).rows
    job = job_of(run.column)
    request = job.compiled.request.render({next(iter(job.compiled.column_ids)): "Acme"}).request
    deduplication.share(job, {taken[0].row.pk: deduplication.request_key(job, request)})
    sweep()
    assert counted(advanced(run), "unknown", "done") == [1, 8]
    assert sorted(api.asked) == ["Acme", "Contoso", "Fabrikam"]


def test_what_only_waited_in_a_worker_that_died_was_not_sent(make: Callable[..., Column]) -> None:
    run = lifecycle.plan(make(), "all")
    taken = claims.claim(run.pk, 3, dead_worker(), beginning=3).rows
    deduplication.share(job_of(run.column), {claim.row.pk: "same" for claim in taken})
    sweep()
    assert list(Cell.objects.values_list("row_id", "state")) == [(taken[0].row.pk, "unknown")]
    assert Claim.objects.get(worker_id=None).row_ids == [claim.row.pk for claim in taken[1:]]


def test_those_that_wait_in_memory_share_the_fate_of_their_leader() -> None:
    def followed(result: Result) -> Result:
        followers = Waiters()
        followers.wait_for([1])
        waiting = Result(2, CellState.QUEUED, error_detail={"same_as": 1}, due_at=timezone.now())
        assert followers.park(waiting)
        [other] = followers.of(result)
        assert not followers.park(waiting)
        return other

    later = timezone.now() + timedelta(minutes=1)
    assert followed(Result(1, CellState.NO_DATA)).state == "no_data"
    put_back = followed(Result(1, CellState.LIMITED, due_at=later))
    assert (put_back.state, put_back.due_at) == ("queued", later)
    alone = followed(Result(1, CellState.FAILED, error_code="sign_in"))
    assert (alone.state, alone.due_at) == ("queued", None)


# Across runs


def test_answers_to_get_are_used_again_by_a_later_run(getting: Column, api: Api) -> None:
    run_all(getting)
    assert len(api.asked) == 3
    run = run_all(getting)
    assert (run.done, len(api.asked)) == (9, 3)
    assert {cell.attempts for cell in Cell.objects.all()} == {0}


def test_an_answer_is_not_used_beyond_its_time(getting: Column, api: Api) -> None:
    run_all(getting)
    old = timezone.now() - timedelta(seconds=61)
    SharedAnswer.objects.filter(scope_run=deduplication.ANY_RUN).update(answered_at=old)
    run_all(getting)
    assert len(api.asked) == 6
    run_all(getting)
    assert len(api.asked) == 6


def test_a_shorter_time_counts_for_answers_that_are_there(getting: Column, api: Api) -> None:
    run_all(getting)
    SharedAnswer.objects.update(answered_at=timezone.now() - timedelta(seconds=30))
    http_columns.save(getting, {"cache_seconds": 10})
    run_all(getting)
    assert len(api.asked) == 6


def test_only_good_answers_are_used_again(getting: Column, api: Api) -> None:
    api.first = [404]
    run = run_all(getting)
    assert (run.failed, run.done, len(api.asked)) == (3, 6, 3)
    run = run_all(getting)
    assert (run.done, len(api.asked)) == (9, 4)


def test_answers_to_post_are_not_used_again(make: Callable[..., Column], api: Api) -> None:
    column = make(cache_seconds=60)
    run_all(column)
    run_all(column)
    assert len(api.asked) == 6


def test_other_field_paths_ask_again(getting: Column, api: Api) -> None:
    run_all(getting)
    http_columns.save(getting, {"field_paths": ["company"]})
    run_all(getting)
    assert len(api.asked) == 6
    assert {"company": "Acme"} in Cell.objects.values_list("value", flat=True)


def test_an_edited_connection_asks_again(make: Callable[..., Column], connection: Connection) -> None:
    column = make(connection_id=connection.pk)
    lifecycle.plan(column, "all")
    request = Request("GET", "http://127.0.0.1/companies")
    before = deduplication.request_key(job_of(column), request)
    assert deduplication.request_key(job_of(column), request) == before
    connection_settings.save(connection, secrets={"key": "another key"})
    assert deduplication.request_key(job_of(column), request) != before


def test_what_is_over_is_pruned(getting: Column, api: Api) -> None:
    run_all(getting)
    run = lifecycle.plan(getting, "all")
    SharedAnswer.objects.create(column=getting, request_key="open", scope_run=run.pk, row_id=1)
    kept = SharedAnswer.objects.filter(scope_run__in=(deduplication.ANY_RUN, run.pk))
    assert (kept.count(), SharedAnswer.objects.count()) == (4, 7)
    deduplication.prune()
    assert (kept.count(), SharedAnswer.objects.count()) == (4, 4)
    SharedAnswer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    lifecycle.stop(run)
    deduplication.prune()
    assert not SharedAnswer.objects.exists()


# What people see of it


def estimated(column: Column) -> tuple[int, int, int]:
    told = estimate.estimate(column, "all")
    return told["would_run"], told["duplicates"], told["requests"]


def test_an_estimate_counts_requests_as_they_would_be_sent(make: Callable[..., Column]) -> None:
    column = make(collapse_duplicates=False)
    assert estimated(column) == (9, 6, 9)
    http_columns.save(column, {"collapse_duplicates": True, "idempotency_header": "Idempotency-Key"})
    assert estimated(column) == (9, 6, 3)


def test_an_estimate_knows_what_is_cached(getting: Column, table: Table) -> None:
    run_all(getting)
    rows.append(table, [{"Company": "Northwind"}])
    assert estimated(getting) == (10, 9, 1)


def test_both_settings_are_set_in_the_panel(
    make: Callable[..., Column], client_for: Callable[..., Client], owner: Any
) -> None:
    column = make(collapse_duplicates=False)
    client = client_for(owner)
    address = f"/columns/{column.pk}/panel"
    form = {"name": "Profile", "method": "GET", "url": "http://127.0.0.1:9/companies"}
    page = client.post(address, form | {"collapse_duplicates": "on", "cache_seconds": "3600"})
    assert page.status_code == 200
    shown = http_columns.shown(column)
    assert (shown["collapse_duplicates"], shown["cache_seconds"]) == (True, 3600)
    assert 'value="3600"' in page.text
    client.post(address, form | {"cache_seconds": ""})
    shown = http_columns.shown(column)
    assert (shown["collapse_duplicates"], shown["cache_seconds"]) == (False, 0)
    assert "Enter a whole number." in client.post(address, form | {"cache_seconds": "a day"}).text
