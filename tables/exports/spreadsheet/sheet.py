"""Rows as the XML of a sheet."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from string import ascii_uppercase
from typing import NamedTuple

from tables.exports import text
from tables.exports.fields import Field
from tables.exports.records import Record
from tables.exports.spreadsheet import parts, values

MOST_ROWS = 1_048_576  # with the header

_LARGEST = 1_900_000_000  # characters: without its extensions, which Excel does not read in a stream, zip ends at 2 GiB
_PIECE = 1 << 19  # characters
_NARROWEST, _WIDEST = 9, 60  # letters


class Told(NamedTuple):
    """A value that is not whole in the sheet."""

    row: int
    column: str
    reason: str


class Sheet:
    """Writes rows until it is full, and collects what did not fit."""

    def __init__(self, fields: Sequence[Field], widths: Sequence[int]) -> None:
        self._columns = [
            (column_name(number), field.key, values.encoder(field.type), field.name)
            for number, field in enumerate(fields, 1)
        ]
        self._start = parts.sheet_start(widths)
        self.told: list[Told] = []

    def pieces(self, rows: Iterable[Record]) -> Iterator[str]:
        """Takes as many rows as fit."""
        waiting = [self._start, self._header()]
        letters = written = 0
        for number, record in enumerate(rows, 2):
            line = self._line(number, record)
            waiting.append(line)
            letters += len(line)
            is_full = number == MOST_ROWS or written + letters > _LARGEST
            if letters > _PIECE or is_full:
                yield "".join(waiting)
                waiting, written, letters = [], written + letters, 0
            if is_full:
                break
        yield "".join(chain(waiting, [parts.SHEET_END]))

    def _header(self) -> str:
        named = ((letter, values.of_text(name)) for letter, _, _, name in self._columns)
        cells = (f'<c r="{letter}1" s="{values.BOLD}"{name.attributes}>{name.elements}</c>' for letter, name in named)
        return f'<row r="1">{"".join(cells)}</row>'

    def _line(self, number: int, record: Record) -> str:
        cells = []
        for letter, key, encode, name in self._columns:
            content = encode(record.get(key))
            if content:
                cells.append(f'<c r="{letter}{number}"{content.attributes}>{content.elements}</c>')
                if content.told:
                    self.told.append(Told(number, name, content.told))
        return f'<row r="{number}">{"".join(cells)}</row>'


def width(field: Field, rows: Iterable[Record]) -> int:
    """Returns how many letters wide the column is to be, after the longest lines of these rows."""
    shown = chain([field.name], (text.of(record.get(field.key)) for record in rows))
    longest = max(len(line) for value in shown for line in value[:_WIDEST].splitlines() or [""])
    return max(_NARROWEST, min(_WIDEST, longest + 2))


def column_name(number: int) -> str:
    """Returns what Excel calls a column: A to Z, then AA. Own, because openpyxl takes a tenth of a second to load."""
    name = ""
    while number:
        number, letter = divmod(number - 1, 26)
        name = ascii_uppercase[letter] + name
    return name
