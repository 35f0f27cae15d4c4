"""Reads one workbook in a process of its own: `python -m tables.imports.readers.spreadsheets PATH OPTIONS`.

OPTIONS holds `sheet`, `repeat_merged` and `is_preview`. See `answering` for what it writes. Nothing of Django is
imported: it starts in a fifth of a second.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tables.imports.readers.answering import Answer, Unreadable, answer

_SECONDS_TO_SEARCH = 2.0  # the sheets of a workbook, in a preview


def opened(path: Path, options: Mapping[str, Any]) -> Answer:
    from tables.imports.readers.spreadsheets.kinds import kind_of

    readers = {"xlsx": _with_openpyxl, "xls": _with_xlrd, "ods": _of_open_document}
    try:
        return readers.get(kind_of(path), _with_calamine)(path, options)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # a reader raises whatever a broken part leads to
        try:
            return _with_calamine(path, options)
        except Unreadable:
            words = "This workbook is broken: a part of it cannot be read."
            raise Unreadable(f"{words} Open it in Excel, save it as XLSX and upload that.") from error


def _with_openpyxl(path: Path, options: Mapping[str, Any]) -> Answer:
    from tables.imports.readers.spreadsheets.archive import Archive
    from tables.imports.readers.spreadsheets.scan import scan
    from tables.imports.readers.spreadsheets.xlsx import Workbook

    book = Workbook(Archive(path))
    until = time.monotonic() + (_SECONDS_TO_SEARCH if options["is_preview"] else 1e9)
    scans = {sheet.title: scan(book.archive, sheet.part, book.styles, until) for sheet in book.sheets}
    choices = [(sheet.title, _counted(scans[sheet.title]), sheet.is_hidden) for sheet in book.sheets]
    title = _chosen(choices, options["sheet"])
    found = scans[title]
    sheet = next(sheet for sheet in book.sheets if sheet.title == title)
    about = {
        "sheet": title,
        "sheets": choices,
        "total": _counted(found),
        "reader": "openpyxl",
        "unresolved": sorted(found.unresolved.items()),
        "uncalculated": [] if book.is_calculated else sorted(found.resolved.items()),
        "hidden_rows": found.hidden_rows,
        "hidden_columns": found.hidden_columns,
        "hidden_values": sorted(found.hidden_values.items()),
        "totals": book.totals(sheet),
        "rounded": sorted(found.rounded.items()),
        "is_whole": found.is_whole,
    }
    return about, _begun(book.rows(sheet, found.merges, repeat_merged=bool(options["repeat_merged"])), title)


def _counted(found: Any) -> int | None:
    return found.rows if found.is_whole else None


def _begun(rows: Iterator[Any], title: str) -> Iterator[Any]:
    """Reads the first row at once: what cannot be read at all is another reader's."""
    return _read_to_end(chain(list(islice(rows, 1)), rows), title)


def _read_to_end(rows: Iterator[Any], title: str) -> Iterator[Any]:
    last = 0
    try:
        for last, values in rows:
            yield last, values
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        words = f"The sheet “{title}” cannot be read after row {last:,}: it is broken."
        raise Unreadable(words) from error


def _with_xlrd(path: Path, options: Mapping[str, Any]) -> Answer:
    from tables.imports.readers.spreadsheets.xls import Workbook

    book = Workbook(path)
    choices = [(title, book.number_of_rows(title), is_hidden) for title, is_hidden in book.sheets]
    title = _chosen(choices, options["sheet"])
    about = {"sheet": title, "sheets": choices, "reader": "xlrd", "is_whole": True} | book.hidden(title)
    about["total"] = next(number for name, number, _ in choices if name == title)
    return about, _begun(book.rows(title, repeat_merged=bool(options["repeat_merged"])), title)


def _of_open_document(path: Path, options: Mapping[str, Any]) -> Answer:
    """Takes from calamine which sheets there are; it does not know how they show their values."""
    from tables.imports.readers.spreadsheets import ods

    about, _ = _with_calamine(path, options)
    title = about["sheet"]
    found = ods.scan(path, title)
    unresolved = [(0, found.unresolved)] if found.unresolved else []
    told = {"reader": None, "hidden_rows": found.hidden_rows, "unresolved": unresolved}
    told |= {"hidden_columns": found.hidden_columns}
    return dict(about) | told, _begun(ods.rows(path, title, repeat_merged=bool(options["repeat_merged"])), title)


def _with_calamine(path: Path, options: Mapping[str, Any]) -> Answer:
    from tables.imports.readers.spreadsheets import calamine

    book = calamine.Workbook(path)
    sheets = {title: book.sheet(title) for title, _ in book.sheets}
    choices = [(title, calamine.number_of_rows(sheets[title]), is_hidden) for title, is_hidden in book.sheets]
    title = _chosen(choices, options["sheet"])
    about = {"sheet": title, "sheets": choices, "total": calamine.number_of_rows(sheets[title])}
    rows = calamine.rows(sheets[title], repeat_merged=bool(options["repeat_merged"]))
    return about | {"reader": "calamine", "is_whole": True}, rows


def _chosen(choices: Sequence[tuple[str, int | None, bool]], given: str | None) -> str:
    """Returns the sheet to read: the given one, else the first with rows that is not hidden."""
    titles = [title for title, _, _ in choices]
    if given and given not in titles:
        raise Unreadable(f"There is no sheet “{given}”. There are: {', '.join(titles)}.", "sheet")
    filled = [title for title, rows, _ in choices if rows != 0]
    if given and given not in filled:
        raise Unreadable(f"The sheet “{given}” is empty. Choose another one.", "sheet")
    if not filled:
        raise Unreadable("The workbook has no rows. Check that it is the right file, and upload one with rows.")
    visible = [title for title, rows, is_hidden in choices if rows != 0 and not is_hidden]
    return given or (visible or filled)[0]


if __name__ == "__main__":
    answer(opened)
