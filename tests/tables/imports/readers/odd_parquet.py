"""Odd Parquet files: types that few programs write."""

import datetime
import io
from decimal import Decimal

import pyarrow as pa
from pyarrow import parquet

from tests.tables.imports.readers.odd_file import Odd, Table

DAY = datetime.datetime(2026, 1, 31)
BYTES = "“a” holds bytes, not text. They come in as Base64."


def odd(kind: str, columns: dict[str, pa.Array], table: Table | None, told: str = "") -> Odd:
    stream = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(list(columns.values()), names=list(columns)), stream)
    return Odd(kind, stream.getvalue(), table, told, ".parquet")


PARQUET = [
    odd(
        "Decimals of 38 and of 76 digits",
        {
            "a": pa.array([Decimal("1" * 38), None], pa.decimal128(38, 0)),
            "b": pa.array([Decimal("-0.05"), Decimal(10) ** 70], pa.decimal256(76, 2)),
        },
        [["a", "b"], ["1" * 38, "-0.05"], [None, f"{10**70}.00"]],
    ),
    odd(
        "Whole numbers of all sizes",
        {"a": pa.array([2**64 - 1], pa.uint64()), "b": pa.array([-(2**63)]), "c": pa.array([-128], pa.int8())},
        [["a", "b", "c"], [str(2**64 - 1), str(-(2**63)), "-128"]],
    ),
    odd(
        "Numbers of two, four and eight bytes",
        {
            "a": pa.array([0.1, 65504, 1.5], pa.float16()),
            "b": pa.array([0.1, 3.4e38, 1], pa.float32()),
            "c": pa.array([0.1, 1e300, 1e-9]),
        },
        [["a", "b", "c"], ["0.1", "0.1", "0.1"], ["65504", "3.4e+38", "1e+300"], ["1.5", "1", "1e-9"]],
    ),
    odd(
        "Moments in nanoseconds",
        {"a": pa.array([1, 10**18], pa.timestamp("ns"))},
        [["a"], ["1970-01-01 00:00:00.000000001"], ["2001-09-09 01:46:40"]],
    ),
    odd(
        "Moments of a time zone",
        {"a": pa.array([0, 1_783_000_000_000_000], pa.timestamp("us", "Europe/Berlin"))},
        [["a"], ["1970-01-01 01:00:00+0100"], ["2026-07-02 15:46:40+0200"]],
    ),
    odd(
        "Days of the years 1 and 9999",
        {
            "a": pa.array([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]),
            "b": pa.array([0, 86_400_000], pa.date64()),
        },
        [["a", "b"], ["0001-01-01", "1970-01-01"], ["9999-12-31", "1970-01-02"]],
    ),
    odd(
        "Times of a day",
        {"a": pa.array([1, 86_399_999_999], pa.time64("us")), "b": pa.array([1000, 0], pa.time32("ms"))},
        [["a", "b"], ["00:00:00.000001", "00:00:01"], ["23:59:59.999999", "00:00:00"]],
    ),
    odd("Durations", {"a": pa.array([10**12, 0], pa.duration("us"))}, [["a"], ["277:46:40"], ["0:00"]]),
    odd(
        "Lists, objects and maps",
        {
            "a": pa.array([[1, None], None]),
            "b": pa.array([{"x": 1, "y": [True]}, None]),
            "c": pa.array([[("k", 1), ("k", 2)], []], pa.map_(pa.string(), pa.int64())),
        },
        [["a", "b", "c"], [[1, None], {"x": 1, "y": [True]}, {"k": 1, "k 2": 2}], [None, None, {}]],
    ),
    odd(
        "Numbers inside of lists and objects",
        {"a": pa.array([[2**63 - 1]]), "b": pa.array([{"d": Decimal("1.23456789012345678901")}])},
        [["a", "b"], [[2**63 - 1], {"d": "1.23456789012345678901"}]],
    ),
    odd("Bytes", {"a": pa.array([b"abc", b"\xff\0"])}, [["a"], ["YWJj"], ["/wA="]], BYTES),
    odd("Bytes of one length", {"a": pa.array([b"ab"], pa.binary(2))}, [["a"], ["YWI="]], BYTES),
    odd(
        "UUIDs",
        {"a": pa.array([bytes(range(16)), None], pa.uuid())},
        [["a"], ["00010203-0405-0607-0809-0a0b0c0d0e0f"], [None]],
    ),
    odd(
        "Texts from a dictionary, and nothing at all",
        {"a": pa.array(["x", "y", "x"]).dictionary_encode(), "b": pa.nulls(3), "c": pa.array([True, None, False])},
        [["a", "b", "c"], ["x", None, "true"], ["y", None, None], ["x", None, "false"]],
    ),
    odd(
        "Large texts and lists, and lists of one length",
        {
            "a": pa.array(["x"], pa.large_string()),
            "b": pa.array([[1]], pa.large_list(pa.int32())),
            "c": pa.array([[1, 2]], pa.list_(pa.int32(), 2)),
            "d": pa.array(["v"], pa.string_view()),
        },
        [["a", "b", "c", "d"], ["x", [1], [1, 2], "v"]],
    ),
    odd("JSON", {"a": pa.array(['{"x": 1}'], pa.json_())}, [["a"], ['{"x": 1}']]),
    odd("Names that repeat in Parquet", {"a": pa.array([1]), " a": pa.array([2])}, [["a", "a 2"], ["1", "2"]]),
    odd(
        "Names with dots and without letters",
        {"a.b": pa.array([1]), "": pa.array([2]), "A": pa.array([3])},
        [["a.b", "Column 2", "A"], ["1", "2", "3"]],
    ),
    odd("No rows in Parquet", {"a": pa.array([], pa.int64())}, None, "The file has no rows."),
]
