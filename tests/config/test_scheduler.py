"""What is done every few seconds, on a clock that is set."""

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
