"""Which reader a file is read with: its suffix decides, but a workbook is one under any name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tables.imports.readers import delimited, excel, json
from tables.imports.readers.sheet import Options, Sheet, unreadable

type Reader = Callable[..., AbstractContextManager[Sheet]]

READERS: dict[str, Reader] = {
    ".csv": delimited.read,
    ".tsv": delimited.read,
    ".txt": delimited.read,
    **dict.fromkeys(excel.SUFFIXES, excel.read),
    ".json": json.read,
    ".jsonl": json.read,
    ".ndjson": json.read,
}
_A_ROW_A_LINE = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")


def opened(path: Path, options: Options, *, is_preview: bool = False) -> AbstractContextManager[Sheet]:
    """Reads the beginning; the rest as rows are asked for. Raises Refused, here or while the rows are read.

    `is_preview`: somebody waits, so that a large file is judged by samples and a workbook takes seconds at most.
    """
    if path.stat().st_size == 0:
        raise unreadable("The file is empty. Check that it was saved, and upload it again.")
    reader = excel.read if excel.is_workbook(path) else READERS[path.suffix]
    return reader(path, options, is_preview=is_preview)


def estimated_rows(path: Path, sheet: Sheet) -> int | None:
    """Counts the lines where nobody has counted rows: near enough for a progress bar; None where rows are not lines."""
    if sheet.total is not None:
        return sheet.total
    if path.suffix not in _A_ROW_A_LINE:
        return None
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return max(1, lines - int(sheet.has_header))
