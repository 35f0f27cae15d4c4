"""Which reader a file is read with: its suffix decides, but workbooks, Parquet and JSON are that under any name."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tables.imports.readers import delimited, excel, json, parquet
from tables.imports.readers.sheet import Options, Sheet, Waiting, silent, unreadable

type Reader = Callable[..., AbstractContextManager[Sheet]]

READERS: dict[str, Reader] = {
    ".csv": delimited.read,
    ".tsv": delimited.read,
    ".txt": delimited.read,
    **dict.fromkeys(excel.SUFFIXES, excel.read),
    ".json": json.read,
    ".jsonl": json.read,
    ".ndjson": json.read,
    ".parquet": parquet.read,
}
_BEGINNING = 512  # bytes
_JSON = re.compile(rb"(\xef\xbb\xbf)?\s*(\[\s*[\[{]|\{\s*\")")
_PACKED = "This file is compressed. Unpack it and upload the file inside."
_OTHERS = {
    **dict.fromkeys((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"Rar!\x1a"), _PACKED),
    b"SQLite format 3": "This is a SQLite database. Save the table that you need as CSV and upload that.",
}
_A_ROW_A_LINE = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")


def opened(
    path: Path, options: Options, *, is_preview: bool = False, waiting: Waiting = silent
) -> AbstractContextManager[Sheet]:
    """Reads the beginning; the rest as rows are asked for. Raises Refused, here or while the rows are read.

    `is_preview`: somebody waits, so that a large file is judged by samples and a workbook takes seconds at most.
    `waiting` is called while there is no row to be had yet; what it raises ends the reading.
    """
    if path.stat().st_size == 0:
        raise unreadable("The file is empty. Check that it was saved, and upload it again.")
    return _reader(path)(path, options, is_preview=is_preview, waiting=waiting)


def _reader(path: Path) -> Reader:
    if excel.is_workbook(path):
        return excel.read
    with path.open("rb") as file:
        head = file.read(_BEGINNING)
    if head.startswith(parquet.SIGN):
        return parquet.read
    told = next((words for sign, words in _OTHERS.items() if head.startswith(sign)), None)
    if told:
        raise unreadable(told)
    return json.read if _JSON.match(head) and json.is_json(path) else READERS[path.suffix]


def estimated_rows(path: Path, sheet: Sheet) -> int | None:
    """Counts the lines where nobody has counted rows: near enough for a progress bar; None where rows are not lines."""
    if sheet.total is not None:
        return sheet.total
    if path.suffix not in _A_ROW_A_LINE:
        return None
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return max(1, lines - int(sheet.has_header))
