"""What another worker goes on with, and that nobody sees afterwards that the first one died."""

import json
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.base import ContentFile

from tables import catalog, columns, rows, storage
from tables.imports import gathering, job, matching, progress, rejected, undoing, uploads
from tables.imports.rejected import RejectedFile
from tables.models import ColumnType, Import, ImportChange, Row, Table
from tests.tables.imports.dying import be_killed, kill_at
from workspaces.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = 1_500
HEADER = ["Domain", "City", "Size", "Day", "Price", "Note"]
TYPED = [{"from": "Size", "to": "Size", "type": "number"}]
NEW = [{"from": name, "to": name} for name in HEADER[3:]]
WAYS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "a new table": {"columns": TYPED, "key": ["Domain"], "match": "loose", "on_match": "skip"},
    "updating": {"columns": TYPED + NEW, "key": ["Domain"], "match": "loose", "on_match": "update"},
    "emptying": {"columns": TYPED + NEW, "key": ["Domain"], "on_match": "update", "keep_blank": False},
    "skipping": {"columns": TYPED + NEW, "key": ["Domain"], "match": "loose", "on_match": "skip"},
}
INTO_TABLE = {"updating", "emptying", "skipping"}


def lines() -> list[list[Any]]:
    """Rows with all that an import tells of, on both sides of where it is killed."""
    made = [
        [f"{n}.example", f"City {n % 7}" if n % 5 else "", str(n), f"2026-01-{n % 28 + 1:02}", f"{n}.5", ""]
        for n in range(NUMBER)
    ]
    for place in (10, 1_400):
        made[place][2], made[place][3], made[place][4] = "ca. 5", "soon", "1,234"
        made[place + 1][0], made[place + 2][0], made[place + 3][2] = f"{place}.example", "", "2,345"
        made[place + 4] = [""] * len(HEADER)
    made[1_450][5] = "7"
    return made


def file_of(kind: str) -> bytes:
    if kind == "jsonl":
        return "\n".join(json.dumps(dict(zip(HEADER, row, strict=False))) for row in lines()).encode()
    if kind == "xlsx":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in [HEADER, *lines()]:
            sheet.append(row)
        written = BytesIO()
        book.save(written)
        return written.getvalue()
    texts = [",".join(f'"{value}"' for value in row) for row in [HEADER, *lines()]]
    for place in (20, 1_410):
        texts[place] += ",too much"
    return "\n".join(texts).encode()


@pytest.fixture
def begin(actor: Actor, stored_files: object) -> Callable[..., Import]:
    """Starts an import of the file, into a table of its own or into a new one."""

    def start(kind: str, way: str) -> Import:
        table = None
        if way in INTO_TABLE:
            table = catalog.create(actor, "Leads", [("Domain", "text"), ("City", "text"), ("Size", "number")])
            names = [f"{n}.EXAMPLE" if n % 2 else f"{n}.example" for n in range(0, 3_000, 3)]
            rows.append(table, [{"Domain": name, "City": "Ulm"} for name in names])
        file = ContentFile(file_of(kind), name=f"leads.{kind}")
        received = uploads.receive(actor, file, table=table, into=WAYS[way])
        uploads.start(received)
        return received

    return start


def outcome(received: Import) -> dict[str, Any]:
    """All that somebody sees of an import that is done, and what is left when it is taken back."""
    received.refresh_from_db()
    table = received.target or received.table
    assert table
    table.refresh_from_db()
    file = rejected.path_of(received)
    seen = {
        "state": (received.state, received.error, received.counts, received.rows_done, received.rows_total),
        "warnings": [one for one in received.warnings if "took it over" not in one["message"]],
        "rejected": file.read_text() if file.exists() else "",
        "columns": [(column.name, column.type, column.pinned) for column in columns.live(table)],
        "rows": shown(table),
        "last": shown(table, table.row_count - 10),
        "number": (table.row_count, Row.objects.filter(table=table).count()),
    }
    undoing.undo(received)
    table.refresh_from_db()
    return seen | {"undone": shown(table) if received.target else table.deleted_at is not None}


def shown(table: Table, offset: int = 0) -> list[list[Any]]:
    ids = [str(column.pk) for column in columns.live(table)]
    return [[row.values.get(pk) for pk in ids] for row in rows.window(table, offset, 5_000)]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
