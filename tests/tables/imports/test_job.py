"""A file on its way into a table: all of it, or nothing."""

import errno
import json
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError
from django.utils import timezone

from tables import catalog, columns, dispatch, rows, storage
from tables.imports import gathering, job, matching, progress, rejected, undoing, uploads
from tables.imports.rejected import RejectedFile
from tables.models import Column, Import, ImportChange, Row, Table
from tests.tables.imports.dying import Killed, be_killed, fall_silent, kill_at
from workspaces import unwritable
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


def test_it_says_that_all_rows_are_read_however_soon_that_is(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int | None]] = []

    def last_report(running: Import, *_: object) -> None:
        told.append(Import.objects.values_list("rows_done", "rows_total").get(pk=running.pk))

    monkeypatch.setattr(gathering, "BATCH", 1_000)
    monkeypatch.setattr(progress, "_HEARD_EVERY", 60.0)
    monkeypatch.setattr(job, "_publish", last_report)
    job.run(started(["Name", *(f"Firm {number}" for number in range(2_500))]).pk)
    assert told == [(2_500, 2_500)]


def test_rows_with_long_cells_are_stored_some_at_a_time(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = counted_inserts(monkeypatch)
    monkeypatch.setattr(gathering, "LETTERS", 1_000_000)
    job.run(started(["Name,Note", *[f"a,{'x' * 5_000}"] * 2_000]).pk)
    assert sum(stored) == 2_000
    assert max(stored) < 500


def test_a_file_that_breaks_in_the_middle_leaves_nothing(started: Started, stored_files: StoredFiles) -> None:
    received = started(["Name,Zip", *["a,b"] * 3000, 'a,"b'])
    job.run(received.pk)
    received.refresh_from_db()
    assert received.state == "failed"
    assert "opens in line 3,002 is never closed" in received.error
    assert not Table.objects.exists()
    assert not Row.objects.exists()
    assert stored_files() == []


def test_a_mistake_of_ours_is_reported_and_leaves_nothing(
    started: Started, stored_files: StoredFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(*_: object) -> None:
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

    def look_and_publish(*arguments: Any) -> None:
        ready.append(Table.objects.filter(ready=True).count())
        publish(*arguments)

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


@pytest.mark.parametrize(
    ("module", "name", "call", "stored"),
    [
        (job, "_hidden_table", 1, 0),
        (storage, "insert", 1, 0),
        (storage, "insert", 3, 2_000),
        (RejectedFile, "write", 2, 2_000),
        (gathering, "gather", 1, 2_500),
        (storage, "append_table", 1, 2_500),
        (storage, "grow", 1, 2_500),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_an_import_whose_worker_died_goes_on_and_has_each_row_once(
    kind: str,
    module: object,
    name: str,
    call: int,
    stored: int,
    leads: Table,
    actor: Actor,
    stored_files: StoredFiles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = 2_500
    names = [f"{n}.example" for n in range(number)]
    file = ContentFile(file_of(kind, names), name=f"leads.{kind}")
    received = uploads.receive(actor, file, table=leads)
    uploads.start(received)
    monkeypatch.setattr(gathering, "BATCH", 1_000)
    kill_at(monkeypatch, module, name, call=call)
    be_killed(received)
    assert (received.state, received.rows_done, received.restarts) == ("queued", stored, 1)
    assert len(stored_files()) == 1
    assert Row.objects.count() == 3 + stored
    inserted = counted_inserts(monkeypatch)
    job.run(received.pk)
    received.refresh_from_db()
    assert sum(inserted) == number - stored
    assert (received.state, received.counts["added"]) == ("done", number)
    assert [warning["message"] for warning in received.warnings] == [
        "The worker of this import stopped, so another one took it over. No row came in twice."
    ]
    domain = str(Column.objects.get(table=leads, name="Domain").pk)
    assert [row.values[domain] for row in rows.window(leads, 3, number + 1)] == names
    leads.refresh_from_db()
    assert leads.row_count == 3 + number
    assert Table.objects.count() == 1
    undoing.undo(received)
    assert Row.objects.count() == 3


def counted_inserts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of rows that are inserted from now on."""
    insert, numbers = storage.insert, []

    def count(table_id: int, sort_keys: range, encoded: list[str]) -> None:
        numbers.append(len(encoded))
        insert(table_id, sort_keys, encoded)

    monkeypatch.setattr(storage, "insert", count)
    return numbers


def file_of(kind: str, names: list[str]) -> bytes:
    """Returns a file with a column of them."""
    if kind == "xlsx":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for name in ["Domain", *names]:
            sheet.append([name])
        written = BytesIO()
        book.save(written)
        return written.getvalue()
    if kind == "jsonl":
        return "\n".join(json.dumps({"Domain": name}) for name in names).encode()
    return "\n".join(["Domain", *names]).encode()


@pytest.mark.parametrize(
    ("module", "name"),
    [(matching, "store_changes"), (matching, "drop"), (matching, "write_changes"), (storage, "grow")],
)
def test_rows_that_match_are_updated_once_after_the_worker_died(
    module: object, name: str, leads: Table, receive: Callable[..., Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    received = receive(UPDATED, leads)
    into = {"key": ["Domain"], "match": "loose", "on_match": "update"}
    Import.objects.filter(pk=received.pk).update(into=into)
    uploads.start(received)
    before = shown(leads)
    kill_at(monkeypatch, module, name)
    be_killed(received)
    assert shown(leads) == before
    assert not ImportChange.objects.exists()
    job.run(received.pk)
    received.refresh_from_db()
    assert (received.counts["updated"], received.counts["added"]) == (2, 2)
    assert [city for _, city in shown(leads)] == ["Trier", "Bonn", "Kiel", "Jena", "Worms"]


def test_a_file_that_kills_its_worker_each_time_is_tried_three_times(
    started: Started, stored_files: StoredFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = started(["Name", "a"])
    for _ in range(3):
        with monkeypatch.context() as patch:
            kill_at(patch, storage, "insert")
            be_killed(received)
    assert received.state == "failed"
    assert "The worker stopped during this import, 3 times. Nothing was changed." in received.error
    assert not Table.objects.exists()
    assert not Row.objects.exists()
    assert stored_files() == []


def test_an_import_is_taken_over_as_long_as_each_worker_gets_further(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "BATCH", 1_000)
    names = [f"Company {number}" for number in range(5_500)]
    received = started(["Name", *names])
    for stored in range(1_000, 6_000, 1_000):
        with monkeypatch.context() as patch:
            kill_at(patch, storage, "insert", call=2)
            be_killed(received)
        assert (received.state, received.rows_done) == ("queued", stored)
    job.run(received.pk)
    received.refresh_from_db()
    assert (received.state, received.restarts) == ("done", 5)
    assert received.table is not None
    in_order = Row.objects.filter(table=received.table).order_by("sort_key")
    assert [name for values in in_order.values_list("values", flat=True) for name in values.values()] == names


def test_a_cancelled_import_whose_worker_died_does_not_begin_again(
    started: Started, stored_files: StoredFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = started(["Name", "a"])
    kill_at(monkeypatch, storage, "insert")
    with pytest.raises(Killed):
        job.run(received.pk)
    uploads.cancel(received)
    fall_silent(received)
    job.sweep()
    received.refresh_from_db()
    assert received.state == "cancelled"
    assert stored_files() == []


def test_a_copy_whose_worker_died_fails_and_is_cleaned_up(actor: Actor) -> None:
    half = Table.objects.create(workspace=actor.workspace, name="half", ready=False)
    copy = Import.objects.create(
        workspace=actor.workspace, table=half, name="half", options={"copy_of": 0, "columns": {}}, state="running"
    )
    fall_silent(copy)
    job.sweep()
    copy.refresh_from_db()
    assert copy.state == "failed"
    assert "worker stopped" in copy.error
    assert not Table.objects.exists()


@pytest.mark.parametrize(
    ("module", "moment"), [(job, "_fill"), (RejectedFile, "write"), (gathering, "_match"), (job, "_publish")]
)
def test_a_worker_that_only_seemed_dead_leaves_the_import_to_the_next_one(
    module: object, moment: str, receive: Callable[..., Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    received = receive(["Name", *map(str, range(2_400)), "0"], into={"key": ["Name"], "on_match": "skip"})
    uploads.start(received)
    go_on = getattr(module, moment)

    def sleep_and_go_on(*arguments: Any) -> Any:
        monkeypatch.setattr(module, moment, go_on)
        fall_silent(received)
        job.sweep()
        job.run(received.pk)  # in the next worker
        return go_on(*arguments)

    monkeypatch.setattr(gathering, "BATCH", 1_000)
    monkeypatch.setattr(module, moment, sleep_and_go_on)
    job.run(received.pk)
    received.refresh_from_db()
    assert (received.state, received.restarts, received.counts["repeated"]) == ("done", 1, 1)
    assert Table.objects.get().row_count == 2_400
    assert Row.objects.count() == 2_400


def test_a_worker_that_only_seemed_dead_adds_no_change_to_those_of_the_next_one(
    leads: Table, imported: Callable[..., Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = matching.changes

    def sleep_and_find(*arguments: Any) -> Any:
        monkeypatch.setattr(matching, "changes", changes)
        found = changes(*arguments)
        slow = Import.objects.get(state="running")
        fall_silent(slow)
        job.sweep()
        Import.objects.filter(pk=slow.pk).update(state="running")  # the next worker has just begun
        return found

    monkeypatch.setattr(matching, "changes", sleep_and_find)
    left = imported(UPDATED, leads, key=["Domain"], match="loose", on_match="update")
    assert (left.state, left.restarts) == ("running", 1)
    assert not ImportChange.objects.exists()


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


def shown(table: Table) -> list[list[Any]]:
    """Returns the values of all rows, in the order of rows and columns."""
    keys = [str(column.pk) for column in columns.live(table)]
    return [[row.values.get(key) for key in keys] for row in rows.window(table, 0, 100)]


@pytest.fixture
def leads(actor: Actor) -> Table:
    table = catalog.create(actor, "Leads", [("Domain", "text"), ("City", "text")])
    rows.append(
        table, [{"Domain": "a.example", "City": "Ulm"}, {"Domain": "B.example", "City": "Bonn"}, {"City": "Kiel"}]
    )
    return table


UPDATED = ["Domain,City", "b.example,", "c.example,Mainz", "a.example,Trier", ",Jena", "c.example,Worms"]


def test_rows_that_match_are_updated_and_the_others_added(leads: Table, imported: Callable[..., Import]) -> None:
    done = imported(UPDATED, leads, key=["Domain"], match="loose", on_match="update")
    assert shown(leads) == [
        ["a.example", "Trier"],
        ["b.example", "Bonn"],  # the blank cell of the file keeps what is there
        [None, "Kiel"],
        [None, "Jena"],  # a row without a key matches no other
        ["c.example", "Worms"],  # of a key that the file repeats, the last row counts
    ]
    counts = {"added": 2, "updated": 2, "skipped": 0, "rejected": 0, "repeated": 1, "left_blank": 0}
    assert done.counts == counts
    assert [warning["message"] for warning in done.warnings] == [
        "1 new row has a key that another of them has, too; the last one of each counts."
    ]
    leads.refresh_from_db()
    assert leads.row_count == 5


def test_keys_are_compared_as_they_stand_unless_otherwise_chosen(leads: Table, imported: Callable[..., Import]) -> None:
    done = imported(["Domain,City", "b.example,X"], leads, key=["Domain"], on_match="update")
    assert (done.counts["added"], done.counts["updated"]) == (1, 0)


def test_a_blank_cell_can_empty_the_one_in_the_table(leads: Table, imported: Callable[..., Import]) -> None:
    imported(["Domain,City", "a.example,"], leads, key=["Domain"], on_match="update", keep_blank=False)
    assert shown(leads)[0] == ["a.example", None]


def test_rows_that_match_are_skipped(leads: Table, imported: Callable[..., Import]) -> None:
    done = imported(UPDATED, leads, key=["Domain"], match="loose", on_match="skip")
    assert shown(leads)[:3] == [["a.example", "Ulm"], ["B.example", "Bonn"], [None, "Kiel"]]
    assert shown(leads)[3:] == [["c.example", "Mainz"], [None, "Jena"]]
    assert (done.counts["skipped"], done.counts["added"], done.counts["repeated"]) == (2, 2, 1)


def test_a_key_of_two_columns_matches_both(leads: Table, imported: Callable[..., Import]) -> None:
    done = imported(["Domain,City", "a.example,Ulm", "a.example,Bonn"], leads, key=["Domain", "City"], on_match="skip")
    assert (done.counts["skipped"], done.counts["added"]) == (1, 1)


def test_whoever_edits_a_row_meanwhile_keeps_the_edit(
    leads: Table, imported: Callable[..., Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = job._publish

    def edit_and_publish(*arguments: Any) -> None:
        first = rows.window(leads, 0, 1)[0]
        rows.update(leads, [{"id": first.pk, "cells": {"City": "Köln"}}])
        publish(*arguments)

    monkeypatch.setattr(job, "_publish", edit_and_publish)
    imported(
        ["Domain,City,Size", "a.example,Trier,7"],
        leads,
        key=["Domain"],
        on_match="update",
        columns=[{"from": "Size", "to": "Size"}],
    )
    assert shown(leads)[0] == ["a.example", "Köln", "7"]


def test_updated_rows_tell_who_computes_from_them(
    leads: Table, imported: Callable[..., Import], announced: list[dict[str, Any]]
) -> None:
    imported(["Domain,City", "a.example,Trier", "z.example,Z"], leads, key=["Domain"], on_match="update")
    updated, added = announced
    first, _, third, last = rows.window(leads, 0, 4)
    assert (updated["row_ids"], updated["added"]) == ([first.pk], False)
    assert (added["row_ids"], added["added"]) == (None, True)
    assert third.pk < added["from_row"] <= last.pk


def test_a_value_that_is_not_of_the_chosen_type_is_left_blank_and_told(
    leads: Table, imported: Callable[..., Import]
) -> None:
    done = imported(
        ["Domain,Size", "d.example,1.200", "e.example,ca. 5"],
        leads,
        columns=[{"from": "Size", "to": "Size", "type": "number:comma"}],
    )
    assert shown(leads)[3:] == [["d.example", None, "1200"], ["e.example", None, None]]
    assert done.counts["left_blank"] == 1
    words = "“ca. 5” isn't a number like 1.234,56. “Size” was left blank."
    assert done.warnings == [{"line": 3, "message": words, "column": "Size"}]
    lines = rejected.path_of(done).read_text().splitlines()
    assert lines == [
        "Line,Reason,Domain,Size",
        '3,"“ca. 5” isn\'t a number like 1.234,56. “Size” was left blank.",e.example,ca. 5',
    ]


def test_values_that_do_not_fit_are_counted_for_their_column(imported: Callable[..., Import]) -> None:
    columns = [{"from": "Amount", "to": "Paid", "type": "number"}, {"from": "Day", "to": "Day", "type": "date"}]
    done = imported(["Amount,Day", "1,2026-01-02", "n/a,x", "2,2026-01-03", "ca. 5,2026-01-04"], columns=columns)
    assert done.warnings[0] == {
        "line": 3,
        "message": "2 values of “Paid” aren't numbers. They are left blank.",
        "column": "Amount",
        "values": 2,
    }
    assert [(warning["line"], warning["column"]) for warning in done.warnings[1:]] == [
        (3, "Amount"),
        (3, "Day"),
        (5, "Amount"),
    ]


def test_a_value_that_does_not_fit_never_empties_the_cell_that_is_there(
    leads: Table, imported: Callable[..., Import]
) -> None:
    columns = [{"from": "Size", "to": "Size", "type": "number"}]
    how: dict[str, Any] = {"key": ["Domain"], "on_match": "update", "keep_blank": False, "columns": columns}
    imported(["Domain,Size", "a.example,5", "B.example,6"], leads, **how)
    imported(["Domain,Size", "a.example,ca. 7", "B.example,"], leads, **how)
    assert shown(leads)[:2] == [["a.example", "Ulm", "5"], ["B.example", "Bonn", None]]


def test_blank_rows_come_in_where_they_stand_but_not_at_the_end(imported: Callable[..., Import]) -> None:
    done = imported(["Name,City", "Sam,Rom", ",", "", "Ola,Bonn", ",", ",", ""])
    assert done.table
    assert shown(done.table) == [["Sam", "Rom"], [None, None], [None, None], ["Ola", "Bonn"]]
    assert [warning["message"] for warning in done.warnings] == ["2 blank rows at the end were left out."]


def test_blank_rows_have_no_key_to_match_by(leads: Table, imported: Callable[..., Import]) -> None:
    before = shown(leads)
    done = imported(["Domain,City", "a.example,Trier", "", "B.example,Ulm"], leads, key=["Domain"], on_match="update")
    assert len(shown(leads)) == len(before)
    assert [warning["message"] for warning in done.warnings] == [
        "1 blank row between the others was left out: a blank row has no key."
    ]


def test_types_are_found_over_the_whole_file_and_change_no_value(imported: Callable[..., Import]) -> None:
    many = [f"{number},2026-11-{number % 28 + 1:02},{number:05}" for number in range(1, 3000)]
    done = imported(["Size,Day,Zip", *many, "ca. 5,2026-11-29,00001"])
    assert done.table
    assert [(column.name, column.type) for column in columns.live(done.table)] == [
        ("Size", "text"),
        ("Day", "date"),
        ("Zip", "text"),
    ]
    assert shown(done.table)[0] == ["1", "2026-11-02", "00001"]


def test_a_column_that_becomes_text_takes_all_values_as_they_are_written(
    actor: Actor, imported: Callable[..., Import]
) -> None:
    table = catalog.create(actor, "Paid", [("Name", "text"), ("Amount", "number")])
    rows.append(table, [{"Name": "Sam", "Amount": 48}, {"Name": "Ola", "Amount": 2.5}])
    choices = [{"from": "Amount", "to": "Amount", "type": "number", "as_text": True}]
    done = imported(["Name,Amount", "Ola,n/a", "Ida,0042"], table, key=["Name"], on_match="update", columns=choices)
    name, amount = columns.live(table)
    assert (done.counts["left_blank"], name.type, amount.type) == (0, "text", "text")
    assert [row.values[str(amount.pk)] for row in rows.window(table, 0, 9)] == ["48", "n/a", "0042"]


def test_a_disk_that_is_full_is_told_once_that_can_be_stored(
    started: Started, stored_files: StoredFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("database or disk is full") from OSError(errno.ENOSPC, "No space left on device")

    def let_some_space_become_free(_seconds: float) -> None:
        monkeypatch.setattr(uploads, "end", end)

    end = uploads.end
    monkeypatch.setattr(storage, "insert", refuse)
    monkeypatch.setattr(uploads, "end", lambda *_, **__: refuse())
    monkeypatch.setattr(time, "sleep", let_some_space_become_free)
    received = started(["Name", "a"])
    with pytest.raises(OperationalError):
        job.run(received.pk)
    received.refresh_from_db()
    assert received.state == "failed"
    assert received.error == f"{unwritable.FULL} Nothing was changed: start it again then."
    assert not Table.objects.exists()
    assert stored_files() == []


@pytest.fixture
def prices(actor: Actor) -> Table:
    return catalog.create(actor, "Prices", [("Size", "number"), ("Price", "number")])


def test_a_number_is_found_however_it_is_written(prices: Table, imported: Callable[..., Import]) -> None:
    rows.append(prices, [{"Size": "1.5", "Price": "1"}, {"Size": "1000", "Price": "2"}])
    done = imported(["Size,Price", "1.50,3", "1e3,4"], prices, key=["Size"], on_match="update")
    assert (done.counts["added"], done.counts["updated"]) == (0, 2)


@pytest.mark.parametrize(
    ("written", "is_told"),
    [(["1,234", "5"], True), (["1,234", "1,234.5"], False), (["1,234", "1,234,567"], False), (["1234.5"], False)],
)
def test_a_comma_that_may_be_a_decimal_one_is_told(
    written: list[str], is_told: bool, prices: Table, imported: Callable[..., Import]
) -> None:
    done = imported(["Size,Price", *(f'"{text}",1' for text in written)], prices)
    told = [warning["message"] for warning in done.warnings]
    assert any("“1,234” in “Size” was read as 1234" in message for message in told) == is_told
    chosen = [{"from": "Size", "to": "Size", "type": "number:dot"}]
    assert imported(["Size,Price", '"1,234",1'], prices, columns=chosen).warnings == []
