"""A table as a file: whole, streamed, harmless to a spreadsheet, and the same again when it is uploaded."""

import csv
import io
import json
from typing import Any

import pytest
from openpyxl import load_workbook

from tables import catalog, columns, rows
from tables.exports import records
from tables.exports.export import Export
from tables.exports.options import TYPES, Options
from tables.models import Cell, Column, Table
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def file_of(table: Table, format: str, **options: Any) -> bytes:
    row_ids = options.pop("row_ids", None)
    return b"".join(Export(table, Options(format=format, **options), row_ids).pieces())


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


@pytest.mark.parametrize(("state", "shown"), [("done", "out of date"), ("queued", "queued")])
def test_a_result_whose_inputs_have_changed_is_out_of_date(state: str, shown: str, table: Table) -> None:
    Cell.objects.filter(state="done").update(stale=True, state=state)
    [line, *_] = csv.DictReader(io.StringIO(file_of(table, "csv", states=True).decode(), newline=""))
    assert (line["Profile"], line["Profile state"]) == ('{"city":"Graz"}', shown)


def test_json_keeps_the_kinds_of_values(table: Table) -> None:
    values = json.loads(file_of(table, "json"))
    assert values[0] == {"Text": "0042", "N": 0, "Profile": {"city": "Graz"}}
    assert [json.loads(line) for line in file_of(table, "jsonl").splitlines()] == values
    with_states = json.loads(file_of(table, "json", states=True))
    assert with_states[1]["Profile"]["error"]["message"] == "404 · gone"


@pytest.mark.parametrize("format", TYPES)
def test_an_empty_table_is_a_file_too(format: str, workspace: Any, editor: Any) -> None:
    empty = catalog.create(Actor(editor, workspace, Role.EDITOR), "Empty", [("Text", "text")])
    assert file_of(empty, format) is not None
    if format == "json":
        assert json.loads(file_of(empty, format)) == []


def test_many_rows_come_in_pieces(table: Table) -> None:
    rows.append(table, [{"Text": str(number)} for number in range(1200)])
    table.refresh_from_db()
    export = Export(table, Options())
    pieces = export.pieces()
    assert next(pieces) == b"Text,N,Profile\r\n"
    assert export.rows_done == 0
    rest = list(pieces)
    assert len(rest) > 2
    assert export.rows_done == export.rows_total == 1210
    assert len(list(csv.reader(io.StringIO(b"".join(rest).decode(), newline="")))) == 1210


@pytest.mark.parametrize("format", TYPES)
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
    pieces = list(Export(table, Options(format="jsonl"), ids).pieces())
    assert len(pieces) > 2
    assert [json.loads(line)["N"] for line in b"".join(pieces).splitlines()] == list(range(1200))[::-1]


def test_only_the_chosen_columns_are_in_the_file_in_their_order(table: Table) -> None:
    number = Column.objects.get(table=table, name="N")
    data = file_of(table, "csv", columns=[number.pk, "Text"])
    assert data.decode().splitlines()[:2] == ["N,Text", "0,0042"]
    assert json.loads(file_of(table, "jsonl", columns=["Profile"]).splitlines()[0]) == {"Profile": {"city": "Graz"}}


@pytest.mark.parametrize("choice", [{"columns": ["Txt"]}, {"columns": []}, {"format": "pdf"}, {"separator": "#"}])
def test_what_is_not_a_choice_is_refused(choice: dict[str, Any], table: Table) -> None:
    with pytest.raises(Refused):
        Export(table, Options(**choice))


def test_each_field_of_a_result_has_a_column(table: Table) -> None:
    column = Column.objects.get(table=table, name="Profile")
    results: list[Any] = [
        {"city": "Wien", "name": {"first": "Eva"}},
        {"tags": ["a", 1], "name": "Eva", "none": {}},
        "no object",
        {"name.first": 3},
    ]
    for row, value in zip(rows.window(table, 2, len(results)), results, strict=True):
        Cell.objects.create(row=row, column=column, state="done", value=value)
    data = file_of(table, "csv", flatten=True, columns=["Profile"]).decode()
    lines = [
        {name: value for name, value in line.items() if value}
        for line in csv.DictReader(io.StringIO(data, newline=""), ["a", "b", "c", "d", "e", "f", "g"])
    ]
    names = {name: key for key, name in lines[0].items()}
    assert [{name: line[key] for name, key in names.items() if key in line} for line in lines[3:7]] == [
        {"Profile.city": "Wien", "Profile.name.first": "Eva"},
        {"Profile.tags": '["a",1]', "Profile.name": "Eva", "Profile.none": "{}"},
        {"Profile": "no object"},
        {"Profile.name.first 2": "3"},
    ]


def test_a_column_without_results_is_in_the_file_where_fields_have_columns(table: Table) -> None:
    Cell.objects.filter(row__table=table).delete()
    assert file_of(table, "csv", flatten=True).splitlines()[0] == b"Text,N,Profile"


def test_too_many_fields_are_refused_before_the_file_begins(table: Table) -> None:
    Cell.objects.filter(state="done").update(value={f"field {number}": 1 for number in range(2_001)})
    with pytest.raises(Refused, match=r"“Profile” have more than 2,000 different fields\. Export them as JSON"):
        Export(table, Options(flatten=True))


def test_rows_that_move_meanwhile_are_written_once_and_deleted_ones_not_at_all(table: Table) -> None:
    ids = rows.append(table, [{"N": number} for number in range(300)])
    table.refresh_from_db()
    pieces = Export(table, Options(format="jsonl", columns=["N"])).pieces()
    written = [next(pieces)]
    rows.move(table, ids[:5], before=None)
    rows.move(table, ids[-5:-2], before=rows.window(table, 0, 1)[0].pk)
    rows.delete(table, ids[-2:-1])
    written += pieces
    numbers = [json.loads(line)["N"] for line in b"".join(written).splitlines()]
    assert numbers == [*range(10), *range(298), 299]


def test_a_result_nested_too_deep_for_the_quick_reader_is_written_whole(table: Table) -> None:
    deep: Any = "end"
    for _ in range(300):
        deep = [deep]
    Cell.objects.filter(state="done").update(value=deep)
    assert json.loads(file_of(table, "jsonl").splitlines()[0])["Profile"] == deep
    assert file_of(table, "csv").splitlines()[1] == b'0042,0,"' + b"[" * 300 + b'""end""' + b"]" * 300 + b'"'


def test_heavy_rows_are_read_a_few_at_a_time(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    rows.append(table, [{"Text": "x" * 1000} for _ in range(400)])
    monkeypatch.setattr(records, "HEAVIEST", 25_000)
    sizes = [len(batch) for batch in records.batches(table.pk, records.row_ids(table), columns.live(table))]
    assert sum(sizes) == 410
    assert max(sizes[1:]) < 30
