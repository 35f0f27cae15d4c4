"""JSON and JSON lines: values of every kind as they are."""

from collections.abc import Generator, Iterable, Iterator, Sequence

from tables.exports import text
from tables.exports.records import Record
from tables.models import Column


def lines(columns: Sequence[Column], batches: Iterable[list[Record]], *, states: bool) -> Generator[bytes]:
    """Yields a JSON object a line: {name: value}; with `states`, the whole cell of a computed column."""
    for batch in _encoded(columns, batches, states):
        yield b"".join(line + b"\n" for line in batch)


def array(columns: Sequence[Column], batches: Iterable[list[Record]], *, states: bool) -> Generator[bytes]:
    """Yields one list of the objects. Without its last bracket, the file is not whole."""
    before = b"[\n"
    for batch in _encoded(columns, batches, states):
        if batch:
            yield before + b",\n".join(batch)
            before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _encoded(columns: Sequence[Column], batches: Iterable[list[Record]], states: bool) -> Iterator[list[bytes]]:
    keys = [
        (column.name, (column.pk, "cell") if states and column.is_computed else str(column.pk)) for column in columns
    ]
    for batch in batches:
        yield [text.encoded({name: record.get(key) for name, key in keys}) for record in batch]
