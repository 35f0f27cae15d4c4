"""Which reader a file is read with: its suffix decides."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tables.imports.readers import delimited, excel, json
from tables.imports.readers.sheet import Options, Sheet, unreadable

type Reader = Callable[[Path, Options], AbstractContextManager[Sheet]]

READERS: dict[str, Reader] = {
    ".csv": delimited.read,
    ".tsv": delimited.read,
    ".txt": delimited.read,
    ".xlsx": excel.read,
    ".json": json.read_list,
    ".jsonl": json.read_lines,
}
_A_ROW_A_LINE = (".csv", ".tsv", ".txt", ".jsonl")


def opened(path: Path, options: Options) -> AbstractContextManager[Sheet]:
    """Reads the beginning; the rest as rows are asked for. Raises Refused, here or while the rows are read."""
    if path.stat().st_size == 0:
        raise unreadable("The file is empty.")
    return READERS[path.suffix](path, options)


def estimated_rows(path: Path, sheet: Sheet) -> int | None:
    """Counts the lines, which is near enough for a progress bar; None where rows are not lines."""
    if path.suffix not in _A_ROW_A_LINE:
        return None
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return max(1, lines - int(sheet.has_header))
