"""A file on its way into a table: all of it, or nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tables import catalog, dispatch, rows
from tables.imports import job, uploads
from tables.models import Column, Import, Row, Table
from workspaces.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)

type Started = Callable[..., Import]
type StoredFiles = Callable[[], list[Path]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The tasks that are sent."""
    tasks: list[tuple[object, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task, **_: tasks.append(task))
    return tasks


def test_a_file_becomes_a_table_in_order(started: Started, stored_files: StoredFiles) -> None:
    received = started(["Name,Zip", *(f"Firm {number},{number:05d}" for number in range(4500))])
    job.run(received.pk)
    received.refresh_from_db()
    assert (received.state, received.rows_done, received.rows_total) == ("done", 4500, 4500)
    table = Table.objects.get(ready=True)
    assert table.row_count == 4500
    assert table.last_key == rows.window(table, 4499, 1)[0].sort_key
    name, code = Column.objects.filter(table=table)
    assert rows.window(table, 4499, 5)[0].values == {str(name.pk): "Firm 4499", str(code.pk): "04499"}
    assert stored_files() == []


def test_a_file_that_breaks_in_the_middle_leaves_nothing(started: Started, stored_files: StoredFiles) -> None:
    received = started(["Name,Zip", *["a,b"] * 3000, 'a,"b'])
    job.run(received.pk)
    received.refresh_from_db()
    assert received.state == "failed"
    assert "Line 3,002" in received.error
    assert not Table.objects.exists()
    assert not Row.objects.exists()
    assert stored_files() == []


def test_a_mistake_of_ours_is_reported_and_leaves_nothing(
    started: Started, stored_files: StoredFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(running: Import) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(job, "_publish", publish)
    received = started(["Name", "a"])
    with pytest.raises(RuntimeError):
        job.run(received.pk)
    received.refresh_from_db()
    assert received.state == "failed"
    assert "on our side" in received.error
    assert not Table.objects.exists()
    assert stored_files() == []


def test_a_table_is_not_seen_before_all_of_it_is_there(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    received = started(["Name", *["a"] * 10])
    publish = job._publish
    ready: list[int] = []

    def look_and_publish(running: Import) -> None:
        ready.append(Table.objects.filter(ready=True).count())
        publish(running)

    monkeypatch.setattr(job, "_publish", look_and_publish)
    job.run(received.pk)
    assert ready == [0]
    assert Table.objects.filter(ready=True).count() == 1


def test_cancelling_leaves_nothing(started: Started, stored_files: StoredFiles) -> None:
    waiting = started(["Name", "a"])
    uploads.cancel(waiting)
    job.run(waiting.pk)
    assert waiting.state == "cancelled"
    running = started(["Name", *["a"] * 5000])
    Import.objects.filter(pk=running.pk).update(cancel_requested=True)
    job.run(running.pk)
    running.refresh_from_db()
    assert running.state == "cancelled"
    assert not Row.objects.exists()
    assert not Table.objects.exists()
    assert stored_files() == []


def test_rows_are_appended_after_those_that_came_meanwhile(actor: Actor, started: Started) -> None:
    table = catalog.create(actor, "Leads", [("Name", "text"), ("Zip", "text")])
    rows.append(table, [{"Name": "first"}])
    received = started(["Zip,Name", "0042,second", "0043,third"], table)
    rows.append(table, [{"Name": "meanwhile"}])
    job.run(received.pk)
    table.refresh_from_db()
    name = str(Column.objects.get(table=table, name="Name").pk)
    assert [row.values[name] for row in rows.window(table, 0, 10)] == ["first", "meanwhile", "second", "third"]
    assert table.row_count == 4
    assert Table.objects.count() == 1


def test_an_import_whose_worker_died_is_failed_and_cleaned_up(
    actor: Actor, started: Started, stored_files: StoredFiles
) -> None:
    received = started(["Name", "a"])
    half = Table.objects.create(workspace=actor.workspace, name="half", ready=False)
    dead = timezone.now() - 2 * job.DEAD_AFTER
    Import.objects.filter(pk=received.pk).update(state="running", heartbeat_at=dead, table=half)
    job.sweep()
    received.refresh_from_db()
    assert received.state == "failed"
    assert "worker stopped" in received.error
    assert not Table.objects.exists()
    assert stored_files() == []


@pytest.mark.parametrize("moment", ["_read", "_publish"])
def test_a_worker_that_counts_as_dead_publishes_nothing(
    moment: str, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was only slow: the sweep has failed its import, and somebody may have uploaded the file again."""
    received = started(["Name", *["a"] * 10])
    go_on = getattr(job, moment)

    def sleep_and_go_on(running: Import) -> Any:
        Import.objects.filter(pk=running.pk).update(heartbeat_at=timezone.now() - 2 * job.DEAD_AFTER)
        job.sweep()
        return go_on(running)

    monkeypatch.setattr(job, moment, sleep_and_go_on)
    job.run(received.pk)
    received.refresh_from_db()
    assert received.state == "failed"
    assert not Table.objects.exists()
    assert not Row.objects.exists()


def test_a_sweep_does_not_touch_what_was_published_meanwhile(started: Started) -> None:
    received = started(["Name", "a"])
    Import.objects.filter(pk=received.pk).update(state="running")
    seen_as_dead = Import.objects.get(pk=received.pk)
    Import.objects.filter(pk=received.pk).update(state="queued")
    job.run(received.pk)
    assert not uploads.end(seen_as_dead, Import.State.FAILED, before=(Import.State.RUNNING,))
    received.refresh_from_db()
    assert received.state == "done"
    assert Table.objects.get().row_count == 1


def test_an_import_whose_task_was_lost_is_sent_again(started: Started, sent: list[tuple[object, ...]]) -> None:
    received = started(["Name", "a"])
    sent.clear()
    job.sweep()
    assert sent == []
    Import.objects.update(heartbeat_at=timezone.now() - 2 * job.DEAD_AFTER)
    job.sweep()
    job.sweep()
    assert sent == [(uploads.TASK, received.pk)]


def test_a_file_that_nobody_starts_goes_after_a_day(receive: Callable[..., Import], stored_files: StoredFiles) -> None:
    received = receive(["Name", "a"])
    job.sweep()
    assert len(stored_files()) == 1
    Import.objects.update(created_at=timezone.now() - 2 * job.STAGED_FOR)
    job.sweep()
    received.refresh_from_db()
    assert received.state == "cancelled"
    assert stored_files() == []
