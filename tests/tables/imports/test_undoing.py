"""An import taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tables import catalog, columns, deletions, dispatch, moves, rows, storage
from tables.imports import matching, rejected, undoing
from tables.models import Import, ImportChange, Table
from workspaces.actors import Actor
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

type Imported = Callable[..., Import]


@pytest.fixture
def leads(actor: Actor) -> Table:
    table = catalog.create(actor, "Leads", [("Domain", "text"), ("City", "text")])
    rows.append(table, [{"Domain": f"{letter}.example", "City": "Ulm"} for letter in "abc"])
    return table


def shown(table: Table) -> list[list[Any]]:
    keys = [str(column.pk) for column in columns.live(table)]
    return [[row.values.get(key) for key in keys] for row in rows.window(table, 0, 100)]


def test_what_it_added_goes_and_what_it_changed_comes_back(leads: Table, imported: Imported) -> None:
    before = shown(leads)
    done = imported(["Domain,City", "a.example,Bonn", "z.example,Kiel"], leads, key=["Domain"], on_match="update")
    rows.append(leads, [{"Domain": "later.example"}])
    undoing.undo(done)
    assert shown(leads) == [*before, ["later.example", None]]
    leads.refresh_from_db()
    assert leads.row_count == 4
    assert rows.window(leads, 3, 5)[0].values
    with pytest.raises(Refused, match="can no longer be undone"):
        undoing.undo(done)


def test_what_was_edited_since_stays(leads: Table, imported: Imported) -> None:
    done = imported(["Domain,City", "a.example,Bonn", "b.example,Bonn"], leads, key=["Domain"], on_match="update")
    first = rows.window(leads, 0, 1)[0]
    rows.update(leads, [{"id": first.pk, "cells": {"City": "Köln"}}])
    undoing.undo(done)
    assert shown(leads) == [["a.example", "Köln"], ["b.example", "Ulm"], ["c.example", "Ulm"]]


def test_a_table_that_an_import_made_can_be_restored_after_it_is_undone(imported: Imported) -> None:
    done = imported(["Domain", "a.example"])
    undoing.undo(done)
    assert done.table
    table = Table.objects.get(pk=done.table.pk)
    assert not table.ready
    catalog.restore(table)
    assert shown(table) == [["a.example"]]


def test_after_thirty_days_it_is_too_late(leads: Table, imported: Imported) -> None:
    done = imported(
        ["Domain,City", "a.example,Bonn"],
        leads,
        key=["Domain"],
        on_match="update",
        columns=[{"from": "City", "to": "City", "type": "text"}],
    )
    assert ImportChange.objects.count() == 1
    rejected.path_of(done).write_text("Line,Reason")
    undoing.prune()
    assert ImportChange.objects.count() == 1
    Import.objects.update(finished_at=timezone.now() - undoing.UNDONE_FOR - timedelta(seconds=1))
    done.refresh_from_db()
    assert undoing.until(done) is None
    with pytest.raises(Refused, match="can no longer be undone"):
        undoing.undo(done)
    undoing.prune()
    assert not ImportChange.objects.exists()
    assert not rejected.path_of(done).exists()


def test_an_import_that_changed_no_value_is_undone(leads: Table, imported: Imported, announced: list[Any]) -> None:
    done = imported(["Domain,City", "a.example,Ulm"], leads, key=["Domain"], on_match="update")
    before = shown(leads)
    announced.clear()
    undoing.undo(done)
    assert shown(leads) == before
    assert announced == []


@pytest.fixture
def large(leads: Table, imported: Imported, monkeypatch: pytest.MonkeyPatch) -> Import:
    """An import that changed three rows and added three, which is more than is undone at once."""
    monkeypatch.setattr(undoing, "BATCH", 2)
    monkeypatch.setattr(matching, "_STRETCH", 2)
    lines = [f"{letter}.example,Bonn" for letter in "abcxyz"]
    return imported(["Domain,City", *lines], leads, key=["Domain"], on_match="update")


def test_a_worker_undoes_a_large_import_and_goes_on_where_one_stopped(
    leads: Table, large: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    undoing.undo(large)
    assert undoing.progress(large) == {"state": "running", "rows_done": 0, "rows_total": 6}
    with pytest.raises(Refused, match="being undone already"):
        undoing.undo(large)
    grow, grown = storage.grow, list[int]()

    def breaks(table_id: int, number: int) -> None:
        grow(table_id, number)
        grown.append(number)
        if len(grown) == 2:
            raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(storage, "grow", breaks)
        with pytest.raises(ConnectionError):
            undoing.run(large.pk)
    assert shown(leads)[:3] == [[f"{letter}.example", "Ulm"] for letter in "abc"]
    large.refresh_from_db()
    assert undoing.progress(large) == {"state": "running", "rows_done": 5, "rows_total": 6}
    undoing.run(large.pk)
    large.refresh_from_db()
    assert (large.undone_at is None, undoing.progress(large), len(shown(leads))) == (False, None, 3)
    [deletion] = deletions.kept(large.workspace)
    assert deletion.rows == 3


def test_undoing_that_is_stopped_says_how_far_it_is_and_goes_on(leads: Table, large: Import) -> None:
    undoing.undo(large)
    assert undoing._take_back_batch(large.pk)
    undoing.stop(large)
    undoing.run(large.pk)
    assert undoing.progress(large) == {"state": "stopped", "rows_done": 2, "rows_total": 6}
    assert [city for _, city in shown(leads)] == ["Ulm", "Ulm", "Bonn", "Bonn", "Bonn", "Bonn"]
    with pytest.raises(Refused, match="not under way"):
        undoing.stop(large)
    rows.update(leads, [{"id": rows.window(leads, 2, 1)[0].pk, "cells": {"City": "Köln"}}])
    undoing.undo(large)
    undoing.run(large.pk)
    assert [city for _, city in shown(leads)] == ["Ulm", "Ulm", "Köln"]


def test_lost_undoing_is_sent_again_unless_its_table_was_deleted(
    leads: Table, large: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    undoing.undo(large)
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task: sent.append(task))
    monkeypatch.setattr(undoing, "LOST_AFTER", timedelta(seconds=-1))
    Table.objects.update(ready=False)
    undoing.sweep()
    assert sent == []
    Table.objects.update(ready=True)
    undoing.sweep()
    assert sent == [(undoing.TASK, large.pk)]


def test_rows_that_are_restored_while_others_are_taken_back_stay(leads: Table, large: Import) -> None:
    undoing.undo(large)
    while not deletions.kept(large.workspace).exists():
        undoing._take_back_batch(large.pk)
    moves.restore(deletions.kept(large.workspace).get())
    undoing.run(large.pk)
    assert [domain for domain, _ in shown(leads)] == [f"{letter}.example" for letter in "abcxy"]