@pytest.mark.parametrize(
    ("way", "module", "name"),
    [
        ("as it is", RejectedFile, "write"),  # while the second worker passes over what is stored
        ("as it is", job, "_gather"),
        ("a new table", matching, "drop"),
        ("updating", RejectedFile, "write"),
        ("updating", matching, "store_changes"),
        ("updating", matching, "write_changes"),
        ("emptying", columns, "adopt"),
        ("skipping", matching, "drop"),
        ("skipping", storage, "append_table"),
    ],
)
def test_an_import_ends_the_same_when_two_workers_died(
    kind: str, way: str, module: object, name: str, begin: Callable[..., Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = begin(kind, way)
    job.run(whole.pk)
    expected = outcome(whole)
    assert expected["state"][0] == "done"
    received = begin(kind, way)
    with monkeypatch.context() as patch:
        kill_at(patch, storage, "insert", call=2)
        be_killed(received)
    assert received.mark["rows"] == 1_000
    with monkeypatch.context() as patch:
        kill_at(patch, module, name)
        be_killed(received)
    assert received.mark["rows"] >= 1_000
    assert not ImportChange.objects.filter(import_job=received).exists()
    job.run(received.pk)
    assert outcome(received) == expected
    assert not Table.objects.filter(ready=False, deleted_at=None).exists()


def test_progress_never_falls_and_tells_no_speed_before_there_are_new_rows(
    begin: Callable[..., Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    received = begin("csv", "as it is")
    with monkeypatch.context() as patch:
        kill_at(patch, storage, "insert", call=2)
        be_killed(received)
    seen = uploads.as_json(received)
    assert (seen["rows_done"], seen["rows_per_second"], seen["seconds_left"]) == (1_000, None, None)
    told: list[int] = []
    tell = RejectedFile.write

    def look(*arguments: Any) -> None:
        told.append(Import.objects.values_list("rows_done", flat=True).get(pk=received.pk))
        tell(*arguments)

    monkeypatch.setattr(progress, "_HEARD_EVERY", 0)
    monkeypatch.setattr(RejectedFile, "write", look)
    job.run(received.pk)
    assert told == [1_000, 1_000]
    received.refresh_from_db()
    assert (received.state, received.rows_done) == ("done", NUMBER - 2)  # two were rejected
    assert received.started_at
    assert received.finished_at
    seconds = max(0.1, (received.finished_at - received.started_at).total_seconds())
    assert uploads.as_json(received)["rows_per_second"] == round((received.rows_done - 1_000) / seconds, 1)


@pytest.mark.parametrize("is_taken_up", [False, True])
def test_cancelling_what_a_worker_left_leaves_nothing(
    is_taken_up: bool,
    begin: Callable[..., Import],
    stored_files: Callable[[], list[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received = begin("csv", "as it is")
    with monkeypatch.context() as patch:
        kill_at(patch, storage, "insert", call=2)
        be_killed(received)
    assert Row.objects.count() == 1_000
    if is_taken_up:
        Import.objects.filter(pk=received.pk).update(cancel_requested=True)
        job.run(received.pk)
    else:
        uploads.cancel(received)
    received.refresh_from_db()
    assert received.state == "cancelled"
    assert (Row.objects.count(), Table.objects.count(), stored_files()) == (0, 0, [])


def shifted(path: Path) -> None:
    """Has the rows stand in another order, in a file that looks the same from outside."""
    header, *others = path.read_text().splitlines()
    rewrite(path, [header, *others[::-1]])


def shortened(path: Path) -> None:
    header, *others = path.read_text().splitlines()
    rewrite(path, [header, *others[:100], "x" * (sum(map(len, others[100:])) + len(others[101:]))])


def lengthened(path: Path) -> None:
    with path.open("a") as file:
        file.write("\nlast.example")


def rewrite(path: Path, texts: list[str]) -> None:
    before = path.stat()
    path.write_text("\n".join(texts))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


@pytest.mark.parametrize("change", [shifted, shortened, lengthened])
def test_a_file_that_has_changed_is_begun_again(
    change: Callable[[Path], None], actor: Actor, stored_files: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(["Domain", *(f"{n:04}.example" for n in range(NUMBER))])
    received = uploads.receive(actor, ContentFile(text.encode(), name="leads.csv"))
    uploads.start(received)
    with monkeypatch.context() as patch:
        kill_at(patch, storage, "insert", call=2)
        be_killed(received)
    path = uploads.path_of(received)
    change(path)
    expected = path.read_text().splitlines()[1:]
    job.run(received.pk)
    received.refresh_from_db()
    assert (received.state, received.table and received.table.row_count) == ("done", len(expected))
    assert [value for [value] in shown(Table.objects.get())] == expected
    assert Row.objects.count() == len(expected)


def test_an_import_whose_columns_became_others_is_begun_again(
    actor: Actor, receive: Callable[..., Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = catalog.create(actor, "Sizes", [("Size", "text")])
    received = receive(["Size", *(f"{n} or so" for n in range(NUMBER))], table)
    uploads.start(received)
    with monkeypatch.context() as patch:
        kill_at(patch, storage, "insert", call=2)
        be_killed(received)
    columns.change_type(columns.live(table)[0], ColumnType.NUMBER)
    job.run(received.pk)
    assert [value for [value] in shown(table)] == [None] * NUMBER


def test_what_was_edited_between_two_workers_is_not_written_over(
    begin: Callable[..., Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    received = begin("csv", "updating")
    with monkeypatch.context() as patch:
        kill_at(patch, matching, "write_changes")
        be_killed(received)
    table = received.target
    assert table
    first, second = rows.window(table, 1, 2)
    rows.update(table, [{"id": first.pk, "cells": {"Domain": "other.example"}}])
    rows.update(table, [{"id": second.pk, "cells": {"City": "Jena"}}])
    job.run(received.pk)
    undoing.undo(received)
    assert [row[:2] for row in shown(table)[1:3]] == [["other.example", "Ulm"], ["6.example", "Jena"]]


def test_a_look_at_the_whole_file_leaves_no_mark(receive: Callable[..., Import]) -> None:
    from tables.imports import checks

    staged = receive(["Name", "a"], stage=True)
    checks.start(staged)
    checks.run(staged.pk, staged.check_number)
    staged.refresh_from_db()
    assert (staged.check_state, staged.mark) == ("done", {})


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "BATCH", 1_000)
