"""One sheet of a workbook, read by a child process: see `spreadsheets`."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tables.imports.readers import child
from tables.imports.readers.heading import as_sheet
from tables.imports.readers.sheet import Notes, Options, Rows, Sheet, SheetChoice, unreadable

SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods")
SECONDS_OF_PREVIEW = 20
SECONDS_OF_IMPORT = 1800
MEMORY = 1024 * 1024 * 1024  # bytes of a child process
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MODULE = "tables.imports.readers.spreadsheets"

type Messages = Iterator[Mapping[str, Any]]


def is_workbook(path: Path) -> bool:
    """Whether it has the suffix of a workbook, or its first bytes: a workbook named .csv is not text."""
    with path.open("rb") as file:
        return path.suffix in SUFFIXES or file.read(8).startswith((_ZIP, _OLE))


@contextmanager
def read(path: Path, options: Options, *, is_preview: bool = False) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read: also where the parser crashes or exceeds its bounds."""
    seconds = SECONDS_OF_PREVIEW if is_preview else SECONDS_OF_IMPORT
    how = {"sheet": options.sheet, "repeat_merged": options.repeat_merged, "is_preview": is_preview}
    arguments = [str(path.resolve()), json.dumps(how | {"memory": MEMORY, "seconds": seconds})]
    with child.messages(_MODULE, arguments, seconds) as messages:
        told = _told(messages, seconds)
        about = next(told)["about"]
        yield _sheet(about, (tuple(row) for message in told for row in message.get("rows", ())), options)


def _told(messages: Messages, seconds: int) -> Messages:
    """Yields the messages. Raises Refused for what the child refuses, and for its end."""
    try:
        for message in messages:
            if "refused" in message:
                words, field = message["refused"]
                raise unreadable(words, field)
            yield message
    except child.Ended as end:
        if end.was_slow:
            words = f"Reading this workbook takes over {seconds:,} seconds. Save it as CSV and upload that."
            raise unreadable(words) from end
        memory = f"{MEMORY // 1024**2:,} MiB"
        words = f"This workbook is broken, or needs over {memory} of memory to be read. Save it as CSV and upload that."
        raise unreadable(words) from end


def _sheet(about: Mapping[str, Any], rows: Rows, options: Options) -> Sheet:
    notes = Notes()
    sheet = as_sheet(
        rows,
        options,
        notes,
        sheet=about["sheet"],
        sheets=[SheetChoice(*choice) for choice in about["sheets"]],
        reader=about["reader"],
        total=about["total"],
    )
    unresolved = Counter(dict(about["unresolved"]))
    if unresolved:
        notes.warn(None, _unresolved(unresolved, sheet.columns, is_whole=about["is_whole"]))
    if about["reader"] == "calamine":
        words = "Calamine read this file: numbers come without their formats, so that 00501 may have become 501."
        notes.warn(None, words)
    return sheet


def _unresolved(by_column: Counter[int], names: list[str], *, is_whole: bool) -> str:
    """Says how many cells are left empty for want of a result, and in which columns."""
    number = by_column.total()
    named = [f"“{names[column - 1]}”" for column in by_column if column <= len(names)]
    subject = f"{number:,} cells hold formulas" if number > 1 else "1 cell holds a formula"
    result = "results" if number > 1 else "a result"
    where = f" (in {', '.join(named)})" if named else ""
    at_least = "" if is_whole else "At least "
    return f"{at_least}{subject} without {result}{where}: open and save the file once in Excel."
