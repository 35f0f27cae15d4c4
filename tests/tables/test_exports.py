"""A table as a file: whole, streamed, harmless to a spreadsheet, and the same again when it is uploaded."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from tables import catalog, columns, exports, rows, view_snapshots
from tables.models import Cell, Column, Table
from tables.row_queries import View
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = ["0042", 'a "b", c\nd', "=1+1", "-5", "+49 171 (0)5", "-cmd|x", "@SUM(A1)", "\tx", "", "ü🎉"]


@pytest.fixture
def table(workspace: Any, editor: Any) -> Table:
    made = catalog.create(Actor(editor, workspace, Role.EDITOR), "Leads: Q4", [("Text", "text"), ("N", "number")])
    rows.append(made, [{"Text": text, "N": number} for number, text in enumerate(TEXTS)])
    result = Column.objects.create(table=made, name="Profile", type="http", position=2)
    first = rows.window(made, 0, 2)
    Cell.objects.create(row=first[0], column=result, state="done", value={"city": "Graz"})
    Cell.objects.create(row=first[1], column=result, state="failed", error_code="http_404", error_message="404 · gone")
    made.refresh_from_db()
    return made


def file_of(table: Table, format: str, **options: Any) -> bytes:
    return b"".join(exports.stream(table, format, **options))


def test_csv_holds_the_text_as_it_is_and_no_formula(table: Table) -> None:
    lines = list(csv.reader(io.StringIO(file_of(table, "csv").decode(), newline="")))
    assert lines[0] == ["Text", "N", "Profile"]
    assert [line[0] for line in lines[1:]] == [
        "0042",
        'a "b", c\nd',
        "'=1+1",
        "-5",
        "+49 171 (0)5",
        "'-cmd|x",
        "'@SUM(A1)",
        "'\tx",
        "",
        "ü🎉",
    ]
    assert lines[1][1:] == ["0", '{"city":"Graz"}']


def test_states_and_errors_stand_beside_the_values(table: Table) -> None:
    lines = list(csv.DictReader(io.StringIO(file_of(table, "csv", states=True).decode(), newline="")))
    assert [(row["Profile state"], row["Profile error"]) for row in lines[:3]] == [
        ("done", ""),
        ("failed", "404 · gone"),
        ("empty", ""),
    ]


def test_json_keeps_the_kinds_of_values(table: Table) -> None:
    values = json.loads(file_of(table, "json"))
    assert values[0] == {"Text": "0042", "N": 0, "Profile": {"city": "Graz"}}
    assert [json.loads(line) for line in file_of(table, "jsonl").splitlines()] == values
    with_states = json.loads(file_of(table, "json", states=True))
    assert with_states[1]["Profile"]["error"]["message"] == "404 · gone"


def test_excel_holds_texts_as_texts(table: Table) -> None:
    sheet = load_workbook(io.BytesIO(file_of(table, "xlsx"))).active
    assert sheet
    lines = list(sheet.iter_rows())
    assert [cell.value for cell in lines[0]] == ["Text", "N", "Profile"]
    assert [row[0].value for row in lines[1:4]] == TEXTS[:3]
    assert lines[3][0].data_type == "s"
    assert lines[1][1].value == 0


@pytest.mark.parametrize("format", exports.TYPES)
def test_an_empty_table_is_a_file_too(format: str, workspace: Any, editor: Any) -> None:
    empty = catalog.create(Actor(editor, workspace, Role.EDITOR), "Empty", [("Text", "text")])
    assert file_of(empty, format) is not None
    if format == "json":
        assert json.loads(file_of(empty, format)) == []


def test_many_rows_come_in_pieces(table: Table) -> None:
    rows.append(table, [{"Text": str(number)} for number in range(1200)])
    table.refresh_from_db()
    pieces = list(exports.stream(table, "csv"))
    assert len(pieces) == 3
    assert len(b"".join(pieces).decode().splitlines()) == 1 + 1210 + 1  # one cell has two lines


def test_the_api_gives_it_as_a_download_and_notes_it(
    client_for: Callable[[Any], Client], table: Table, viewer: Any, outsider: Any, workspace: Any
) -> None:
    answer = client_for(viewer).get(f"/api/v1/tables/{table.pk}/export?format=jsonl")
    assert answer["Content-Type"] == "application/x-ndjson"
    assert answer["Content-Disposition"] == 'attachment; filename="Leads: Q4.jsonl"'
    assert len(b"".join(answer.streaming_content).splitlines()) == len(TEXTS)  # type: ignore[attr-defined]
    assert audit.entries(workspace)[0].detail == {"format": "jsonl", "rows": len(TEXTS)}
    assert client_for(outsider).get(f"/api/v1/tables/{table.pk}/export").status_code == 404


@pytest.mark.parametrize("format", exports.TYPES)
def test_a_view_is_exported_in_its_order_without_rows_deleted_since(format: str, table: Table) -> None:
    ids = [row.pk for row in rows.window(table, 0, 4)]
    rows.delete(table, [ids[1]])
    data = file_of(table, format, row_ids=[ids[3], ids[1], ids[0]])
    numbers: list[object]
    if format == "xlsx":
        sheet = load_workbook(io.BytesIO(data)).active
        assert sheet
        numbers = [line[1] for line in sheet.iter_rows(min_row=2, values_only=True)]
    elif format == "csv":
        numbers = [float(line["N"]) for line in csv.DictReader(io.StringIO(data.decode(), newline=""))]
    else:
        lines = json.loads(data) if format == "json" else map(json.loads, data.splitlines())
        numbers = [line["N"] for line in lines]
    assert numbers == [3, 0]


def test_a_view_without_rows_is_a_file_too(table: Table) -> None:
    assert json.loads(file_of(table, "json", row_ids=[])) == []
    assert file_of(table, "csv", row_ids=[]).splitlines() == [b"Text,N,Profile"]


def test_a_long_view_comes_in_pieces_in_its_order(table: Table) -> None:
    ids = rows.append(table, [{"N": number} for number in range(1200)])[::-1]
    pieces = list(exports.stream(table, "jsonl", row_ids=ids))
    assert len(pieces) == 3
    assert [json.loads(line)["N"] for line in b"".join(pieces).splitlines()] == list(range(1200))[::-1]


def test_the_api_exports_a_view_and_notes_how_many_rows(
    client_for: Callable[[Any], Client], table: Table, viewer: Any, workspace: Any
) -> None:
    number = columns.live(table)[1]
    chosen = View([number], [{"column": number.pk, "op": "gt", "value": 5}], [{"column": number.pk, "desc": True}], "")
    token, _ = view_snapshots.take(table, chosen)
    path = f"/api/v1/tables/{table.pk}/export?format=jsonl&view="
    answer = client_for(viewer).get(path + token)
    view_snapshots.take(table, chosen, replaces=token)  # somebody refreshes it while the file is on its way
    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]
    assert [json.loads(line)["N"] for line in lines] == [9, 8, 7, 6]
    assert audit.entries(workspace)[0].detail == {"format": "jsonl", "rows": 4}
    gone = client_for(viewer).get(path + token)
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "view_gone")
    assert "Open it again" in gone.json()["error"]["message"]


def test_rows_deleted_since_a_view_was_opened_are_not_noted_as_exported(
    client_for: Callable[[Any], Client], table: Table, viewer: Any, workspace: Any
) -> None:
    token, total = view_snapshots.take(table, View([], [], [], ""))
    rows.delete(table, [row.pk for row in rows.window(table, 1, 2)])
    answer = client_for(viewer).get(f"/api/v1/tables/{table.pk}/export?format=jsonl&view={token}")
    assert len(b"".join(answer.streaming_content).splitlines()) == total - 2  # type: ignore[attr-defined]
    assert audit.entries(workspace)[0].detail == {"format": "jsonl", "rows": total - 2}


def test_what_is_not_a_format_is_refused(client_for: Callable[[Any], Client], table: Table, viewer: Any) -> None:
    answer = client_for(viewer).get(f"/api/v1/tables/{table.pk}/export?format=pdf")
    assert answer.status_code == 422
    assert "csv, json, jsonl, xlsx" in answer.json()["error"]["message"]
