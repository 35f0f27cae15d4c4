"""Many rows, moved by a worker into the trash and back: in batches, resumable, and turned around halfway."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tables import deletions, dispatch, moves, purging, row_order, rows, storage
from tables.models import DeletedRow, Deletion, Row, Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What workers were told to do, which none of them does."""
    told: list[tuple[object, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task: told.append(task))
    return told


@pytest.fixture
def ids(table: Table, sent: object, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(moves, "BATCH", 2)
    return rows.append(table, [{"Name": f"Firm {place}"} for place in range(8)])


def begun(table: Table, *kept: int) -> Deletion:
    deletion = moves.delete_all_but(table, kept)
    assert deletion
    return deletion


def broken_off(deletion: Deletion, monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Lets the worker break in a batch, which leaves nothing of it."""
    grow, grown = storage.grow, list[int]()

    def breaks(table_id: int, number: int) -> None:
        grow(table_id, number)
        grown.append(number)
        if len(grown) > after:
            raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(storage, "grow", breaks)
        with pytest.raises(ConnectionError):
            moves.run(deletion.pk)
    deletion.refresh_from_db()


def test_many_rows_go_and_come_back_batch_by_batch(
    table: Table, ids: list[int], sent: list[Any], announced: list[dict[str, Any]]
) -> None:
    deletion = begun(table, ids[1], ids[7])
    assert (deletion.move, deletion.rows, deletion.rows_total, table.row_count) == ("deleting", 0, 6, 8)
    assert sent == [(deletions.MOVE_TASK, deletion.pk)]
    moves.run(deletion.pk)
    deletion.refresh_from_db()
    assert (deletion.move, deletion.rows, Table.objects.get().row_count) == ("", 6, 2)
    assert moves.restore(deletion) == 6
    moves.run(deletion.pk)
    assert [facts["row_ids"] for facts in announced] == [[ids[0], ids[2]], ids[3:5], ids[5:7]]
    assert row_order.offsets(Row.objects.all()) == {row_id: place for place, row_id in enumerate(ids)}
    assert not Deletion.objects.exists()


def test_few_rows_go_before_the_answer(table: Table, ids: list[int], sent: list[Any]) -> None:
    deletion = begun(table, *ids[:6])
    assert (deletion.move, deletion.rows, table.row_count, sent) == ("", 2, 6, [])
    assert moves.restore(deletion) == 2
    assert not Deletion.objects.exists()


def test_another_worker_goes_on_where_one_stopped(
    table: Table, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    deletion = begun(table)
    broken_off(deletion, monkeypatch, after=1)
    assert (deletion.rows, Table.objects.get().row_count) == (2, 6)
    moves.run(deletion.pk)
    deletion.refresh_from_db()
    assert (deletion.move, deletion.rows, Table.objects.get().row_count) == ("", 8, 0)
    moves.restore(deletion)
    broken_off(deletion, monkeypatch, after=2)
    assert (deletion.rows, Table.objects.get().row_count) == (4, 4)
    moves.run(deletion.pk)
    assert row_order.offsets(Row.objects.all()) == {row_id: place for place, row_id in enumerate(ids)}
    assert not DeletedRow.objects.exists()


def test_rows_come_back_while_others_are_still_to_go(
    table: Table, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    deletion = begun(table)
    broken_off(deletion, monkeypatch, after=1)
    assert moves.restore(deletion) == 2
    moves.run(deletion.pk)
    assert row_order.offsets(Row.objects.all()) == {row_id: place for place, row_id in enumerate(ids)}
    assert not Deletion.objects.exists()


def test_what_is_added_meanwhile_stays(table: Table, ids: list[int]) -> None:
    deletion = begun(table)
    [later] = rows.append(table, [{"Name": "later"}])
    moves.run(deletion.pk)
    assert list(Row.objects.values_list("pk", flat=True)) == [later]


def test_rows_that_are_moved_are_not_restored_twice_or_purged(table: Table, ids: list[int]) -> None:
    deletion = begun(table)
    with pytest.raises(Refused, match="still on their way"):
        purging.start(deletion)
    moves.run(deletion.pk)
    moves.restore(deletion)
    with pytest.raises(Refused, match="no longer in the trash"):
        moves.restore(deletion)


def test_a_deleted_table_waits_with_its_rows(table: Table, ids: list[int]) -> None:
    deletion = begun(table)
    Table.objects.update(ready=False)
    moves.run(deletion.pk)
    assert Row.objects.count() == 8
    Table.objects.update(ready=True)
    moves.run(deletion.pk)
    assert Row.objects.count() == 0


def test_a_lost_task_is_sent_again(table: Table, ids: list[int], sent: list[Any]) -> None:
    deletion = begun(table)
    moves.sweep()
    assert len(sent) == 1
    Deletion.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=3))
    moves.sweep()
    assert sent == [(deletions.MOVE_TASK, deletion.pk)] * 2
    moves.sweep()
    assert len(sent) == 2


def test_stopping_a_deletion_brings_its_rows_back(
    table: Table, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    deletion = begun(table)
    broken_off(deletion, monkeypatch, after=2)
    moves.stop(deletion)
    assert (deletion.move, deletion.rows) == ("restoring", 4)
    moves.run(deletion.pk)
    assert row_order.offsets(Row.objects.all()) == {row_id: place for place, row_id in enumerate(ids)}
    with pytest.raises(Refused, match="not under way any more"):
        moves.stop(deletion)


def test_a_restoration_that_is_stopped_says_so_and_can_go_on(
    table: Table, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    deletion = begun(table)
    moves.run(deletion.pk)
    moves.restore(deletion)
    broken_off(deletion, monkeypatch, after=1)
    moves.stop(deletion)
    moves.run(deletion.pk)
    told = deletions.as_json(deletion)
    assert (told["state"], told["rows"], told["stopped"], Row.objects.count()) == ("done", 6, "It was stopped.", 2)
    moves.restore(deletion)
    moves.run(deletion.pk)
    assert Row.objects.count() == 8
