"""Parquet files: every value as it is shown, or told."""

import datetime
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from workspaces.refusals import Refused


def file(**columns: Any) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table(columns), stream)
    return stream.getvalue()


BERLIN = pa.timestamp("ns", tz="Europe/Berlin")
NOON = datetime.datetime(2024, 1, 2, 12, 30)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (pa.array(["0042", "", None]), ["0042", "", None]),
        (pa.array([1, None, 2**62]), ["1", None, "4611686018427387904"]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([0.1, 57.7, 1234567890123460.0, 1e300]), ["0.1", "57.7", "1234567890123460", "1e+300"]),
        (pa.array([0.1, 2.5], pa.float32()), ["0.1", "2.5"]),
        (pa.array([Decimal("1.10"), Decimal("-3.00")]), ["1.10", "-3.00"]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([datetime.date(2024, 1, 2)]), ["2024-01-02"]),
        (pa.array([NOON, datetime.datetime(2024, 1, 2)]), ["2024-01-02 12:30:00", "2024-01-02"]),
        (pa.array([1704164645120000000], BERLIN), ["2024-01-02 04:04:05.12+0100"]),
        (pa.array([datetime.time(3, 4, 5)]), ["03:04:05"]),
        (pa.array([datetime.timedelta(hours=30), datetime.timedelta(seconds=-90)]), ["30:00", "-0:01:30"]),
        (pa.array([108_000_005, -1_500], pa.duration("ms")), ["30:00:00.005", "-0:00:01.5"]),
        (pa.array([1], pa.duration("ns")), ["0:00:00.000000001"]),
        (pa.array([[("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int64())), [{"a": 1, "a 2": 2}]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        (pa.nulls(2), [None, None]),
        (pa.array([[1, 2], [], None]), [[1, 2], [], None]),
        (
            pa.array([{"day": datetime.date(2024, 1, 2), "price": Decimal("1.10")}]),
            [{"day": "2024-01-02", "price": "1.10"}],
        ),
        (pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int32())), [{"k": 1}, {}, None]),
        (
            pa.array([[{"m": []}, {"m": None}]], pa.list_(pa.struct([("m", pa.map_(pa.string(), pa.string()))]))),
            [[{"m": {}}, {"m": None}]],
        ),
        (pa.array([[float("nan"), 0.5]]), [["nan", 0.5]]),
    ],
    ids=lambda value: str(getattr(value, "type", "")) or None,
)
def test_a_value_comes_as_it_is_shown(values: Any, shown: list[object], read: Any) -> None:
    columns, rows, sheet = read(file(**{"A column": values}), ".parquet")
    assert columns == ["A column"]
    assert [value for (value,) in rows] == shown
    assert (sheet.total, sheet.warnings) == (len(shown), [])


def test_many_rows_come_in_order_whatever_the_file_is_called(read: Any) -> None:
    _, rows, _ = read(file(number=list(range(1_234)), name=["a"] * 1_234), ".csv")
    assert [number for number, _ in rows] == [str(number) for number in range(1_234)]


def test_the_fields_of_objects_become_columns_on_request(read: Any) -> None:
    content = file(Name=["Sam"], Address=[{"city": "Köln", "at": {"lat": 50.9}}])
    assert read(content, ".parquet")[:2] == (["Name", "Address"], [["Sam", {"city": "Köln", "at": {"lat": 50.9}}]])
    columns, rows, _ = read(content, ".parquet", spread=True)
    assert (sorted(columns), dict(zip(columns, rows[0], strict=True))["Address.at.lat"]) == (
        ["Address.at.lat", "Address.city", "Name"],
        "50.9",
    )


def test_bytes_come_as_base64_and_are_told(read: Any) -> None:
    _, rows, sheet = read(file(photo=[b"\xff\x00", None], photos=[[b"\xff"], []]), ".parquet")
    assert rows == [["/wA=", ["/w=="]], [None, []]]
    words = "holds bytes, not text. They come in as Base64."
    assert [warning.message for warning in sheet.warnings] == [f"“photo” {words}", f"“photos” {words}"]


def test_a_character_that_is_left_out_is_told_with_its_row(read: Any) -> None:
    _, _, sheet = read(file(name=["a", "b\0", "c"], more=[["a"], [], ["\0"]]), ".parquet")
    assert [(warning.line, warning.message.split(".")[0]) for warning in sheet.warnings] == [
        (2, "Row 2 has a character that can't be stored (U+0000)"),
        (3, "Row 3 has a character that can't be stored (U+0000)"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PAR1" + bytes(100), "no Parquet file, or it is broken"),
        (b"a,b\n1,2\n", "no Parquet file, or it is broken"),
        (file(name=pa.array([], pa.string())), "no rows"),
        (file(name=["some text"] * 5_000)[:200] + bytes(100), "broken"),
    ],
    ids=["no footer", "text", "no rows", "cut"],
)
def test_what_cannot_be_read_is_refused(content: bytes, words: str, read: Any) -> None:
    with pytest.raises(Refused, match=words):
        read(content, ".parquet")


def test_rows_that_are_broken_are_refused_with_the_last_good_one(read: Any) -> None:
    content = bytearray(file(name=[f"Name {number}" for number in range(20_000)]))
    content[100:2_000] = bytes(1_900)
    with pytest.raises(Refused, match="This Parquet file is broken after row 0"):
        read(bytes(content), ".parquet")


def test_without_its_library_the_refusal_says_what_to_do(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tables.imports.readers.parquet.find_spec", lambda _: None)
    with pytest.raises(Refused, match=r"Save it as CSV and upload that, or ask whoever runs Marl"):
        read(file(name=["a"]), ".parquet")
