"""After a restore nothing is sent before somebody says so, and nothing twice that may not be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from enrichment import schedules
from enrichment.models import Claim, Connection, Notice, Run, Runner, Schedule, Worker
from enrichment.runs import claims, lifecycle
from enrichment.worker import heartbeat, restored
from tables import columns as table_columns
from tables.models import Cell, Column, Import, Row, Table
from tests.enrichment.conftest import sweep
from workspaces.models import AuditEntry, User, Workspace
from workspaces.refusals import Refused
from workspaces.sealing import seal

pytestmark = pytest.mark.django_db(transaction=True)

MADE_AT = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)


def half_sent(column: Column) -> Run:
    """A run of three rows whose first one a worker is at."""
    run = lifecycle.plan(column, "all")
    lifecycle.begin(run.pk)
    claims.claim(run.pk, 1, heartbeat.worker_id(), journal="a journal")
    return run


def swept() -> None:
    heartbeat.leave()
    sweep()
    sweep()


def states(column: Column) -> list[str | None]:
    found = dict(Cell.objects.filter(column=column).values_list("row_id", "state"))
    return [found.get(row.pk) for row in Row.objects.filter(table=column.table_id).order_by("pk")]


def test_every_row_of_a_write_that_had_not_ended_may_have_been_sent(http: Callable[..., Column]) -> None:
    column = http()
    run = half_sent(column)
    told = restored.settle(MADE_AT)
    assert told == [
        "1 run that was open is paused: resume them in their tables. 3 rows of them will say “May have been sent”."
    ]
    swept()
    assert states(column) == ["unknown"] * 3
    words = Cell.objects.filter(column=column).values_list("error_message", flat=True)[0]
    assert words.startswith("Marl was restored from a backup, and this row may have been sent after it was made.")
    run.refresh_from_db()
    assert (run.state, run.unknown) == ("paused", 3)
    assert "restored from a backup of 2 January 2026, 10:00 UTC" in run.stop_reason
    lifecycle.resume(run)
    assert lifecycle.finish(run.pk)


def test_duplicates_of_a_write_may_have_been_sent_too(http: Callable[..., Column]) -> None:
    column = http(body='{"name": "the same"}', collapse_duplicates=True)
    half_sent(column)
    restored.settle(MADE_AT)
    swept()
    assert states(column) == ["unknown"] * 3


def test_rows_that_may_be_repeated_are_sent_again_once_the_run_is_resumed(http: Callable[..., Column]) -> None:
    column = http(method="GET", body="")
    run = half_sent(column)
    restored.settle(MADE_AT)
    swept()
    assert "unknown" not in states(column)
    lifecycle.resume(run)
    lifecycle.begin(run.pk)
    taken = claims.claim(run.pk, 10, heartbeat.worker_id())
    assert len(taken.rows) == 3


def test_where_nothing_was_done_since_only_what_was_under_way_is_in_doubt(http: Callable[..., Column]) -> None:
    column = http()
    half_sent(column)
    restored.settle(MADE_AT, nothing_since=True)
    swept()
    assert states(column) == ["unknown", None, None]


def test_nobody_holds_what_workers_of_before_held(http: Callable[..., Column]) -> None:
    run = half_sent(http())
    Runner.objects.filter(run=run).update(worker_id=heartbeat.worker_id(), token="theirs")
    restored.settle(MADE_AT)
    assert not Worker.objects.exists()
    assert set(Runner.objects.values_list("worker_id", "token")) == {(None, "")}
    assert set(Claim.objects.values_list("journal", flat=True)) == {""}


def test_a_time_that_passed_is_left_out_and_says_so(http: Callable[..., Column], editor: User) -> None:
    column = http()
    schedules.change(column, {"every": "day", "at": "09:00", "rows": "all"}, editor)
    Schedule.objects.update(due_at=timezone.now() - timedelta(days=3))
    assert restored.settle(MADE_AT) == ["1 schedule whose time has passed waits for its next time."]
    schedules.run_due()
    assert not Run.objects.exists()
    found = schedules.of(column)
    assert found
    assert found["refusal"] == "Marl was restored from a backup, so the times until then were left out."


def test_notices_and_fetches_that_were_under_way_are_not_done_again(
    http: Callable[..., Column], workspace: Workspace
) -> None:
    run = lifecycle.plan(http(), "all")
    Notice.objects.create(table=run.table, run=run, channel="webhook", due_at=timezone.now())
    lifecycle.stop(run, "enough")
    fetch = Import.objects.create(workspace=workspace, name="CRM", filename="", path="", state=Import.State.FETCHING)
    told = restored.settle(MADE_AT)
    assert "1 fetch of a source was under way and has failed." in told
    assert "1 notice may have been sent and isn't sent again." in told
    assert not Notice.objects.filter(due_at__isnull=False).exists()
    fetch.refresh_from_db()
    assert (fetch.state, fetch.error.endswith("run the source again.")) == ("failed", True)


@pytest.mark.parametrize("state", [Import.State.QUEUED, Import.State.RUNNING])
def test_auto_update_is_off_where_rows_were_being_changed(
    state: Import.State, http: Callable[..., Column], leads: Table
) -> None:
    column = http(auto_update=True)
    assert not any("auto-update" in words for words in restored.settle(MADE_AT))
    table_columns.create(leads, "More", "text")
    Import.objects.create(workspace=leads.workspace, name="a", filename="a.csv", path="a", state=state)
    told = restored.settle(MADE_AT)
    assert any("auto-update is off in “Leads”" in words for words in told)
    column.table.refresh_from_db()
    assert not column.table.auto_update


def test_secrets_of_another_key_are_told_by_the_name_of_their_connection(
    workspace: Workspace, settings: LazySettings
) -> None:
    Connection.objects.create(workspace=workspace, name="CRM", kind="bearer", secrets=seal({"token": "x"}))
    assert restored.settle(MADE_AT) == []
    settings.ENCRYPTION_KEYS = ["another key"]
    [words] = restored.settle(MADE_AT)
    assert "doesn't open the secrets of “CRM”" in words


def test_the_log_says_that_a_backup_was_restored(workspace: Workspace) -> None:
    restored.settle(MADE_AT)
    [entry] = AuditEntry.objects.filter(workspace=workspace, action="workspace.restored")
    assert entry.detail == {"made_at": "2026-01-02T10:00:00+00:00"}


def test_a_redis_of_another_marl_is_refused(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Filled:
        def __enter__(self) -> "Filled":
            return self

        def __exit__(self, *_: Any) -> None:
            pass

        def dbsize(self) -> int:
            return 3

    settings.REDIS_URL = "redis://cache:6379/0"
    monkeypatch.setattr("redis.Redis.from_url", lambda *_, **__: Filled())
    with pytest.raises(Refused, match="it has 3 keys"):
        restored.check_redis()
    monkeypatch.undo()
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    with pytest.raises(Refused, match="Start it, or correct REDIS_URL"):
        restored.check_redis()
