"""CSV and its relatives: encoding, dialect and header are detected where the options leave them open."""

import csv
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from tables.formula_guard import GUARD, unguarded
from tables.imports.readers import dialect, encoding
from tables.imports.readers.dialect import Dialect
from tables.imports.readers.encoding import Detected
from tables.imports.readers.gaps import Gaps
from tables.imports.readers.heading import as_sheet
from tables.imports.readers.lines import Lines
from tables.imports.readers.quotes import Cells, Unclosed
from tables.imports.readers.sheet import (
    LONGEST_CELL,
    Notes,
    NumberedRow,
    Options,
    Piece,
    Pieces,
    Row,
    Sheet,
    Stretch,
    Waiting,
    silent,
    unreadable,
)
from tables.imports.readers.stretches import AS_TEXT, stretch

SAMPLE = 256 * 1024  # characters that the dialect is detected in
_AS_TEXT = re.compile(f'{AS_TEXT}((?:[^"]|"")*)"')
csv.field_size_limit(LONGEST_CELL)

# What begins like this is no table, though it has the name of one.
_OTHERS = (
    (r"%PDF-", "This is a PDF file. Copy its table into a spreadsheet, save that and upload it."),
    (r"\s*<(!doctype html|html|head|body)\b", "This is a web page. Open it in Excel, save it as XLSX and upload that."),
    (r"\s*<\?xml\b", "This is an XML file. Open it in Excel, save it as XLSX and upload that."),
    (r"\{\\rtf", "This is a document of a word processor. Save its table as CSV and upload that."),
)


