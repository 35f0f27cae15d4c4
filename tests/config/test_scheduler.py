"""What is done every few seconds, on a clock that is set."""

import errno
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import LazySettings

from config.scheduler import Scheduler


@pytest.fixture
def scheduler(tmp_path: Path) -> Any:
    app = Celery("test", set_as_current=False)
    app.conf.beat_schedule = {
        "often": {"task": "often", "schedule": 10.0},
        "seldom": {"task": "seldom", "schedule": 30},
    }
    return Scheduler(app, schedule_filename=str(tmp_path / "schedule"))


def last_runs(scheduler: Any) -> dict[str, Any]:
    return {name: entry.last_run_at for name, entry in scheduler.schedule.items()}


def test_a_clock_that_is_set_back_does_not_stop_the_schedule(scheduler: Any) -> None:
    later = scheduler.app.now() + timedelta(hours=2)
    for entry in scheduler.schedule.values():
        entry.last_run_at = later
    assert 0 < scheduler.tick() <= 10
    assert max(last_runs(scheduler).values()) <= scheduler.app.now()


def test_the_schedule_is_kept_otherwise(scheduler: Any) -> None:
    before = last_runs(scheduler)
    assert 0 < scheduler.tick() <= 10
    assert last_runs(scheduler) == before


def test_a_scheduler_shows_that_it_lives(scheduler: Any, tmp_path: Path, settings: LazySettings) -> None:
    settings.ALIVE_PATH = str(tmp_path / "alive")
    scheduler.tick()
    assert (tmp_path / "alive").exists()


def test_a_file_that_cannot_be_opened_leaves_the_schedule_in_memory(scheduler: Any, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    without = Scheduler(scheduler.app, schedule_filename=str(tmp_path / "folder"))
    assert without.schedule.keys() == scheduler.schedule.keys()
    assert 0 < without.tick() <= 10
    without.close()


def test_a_disk_that_is_full_does_not_end_the_scheduler(scheduler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(scheduler._store, "sync", refuse)
    scheduler.sync()
    assert 0 < scheduler.tick() <= 10
