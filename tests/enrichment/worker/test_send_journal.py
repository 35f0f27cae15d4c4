"""What is known of a row at every moment at which its worker may die, as long as Redis has lost nothing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx
import pytest
from django.utils import timezone
from redis import ResponseError
from redis.asyncio import Redis

from enrichment.engine.messages import Request
from enrichment.http_client import event_loop
from enrichment.models import Attempt, Claim, Run, Worker
from enrichment.runs import attempts, claims, lifecycle, results
from enrichment.runs.results import Result
from enrichment.worker import deduplication, send_journal, step
from enrichment.worker import job as jobs
from enrichment.worker.ready import Ready
from enrichment.worker.send_journal import MOST_UNWRITTEN, Journal, JournalLost
from tables.models import Cell, CellState, Column
from tables.redis import client
from tests.enrichment.conftest import sweep

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = {"size": 3}


@dataclass
class DyingWorker:
    """Has claimed the three rows of a run, all with a send intent."""

    run: Run
    journal: Journal
    requests: Sequence[Ready]
    claim_id: int

    @classmethod
    def of(cls, run: Run) -> "DyingWorker":
        journal = event_loop.run(send_journal.current())
        worker_id = Worker.objects.create(beat=7, seen_beat=7).pk
        claimed = claims.claim(run.pk, 3, worker_id, beginning=3, journal=journal.name).rows
        request = Request("POST", "https://api.example/companies", (), b"{}")
        ready = [Ready(row.row.pk, row.attempts, request, claim_id=row.claim_id) for row in claimed]
        return cls(run, journal, ready, claimed[0].claim_id)

    @property
    def key(self) -> str:
        return f"marl:sent:{self.journal.name}"

    def marks(self, *requests: Ready) -> None:
        for request in requests:
            event_loop.run(self.journal.mark(request))

    def is_answered(self, request: Ready) -> Result:
        """And has written that, but not stored it."""
        attempt = attempts.Attempt(1, timezone.now(), {"method": "POST"}, {"status": 200})
        result = Result(request.row_id, CellState.DONE, ANSWER, http_status=200, attempts=1, claim_id=self.claim_id)
        result.new_attempts = [attempt]

        async def write() -> None:
            await self.journal.answered(request, [result])
            assert await self.journal.is_trusted()  # which waits for all that is written

        event_loop.run(write())
        return result


@pytest.fixture
def run(http: Callable[..., Column]) -> Run:
    run = lifecycle.begin(lifecycle.plan(http(), "all").pk)
    assert run
    return run


@pytest.fixture
def worker(run: Run) -> DyingWorker:
    return DyingWorker.of(run)


def shown(run: Run) -> list[str]:
    """The states of the rows, in their order; empty where nothing was stored."""
    stored = dict(Cell.objects.filter(column_id=run.column_id).values_list("row_id", "state"))
    return [stored.get(row_id, "") for row_id in sorted(run.table.rows.values_list("pk", flat=True))]


def released(run: Run) -> list[int]:
    return [pk for ids in Claim.objects.filter(run=run, worker_id=None).values_list("row_ids", flat=True) for pk in ids]


# When the worker dies


def test_a_row_that_was_not_marked_was_not_sent(run: Run, worker: DyingWorker) -> None:
    sweep()
    assert shown(run) == ["", "", ""]
    assert released(run) == [request.row_id for request in worker.requests]


def test_a_row_that_was_marked_may_have_been_sent(run: Run, worker: DyingWorker) -> None:
    worker.marks(worker.requests[1])
    sweep()
    assert shown(run) == ["", "unknown", ""]
    assert released(run) == [worker.requests[0].row_id, worker.requests[2].row_id]


def test_a_row_whose_answer_was_written_has_it(run: Run, worker: DyingWorker) -> None:
    worker.marks(*worker.requests[:2])
    worker.is_answered(worker.requests[0])
    sweep()
    assert shown(run) == ["done", "unknown", ""]
    cell = Cell.objects.get(state="done")
    assert (cell.value, cell.attempts, Attempt.objects.get().response) == (ANSWER, 1, {"status": 200})
    run.refresh_from_db()
    assert (run.done, run.unknown) == (1, 1)


def test_a_row_whose_answer_was_stored_keeps_it(run: Run, worker: DyingWorker) -> None:
    first = worker.requests[0]
    worker.marks(first)
    results.store(run, [worker.is_answered(first)])
    Cell.objects.update(value="stored")
    sweep()
    assert shown(run) == ["done", "", ""]
    assert Cell.objects.get().value == "stored"
    assert Attempt.objects.count() == 1


def test_a_row_that_was_answered_with_a_wait_goes_on_waiting(run: Run, worker: DyingWorker) -> None:
    first = worker.requests[0]
    worker.marks(first)
    result = Result(first.row_id, CellState.LIMITED, attempts=2, claim_id=worker.claim_id, notes={"waits": 1})
    event_loop.run(worker.journal.answered(first, [result]))
    event_loop.run(worker.journal.is_trusted())
    sweep()
    cell = Cell.objects.get()
    assert (cell.state, cell.attempts, cell.error_detail) == ("limited", 2, {"waits": 1})


def test_a_run_that_was_stopped_meanwhile_is_in_doubt_about_no_other_row(run: Run, worker: DyingWorker) -> None:
    worker.marks(*worker.requests[:2])
    worker.is_answered(worker.requests[0])
    lifecycle.stop(run)
    sweep()
    assert shown(run) == ["done", "unknown", ""]
    assert not Claim.objects.exists()


def test_rows_of_one_request_share_its_fate(run: Run, worker: DyingWorker) -> None:
    first, second, _ = worker.requests
    batch = Ready(first.row_id, 0, first.request, claim_id=worker.claim_id, members=(first, second))
    worker.marks(batch)
    sweep()
    assert shown(run) == ["unknown", "unknown", ""]


def test_the_answer_to_one_row_is_that_of_the_rows_that_waited_for_it(http: Callable[..., Column]) -> None:
    run = lifecycle.begin(lifecycle.plan(http(collapse_duplicates=True, body='{"same": 1}'), "all").pk)
    assert run
    worker = DyingWorker.of(run)
    owner = worker.requests[0]
    job = jobs.load(run)
    deduplication.share(job, {request.row_id: "same" for request in worker.requests})
    worker.marks(owner)
    result = Result(owner.row_id, CellState.DONE, ANSWER, claim_id=worker.claim_id, request_key="same")
    event_loop.run(worker.journal.answered(owner, [result]))
    event_loop.run(worker.journal.is_trusted())
    sweep()
    others = deduplication.share(job, {request.row_id: "same" for request in worker.requests[1:]})
    assert [other.value for other in others.values()] == [ANSWER, ANSWER]


# When Redis may have lost something


def test_without_the_journal_every_row_with_an_intent_is_in_doubt(run: Run, worker: DyingWorker) -> None:
    worker.marks(worker.requests[0])
    worker.is_answered(worker.requests[0])
    client().delete(worker.key)
    sweep()
    assert shown(run) == ["unknown", "unknown", "unknown"]


def test_a_journal_that_an_earlier_process_of_the_server_was_told_is_not_trusted(run: Run, worker: DyingWorker) -> None:
    saved = client().dump(worker.key) or b""
    worker.marks(*worker.requests)
    client().restore(worker.key, 0, saved, replace=True)
    client().hset(worker.key, "opened_on", "the run id of the process before:and its replication id")
    sweep()
    assert shown(run) == ["unknown", "unknown", "unknown"]


def test_a_server_that_was_a_replica_meanwhile_is_another_one() -> None:
    master = {"run_id": "a", "master_replid": "b", "role": "master"}
    assert send_journal._identity(master) != send_journal._identity(master | {"master_replid": "c"})
    assert send_journal._identity(master | {"role": "slave"}) == ""


def test_a_journal_that_is_written_after_it_was_lost_stays_lost(run: Run, worker: DyingWorker) -> None:
    client().delete(worker.key)
    with pytest.raises(JournalLost):
        worker.marks(worker.requests[0])
    assert not client().exists(worker.key)
    assert send_journal.close(Claim.objects.get(run=run)) is None


def test_a_server_that_does_not_say_who_it_is_keeps_no_journal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise ResponseError("NOPERM this user has no permissions to run the 'info' command")

    monkeypatch.setattr(Redis, "info", refuse)
    client().flushdb()
    worker = DyingWorker.of(run)
    assert worker.journal.name == ""
    worker.marks(*worker.requests)
    assert not client().keys("marl:sent:*")
    event_loop.run(worker.journal.end())
    sweep()
    assert shown(run) == ["unknown", "unknown", "unknown"]


# When the worker was not dead


def test_nothing_is_sent_under_a_journal_that_somebody_has_closed(run: Run, worker: DyingWorker) -> None:
    sweep()
    with pytest.raises(JournalLost):
        worker.marks(worker.requests[0])
    assert event_loop.run(send_journal.current()).name != worker.journal.name


def test_a_journal_is_closed_for_every_claim_and_read_for_each(run: Run, http: Callable[..., Column]) -> None:
    other = lifecycle.begin(lifecycle.plan(http("Other"), "all").pk)
    assert other
    workers = [DyingWorker.of(run), DyingWorker.of(other)]
    assert workers[0].journal is workers[1].journal
    for worker in workers:
        worker.marks(worker.requests[0])
    sweep()
    assert [shown(run), shown(other)] == [["unknown", "", ""], ["unknown", "", ""]]


# On the way


class Api:
    """Notes for each request what Redis knew when it came."""

    def __init__(self) -> None:
        self.known: list[set[bytes | str]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        written = (client().hvals(name) for name in client().keys("marl:sent:*"))
        self.known.append({text for texts in written for text in texts})
        return httpx.Response(200, json=ANSWER)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(made.answer))
    return made


def test_a_row_is_marked_before_it_is_sent_and_forgotten_when_it_is_stored(
    http: Callable[..., Column], api: Api
) -> None:
    run = lifecycle.plan(http(max_in_flight=1), "all")
    step.advance(run.pk, "")
    rows = sorted(run.table.rows.values_list("pk", flat=True))
    assert [str(row_id).encode() in known for row_id, known in zip(rows, api.known, strict=True)] == [True] * 3
    journal = event_loop.run(send_journal.current())
    assert client().hkeys(f"marl:sent:{journal.name}") == [b"opened_on"]


def test_requests_that_may_be_repeated_cost_no_journal(http: Callable[..., Column], api: Api) -> None:
    run = lifecycle.plan(http(method="GET", body=""), "all")
    step.advance(run.pk, "")
    assert api.known == [set()] * 3
    assert not client().keys("marl:sent:*")


def test_a_permit_is_kept_while_too_many_answers_are_not_written(run: Run, worker: DyingWorker) -> None:
    """So that no more of them are in doubt than that, and the requests under way."""
    request = worker.requests[0].request
    many = [Ready(number, 0, request, claim_id=worker.claim_id) for number in range(MOST_UNWRITTEN + 1)]

    async def answer() -> list[bool]:
        await asyncio.gather(*(worker.journal.mark(item) for item in many))
        waiting = [
            asyncio.ensure_future(worker.journal.answered(item, [Result(item.row_id, CellState.DONE)])) for item in many
        ]
        await asyncio.sleep(0)
        released = [task.done() for task in waiting]
        await asyncio.gather(*waiting)
        return released

    assert event_loop.run(answer()) == [True] * MOST_UNWRITTEN + [False]
