"""Reads one Parquet file: its values as text, lists and objects as JSON. See `answering` for what it writes.

OPTIONS holds `spread`: whether the fields of objects become columns such as address.city.
"""

import base64
import math
import os
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # the others reserve more than they use

import pyarrow as pa
from pyarrow import compute, parquet

from tables import names
from tables.imports.readers.answering import Answer, Unreadable, answer
from tables.imports.readers.durations import clock

_ROWS = 500  # at once
_PLACES = {"s": 0, "ms": 3, "us": 6, "ns": 9}  # of a second, in each unit
_FRACTION = re.compile(r"\.\d+")
_MIDNIGHT = re.compile(r" 00:00:00$")


def opened(path: Path, options: Mapping[str, Any]) -> Answer:
    """Raises Unreadable."""
    try:
        file = parquet.ParquetFile(path, memory_map=True)
    except (pa.ArrowException, OSError) as error:
        words = "This is no Parquet file, or it is broken. Write it again, or save it as CSV and upload that."
        raise Unreadable(words) from error
    divided = _divided if options["spread"] else lambda table: table
    schema = divided(file.schema_arrow.empty_table()).schema
    about = {"names": schema.names, "total": file.metadata.num_rows}
    return about | {"binary": [field.name for field in schema if _holds_bytes(field.type)]}, _rows(file, divided)


def _divided(table: Any) -> Any:
    """Returns the table with a column for each field of an object, at any depth."""
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table


def _rows(file: Any, divided: Callable[[Any], Any]) -> Iterator[tuple[int, list[Any]]]:
    number = 0
    try:
        for batch in file.iter_batches(_ROWS, use_threads=False):
            columns = divided(pa.Table.from_batches([batch])).combine_chunks().columns
            for row in zip(*[_shown(column.chunk(0)) for column in columns], strict=True):
                number += 1
                yield number, list(row)
    except (pa.ArrowException, OSError) as error:
        words = f"This Parquet file is broken after row {number:,}. Write it again, or save it as CSV and upload that."
        raise Unreadable(words) from error


def _shown(values: Any) -> list[Any]:
    """Returns the values of a column as they are shown."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_nested(kind):
        exact = _exact(kind)
        return [_json(value, exact) for value in compute.cast(values, exact).to_pylist()]
    if _is_uuid(kind):
        return [None if value is None else str(UUID(bytes=value)) for value in values.storage.to_pylist()]
    if _is_binary(kind):
        return [None if value is None else base64.b64encode(value).decode() for value in values.to_pylist()]
    if pa.types.is_duration(kind):
        places = _PLACES[kind.unit]
        parts = compute.cast(values, pa.int64()).to_pylist()
        return [None if number is None else clock(number, places) for number in parts]
    if pa.types.is_float16(kind):
        return [None if number is None else _half(number) for number in values.to_pylist()]
    texts = compute.cast(values, pa.string()).to_pylist()
    if pa.types.is_floating(kind):
        return [_number(text) for text in texts]
    return [_moment(text) for text in texts] if pa.types.is_temporal(kind) else texts


def _exact(kind: Any) -> Any:
    """Returns the type with texts in place of what JSON has no values for."""
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_exact(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_exact(kind.key_type), _exact(kind.item_type))
    if pa.types.is_nested(kind):
        return pa.list_(_exact(kind.value_type))
    is_json = pa.types.is_integer(kind) or pa.types.is_float64(kind) or pa.types.is_boolean(kind)
    return kind if is_json or pa.types.is_null(kind) or _is_binary(kind) else pa.string()


def _json(value: Any, kind: Any) -> Any:
    """Returns a map, which comes as pairs, as an object."""
    if value is None:
        return None
    if pa.types.is_map(kind):
        return _object([(str(key), _json(item, kind.item_type)) for key, item in value])
    if pa.types.is_struct(kind):
        return {key: _json(item, kind.field(key).type) for key, item in value.items()}
    if pa.types.is_nested(kind):
        return [_json(item, kind.value_type) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the object; a key that returns gets a number, as its first value would be lost."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[names.first_free(key, found)] = value
    return found


def _holds_bytes(kind: Any) -> bool:
    if pa.types.is_nested(kind):
        return any(_holds_bytes(kind.field(place).type) for place in range(kind.num_fields))
    return _is_binary(kind)


def _is_binary(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _is_uuid(kind: Any) -> bool:
    return getattr(kind, "extension_name", "") == "arrow.uuid"


def _half(number: float) -> str:
    """Returns a number of two bytes with as few digits as tell it from others: 0.1, not 0.0999755859375."""
    number = float(number)
    if number.is_integer():
        return f"{number:.0f}"
    texts = (f"{number:.{digits}g}" for digits in range(1, 6))
    shortest = next((text for text in texts if not math.isfinite(number) or _is_half(text, number)), repr(number))
    return _number(shortest) or ""


def _is_half(text: str, number: float) -> bool:
    try:
        return bool(struct.unpack("e", struct.pack("e", float(text)))[0] == number)
    except OverflowError:
        return False


def _number(text: str | None) -> str | None:
    """Returns the digits of a number that is written with an exponent, where they are not too many."""
    if text is None or "e" not in text:
        return text
    number = Decimal(text)
    return f"{number:f}" if -7 <= number.adjusted() <= 21 else text


def _moment(text: str | None) -> str | None:
    """Returns a time without the digits of its fraction that say nothing, and midnight as its day."""
    return None if text is None else _MIDNIGHT.sub("", _FRACTION.sub(_without_zeros, text))


def _without_zeros(fraction: re.Match[str]) -> str:
    return fraction[0].rstrip("0").rstrip(".")


if __name__ == "__main__":
    answer(opened)