@contextmanager
def read(path: Path, options: Options, *, is_preview: bool = False, waiting: Waiting = silent) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read."""
    waiting()
    detected = encoding.detect(path, options.encoding, is_preview=is_preview)
    notes = Notes()
    head = _head(path, detected.encoding)
    found = dialect.detect(head, path.suffix, options)
    gaps = Gaps(options.keeps_blank_rows)
    lines = Lines(path, detected.encoding, notes, partial(_with_stand_in, found.delimiter, found.sign))
    pieces = _Reading(lines, found, notes, gaps).pieces()
    if not detected.is_sure:
        notes.warn(None, _guessed(detected))
    if found.rivals:
        notes.warn(None, _about_rivals(found))
    if found.has_decimals:
        notes.warn(
            None, "The commas were read as decimal commas. Choose the comma as delimiter if they divide columns."
        )
    yield as_sheet(
        pieces if found.sign == found.delimiter else map(partial(_as_written, found), pieces),
        options,
        notes,
        gaps,
        is_text=True,
        delimiter=found.delimiter,
        quote=found.quote,
        encoding=detected.encoding.removesuffix("-sig"),
        is_sure=detected.is_sure,
        encodings=detected.choices,
    )


def _with_stand_in(delimiter: str, sign: str, text: str) -> str:
    return text if sign == delimiter else text.replace(delimiter, sign)


def _as_written(found: Dialect, piece: Piece) -> Piece:
    """Returns cells with the delimiter of several characters where it stands inside of one."""
    if isinstance(piece, Stretch):
        return Stretch(piece.line, piece.width, [cell.replace(found.sign, found.delimiter) for cell in piece.cells])
    line, row = piece
    return line, [cell.replace(found.sign, found.delimiter) if isinstance(cell, str) else cell for cell in row]


def _guessed(detected: Detected) -> str:
    words = detected.choices[0].words if detected.choices else ()
    listed = ", ".join(f"“{word}”" for word in words[:3])
    return (
        f"The letters were read as {detected.encoding.upper()}, which is a guess. Check that these are right: {listed}."
    )


def _about_rivals(found: Dialect) -> str:
    names = {sign: name for name, sign in dialect.DELIMITERS.items()}
    others = " or a ".join(names[sign] for sign in found.rivals)
    return (
        f"The {names[found.delimiter]} was taken for the delimiter, which is a guess: a {others} divides every line, "
        "too. Check the columns, and choose the delimiter if they are wrong."
    )


def _as_meant(row: Sequence[Any]) -> Row:
    """Looks for the signs in the row as a whole first, which is a step in C; hardly any row has them."""
    joined = "".join(row)
    return list(map(_meant, row)) if GUARD in joined or AS_TEXT in joined else row


def _meant(cell: str) -> str:
    """Returns the cell without its guard; ="001" is how programs make Excel show 001."""
    match = _AS_TEXT.fullmatch(cell)
    return match[1].replace('""', '"') if match else unguarded(cell)


def _head(path: Path, name: str) -> str:
    """Returns the beginning of the text. Raises Refused where it is not text."""
    with path.open(encoding=name, errors="replace", newline="") as file:
        head = file.read(SAMPLE).removeprefix("\ufeff")
    told = next((words for beginning, words in _OTHERS if re.match(beginning, head, re.I)), None)
    if told:
        raise unreadable(told)
    controls = len(re.findall("\0+|[\1-\x08\x0e-\x1a]", head))
    is_utf8 = name.startswith("utf-8") and not re.search("[\0\ufffd]", head)
    if controls > 3 and controls * 20 > len(head) and not is_utf8:
        raise unreadable("This is not a text file. Save it as CSV (UTF-8) or XLSX and upload it again.")
    return head


class _Reading:
    """Reads blocks of lines at once where nothing in them is odd, and else row by row with the csv module.

    The few rows that it does not understand are read by looking at their quotes.
    """

    def __init__(self, lines: Lines, found: Dialect, notes: Notes, gaps: Gaps) -> None:
        self._lines = lines
        self._dialect = found
        self._notes = notes
        self._cells = Cells(found)
        self._width = 0
        self.gaps = gaps  # where blank rows are passed over

    def pieces(self) -> Pieces:
        """Yields the rows that are not blank."""
        line = 2 if self._dialect.says_delimiter else 1
        while line < self._lines.next_line or self._lines.read_on():
            block = self._lines.block_at(line)
            found = stretch(block, self._dialect, self._width) if block else None
            if found:
                self.gaps.end(line)
                yield found
                line += len(found)
            else:
                line = yield from self._one_by_one(line)

    def _one_by_one(self, line: int) -> Generator[NumberedRow, None, int]:
        """Yields rows up to the end of what was read of the lines, or to one that needs a look at its quotes.

        Returns the number of the next line.
        """
        before = line
        reader = csv.reader(self._text_from(line), strict=True, **self._dialect.reader_options())  # type: ignore[arg-type]
        try:
            for row in reader:
                after = before + reader.line_num
                if any(row):
                    if after - line > 1:
                        self._check_swallowed(line, row)
                    self._width = len(row)
                    self.gaps.end(line)
                    yield line, _as_meant(row)
                else:
                    self.gaps.add(row)
                line = after
                if line == self._lines.next_line:
                    break
        except csv.Error:
            repaired, number = self._repaired(line)
            self.gaps.end(line)
            yield from ((line, _as_meant(row)) for row in repaired if any(row))
            line += number
        return line

    def _text_from(self, line: int) -> Iterator[str]:
        lines = self._lines.start_at(line)
        return map(self._cells.with_doubled_quotes, lines) if self._dialect.has_escapes else lines

    def _repaired(self, line: int) -> tuple[list[Row], int]:
        """Returns the rows that begin in the line, and the number of lines that they take."""
        first = next(self._text_from(line))
        text = first.rstrip("\r\n")
        if "\r" in text:
            with suppress(Unclosed):  # it goes on in the next line
                return self._divided(line, text), 1
        return self._quoted(line)

    def _divided(self, line: int, text: str) -> list[Row]:
        """A lone carriage return ends a row where this leaves rows of the usual width, else it is part of a cell."""
        whole = self._cells.of(text)
        with suppress(Unclosed):  # in a piece: it is part of a quoted cell
            pieces: list[Row] = [self._cells.of(piece) for piece in text.split("\r")]
            width = self._width or max(len(pieces[0]), 2)  # of the first row nothing is known yet
            if all(len(piece) == width for piece in pieces):
                return pieces
        self._notes.warn(line, f"Line {line:,} has a carriage return inside a cell. It was read as part of the cell.")
        return [whole]

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
        sign = self._dialect.sign
        for at, cell in enumerate(row):
            parts = str(cell).splitlines() if self._width > 1 and "\n" in str(cell) else [""]
            signs = [part.count(sign) for part in parts]
            # With what stands before and after the cell, its first and its last line are whole rows, too.
            is_split = signs[0] > 0 and (signs[0] + at, signs[-1]) == (self._width - 1, at)
            if is_split or self._width - 1 in signs[1:-1]:
                words = f"A quoted cell that begins near line {line:,} holds {len(parts)} lines that look like rows."
                self._notes.warn(line, f"{words} Check that its quote is closed where it should be.")
