"""Blank rows of a table: those inside come in where they stand, those at its end, which nobody sees, do not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tables.imports.readers.sheet import Notes, NumberedRow, Pieces, Stretch

LONGEST = 1_000  # blank rows in one place that come in; a far cell of a sheet would bring a million
_ENOUGH = 3  # rows that all have an empty line above them, for these to be no more than space


@dataclass(slots=True)
class Gaps:
    """Counts the blank rows that a reader passes over, by the line of the row that follows them."""

    is_kept: bool = True  # whether blank rows inside the table come in
    before: dict[int, int] = field(default_factory=dict)
    _waiting: int = 0
    _with_cells: int = 0  # of those that wait: others are empty lines, which are no rows at the end of a file
    _has_cells: bool = False  # any blank row so far
    _is_space: bool = False
    _left_out: int = 0
    _disordered: int = 0  # the first row of a sheet that does not stand below the one before

    def add(self, row: Sequence[Any]) -> None:
        """Counts a blank row."""
        self._waiting += 1
        self._with_cells += bool(row)
        self._has_cells = self._has_cells or bool(row)

    def end(self, line: int) -> None:
        """Says that a row that is not blank begins in this line."""
        if self._waiting:
            self.before[line] = self._waiting
            self._waiting = self._with_cells = 0

    def by_number(self, rows: Iterator[NumberedRow]) -> Iterator[NumberedRow]:
        """Counts the rows that are missing between those of a sheet."""
        last = 0
        for number, row in rows:
            if number > last + 1:
                self.before[number] = number - last - 1
            self._disordered = self._disordered or (number if number <= last else 0)
            last = max(last, number)
            yield number, row

    def look(self, lines: Sequence[int]) -> None:
        """Sees the lines where the first rows begin: empty lines above all of them are the way that it is written."""
        is_regular = all(self.before.get(line) == 1 for line in lines[1:])
        self._is_space = is_regular and len(lines) > _ENOUGH and not self._has_cells

    def filled(self, pieces: Pieces, notes: Notes) -> Pieces:
        """Yields the rows, and blank ones in the gaps between them; reports those that are left out."""
        for piece in pieces:
            line = piece.line if isinstance(piece, Stretch) else piece[0]
            if line in self.before:
                number = self.before.pop(line)
                if not self.is_kept or self._is_space:
                    self._left_out += number
                elif number > LONGEST:
                    notes.warn(line, f"The {number:,} blank rows above row {line:,} were left out.")
                else:
                    yield from ((line - before, ()) for before in range(number, 0, -1))
            yield piece
        self._report(notes)

    def _report(self, notes: Notes) -> None:
        if self._left_out:
            why = "every row has one above it" if self._is_space else "a blank row has no key"
            words = f"{_blank_rows(self._left_out)} between the others {_were(self._left_out)} left out"
            notes.warn(None, f"{words}: {why}.")
        if self._disordered:
            words = "is not the next one in the workbook's file. Its rows came in as they stand there."
            notes.warn(self._disordered, f"Row {self._disordered:,} {words}")
        if self._with_cells:
            notes.warn(None, f"{_blank_rows(self._with_cells)} at the end {_were(self._with_cells)} left out.")


def _blank_rows(number: int) -> str:
    return "1 blank row" if number == 1 else f"{number:,} blank rows"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
