"""CSV and its relatives: encoding, dialect and header are detected where the options leave them open."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tables.formula_guard import GUARD, unguarded
from tables.imports.readers import dialect, encoding
from tables.imports.readers.dialect import Dialect
from tables.imports.readers.heading import as_sheet
from tables.imports.readers.lines import Lines
from tables.imports.readers.quotes import Cells, Unclosed
from tables.imports.readers.sheet import LONGEST_CELL, Notes, Options, Row, Rows, Sheet, unreadable

SAMPLE = 256 * 1024  # characters that the dialect is detected in
csv.field_size_limit(LONGEST_CELL)


@contextmanager
def read(path: Path, options: Options, *, is_preview: bool = False) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read."""
    detected = encoding.detect(path, options.encoding, is_preview=is_preview)
    notes = Notes()
    head = _head(path, detected.encoding)
    found = dialect.detect(head, path.suffix, options)
    rows = _Reading(Lines(path, detected.encoding, notes), found, notes).rows()
    yield as_sheet(
        ((line, _unguarded(row)) for line, row in rows),
        options,
        notes,
        is_text=True,
        delimiter=found.delimiter,
        quote=found.quote,
        encoding=detected.encoding.removesuffix("-sig"),
        is_sure=detected.is_sure,
        encodings=detected.choices,
    )


def _unguarded(row: Sequence[Any]) -> Row:
    """Looks for the sign in the row as a whole first, which is one step in C; hardly any row has it."""
    return [unguarded(cell) for cell in row] if GUARD in "".join(row) else row


def _head(path: Path, name: str) -> str:
    """Returns the beginning of the text. Raises Refused where it is not text."""
    with path.open(encoding=name, errors="replace", newline="") as file:
        head = file.read(SAMPLE).removeprefix("\ufeff")
    controls = len(re.findall("[\0-\x08\x0e-\x1a]", head))
    is_utf8 = name.startswith("utf-8") and not re.search("[\0\ufffd]", head)
    if controls > 3 and controls * 20 > len(head) and not is_utf8:
        raise unreadable("This is not a text file. Save it as CSV (UTF-8) or XLSX and upload it again.")
    return head


class _Reading:
    """Reads lines with the csv module, and the few that it does not understand by looking at their quotes."""

    def __init__(self, lines: Lines, found: Dialect, notes: Notes) -> None:
        self._lines = lines
        self._dialect = found
        self._notes = notes
        self._cells = Cells(found)
        self._width = 0

    def rows(self) -> Rows:
        """Yields the rows that are not blank, each with its first line."""
        line = 2 if self._dialect.says_delimiter else 1
        while True:
            before = line
            reader = csv.reader(self._text_from(line), strict=True, **self._dialect.reader_options())  # type: ignore[arg-type]
            try:
                for row in reader:
                    after = before + reader.line_num
                    if any(row):
                        if after - line > 1:
                            self._check_swallowed(line, row)
                        self._width = len(row)
                        yield line, row
                    line = after
            except csv.Error:
                repaired, number = self._repaired(line)
                yield from ((line, row) for row in repaired if any(row))
                line += number
            else:
                return

    def _text_from(self, line: int) -> Iterator[str]:
        lines = self._lines.start_at(line)
        return map(self._cells.with_doubled_quotes, lines) if self._dialect.has_escapes else lines

    def _repaired(self, line: int) -> tuple[list[Row], int]:
        """Returns the rows that begin in the line, and the number of lines that they take."""
        first = next(self._text_from(line))
        text = first.rstrip("\r\n")
        if "\r" in text:
            return self._divided(line, text), 1
        return self._quoted(line)

    def _divided(self, line: int, text: str) -> list[Row]:
        """A lone carriage return ends a row where this leaves rows of the usual width, else it is part of a cell."""
        pieces: list[Row] = [self._cells.of(piece) for piece in text.split("\r")]
        if self._width and all(len(piece) == self._width for piece in pieces):
            return pieces
        self._notes.warn(line, f"Line {line:,} has a carriage return inside a cell. It was read as part of the cell.")
        return [self._cells.of(text)]

    def _quoted(self, line: int) -> tuple[list[Row], int]:
        """Adds lines until all quotes are closed. Raises Refused where one never is."""
        text = ""
        for number, more in enumerate(self._text_from(line), 1):
            text += more
            if number > 1 and self._dialect.quote not in more and len(text) <= 4 * LONGEST_CELL:
                continue  # still inside the cell
            try:
                row = self._cells.of(text.rstrip("\r\n"))
            except Unclosed as unclosed:
                if len(text) > 4 * LONGEST_CELL or self._cells.is_suspicious(text, unclosed.at):
                    raise self._never_closed(line + text.count("\n", 0, unclosed.at)) from None
                continue
            if self._cells.is_odd(text):
                self._notes.warn(line, f"Line {line:,} has a quote inside a cell. It was read as part of the cell.")
            return [row], number
        raise self._never_closed(line + text.count("\n", 0, self._cells.opening(text)))

    def _never_closed(self, line: int) -> Exception:
        words = (
            f"The quote that opens in line {line:,} is never closed. Close or delete it in the file, "
            "or choose “none” as the quote, and upload it again."
        )
        return unreadable(words)

    def _check_swallowed(self, line: int, row: Row) -> None:
        """A quote that was left open takes rows into its cell until the next one."""
        sign = self._dialect.delimiter
        for cell in row:
            inner = str(cell).splitlines()[1:-1] if "\n" in str(cell) else []
            if self._width > 1 and any(part.count(sign) == self._width - 1 for part in inner):
                words = (
                    f"A quoted cell that begins near line {line:,} holds {len(inner) + 2} lines that look like rows."
                )
                self._notes.warn(line, f"{words} Check that its quote is closed where it should be.")
