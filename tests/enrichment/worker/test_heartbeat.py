"""Who is alive, and how soon somebody is taken for dead."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db.models import F

from enrichment import leases
from enrichment.http_client import event_loop
from enrichment.models import Run, Runner, Worker
from enrichment.runs import lifecycle
from enrichment.worker import heartbeat, step
from tables.models import Column

pytestmark = pytest.mark.django_db(transaction=True)


def beat(*worker_ids: int, times: int = heartbeat.BEATS_APART) -> None:
    Worker.objects.filter(pk__in=worker_ids).update(beat=F("beat") + times)


def alive() -> set[int]:
    workers = heartbeat.reap_dead_workers()
    assert workers is not None
    return workers


@pytest.fixture
def workers() -> list[int]:
    return [Worker.objects.create().pk for _ in range(3)]


def test_a_worker_that_does_not_beat_is_gone_at_the_second_sweep(workers: list[int]) -> None:
    beat(*workers)
    assert alive() >= set(workers)
    beat(*workers[:2])
    assert alive() & set(workers) == set(workers[:2])
    beat(workers[0])
    assert alive() & set(workers) == set(workers[:1])


def test_one_beat_between_two_sweeps_is_enough(workers: list[int]) -> None:
    for _ in range(3):
        beat(workers[0])
        beat(workers[1], times=1)
        assert alive() >= set(workers[:2])


def test_sweeps_that_come_all_at_once_count_as_one(workers: list[int]) -> None:
    beat(*workers)
    assert alive() >= set(workers)
    assert [heartbeat.reap_dead_workers() for _ in range(3)] == [None] * 3
    beat(workers[0], times=heartbeat.BEATS_APART - 1)
    assert heartbeat.reap_dead_workers() is None
    beat(workers[0], times=1)
    assert alive() & set(workers) == set(workers[:1])


def test_a_worker_stops_sending_before_it_is_taken_for_dead() -> None:
    """So many beats take one pause less."""
    assert (heartbeat.BEATS_APART - 1) * heartbeat.BEAT > heartbeat.SILENT


def test_a_worker_that_cannot_beat_sends_nothing(http: Callable[..., Column], monkeypatch: pytest.MonkeyPatch) -> None:
    heartbeat.worker_id()
    assert heartbeat.is_alive()
    run = lifecycle.plan(http(), "all")
    last_beat = event_loop.now()
    monkeypatch.setattr(event_loop, "now", lambda: last_beat + 3600)
    assert not heartbeat.is_alive()
    again = step.advance(run.pk, "")
    assert again
    assert again[1] == 1.0
    run.refresh_from_db()
    assert (run.state, run.cursor) == (Run.State.PLANNING, 0)


def test_a_worker_that_was_taken_for_dead_goes_on_as_a_new_one() -> None:
    before = heartbeat.worker_id()
    Worker.objects.all().delete()
    heartbeat.beat()
    assert heartbeat.worker_id() != before
    assert heartbeat.is_alive()


def test_a_beat_renews_what_this_process_keeps(http: Callable[..., Column]) -> None:
    runners = lifecycle.plan(http(), "all").runners.all()
    heartbeat.worker_id()
    with leases.kept(Runner.objects.filter(pk__in=runners)):
        heartbeat.beat()
        assert runners.get().beat >= 1
    before = runners.get().beat
    heartbeat.beat()
    assert runners.get().beat == before


def test_a_worker_that_leaves_is_dead_at_once() -> None:
    worker_id = heartbeat.worker_id()
    heartbeat.leave()
    assert not heartbeat.is_alive()
    assert not Worker.objects.filter(pk=worker_id).exists()


def test_a_worker_shows_that_it_lives_even_without_a_database(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    beaten = threading.Event()
    monkeypatch.setattr(heartbeat, "BEAT", 0.01)
    monkeypatch.setattr(heartbeat._Heartbeat, "beat", lambda _: beaten.set())
    settings.ALIVE_PATH = str(tmp_path / "alive")
    heartbeat.worker_id()
    assert beaten.wait(10)
    heartbeat.leave()
    assert (tmp_path / "alive").exists()
