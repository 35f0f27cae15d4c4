"""CSV: texts as they are, except those that a spreadsheet would run."""

import csv
import io
from collections.abc import Generator, Iterable, Sequence
from typing import Any

from tables.exports import text
from tables.exports.fields import Field
from tables.exports.records import Record
from tables.formula_guard import FIRST, guarded

_MARK = "\ufeff"


class _Quoted(csv.excel):
    quoting = csv.QUOTE_ALL


def pieces(fields: Sequence[Field], batches: Iterable[list[Record]], *, separator: str, mark: bool) -> Generator[bytes]:
    """Yields the file a batch at a time, its header at once; `mark` tells Excel that it is UTF-8."""
    buffer = io.StringIO(newline="")
    # In a file of one column, nothing else says that a semicolon is not its separator.
    dialect = _Quoted if len(fields) == 1 else csv.excel
    writer = csv.writer(buffer, dialect, delimiter=separator)
    writer.writerow([guarded(field.name) for field in fields])
    yield ((_MARK if mark else "") + buffer.getvalue()).encode()
    keys = [field.key for field in fields]
    for batch in batches:
        buffer.seek(0)
        buffer.truncate()
        writer.writerows(_line(map(record.get, keys)) for record in batch)
        yield buffer.getvalue().encode()


def _line(values: Iterable[Any]) -> list[str]:
    return [value if value.__class__ is str and value[:1] not in FIRST else guarded(text.of(value)) for value in values]
