"""Where the table of a file begins: lines above it, the row of names, and the names that columns get."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise, takewhile, zip_longest
from statistics import median, mode
from typing import Any

from tables.imports.readers import kinds
from tables.imports.readers.gaps import Gaps
from tables.imports.readers.sheet import (
    Notes,
    NumberedRow,
    Options,
    Pieces,
    Row,
    Rows,
    Sheet,
    checked,
    is_blank,
    named,
    unreadable,
)

AHEAD = 200  # rows that the beginning is judged by
_MOST_TITLES = 30  # rows above the names that are recognised without being told
_RULE = re.compile(r"\s*[+|:]?[-=]{3,}[-=+|: ]*")
_MOST_SKIPPED = 50  # lines above the table that are shown


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first rows of a file, divided: those above the table, the one of names, and those of the table."""

    skipped: Sequence[NumberedRow]
    header: NumberedRow | None
    rows: Sequence[NumberedRow]

    @property
    def first_line(self) -> int:
        return self.header[0] if self.header else self.rows[0][0]


def as_sheet(
    pieces: Pieces, options: Options, notes: Notes, gaps: Gaps, *, is_text: bool = False, **understood: Any
) -> Sheet:
    """Returns the sheet with these rows, and blank ones in the gaps; `understood` are its other fields.

    `is_text`: rows come from lines of text, where a wide row may be a shifted one. Raises Refused without rows.
    """
    rows = Rows(pieces)
    ahead = _without_rules(list(islice(rows, AHEAD)), notes)
    beginning = _beginning(ahead, rows, options)
    names = _names(beginning, notes, is_text=is_text)
    if is_text:
        gaps.look([line for line, _ in beginning.rows])
    if not beginning.header and beginning.rows:
        gaps.before.pop(beginning.first_line, None)
    table = gaps.filled(chain(beginning.rows, rows.pieces()), notes)
    return Sheet(
        names,
        checked(table, len(names), notes, _usual_width(beginning) if is_text else None),
        has_header=beginning.header is not None,
        header_row=beginning.header[0] if beginning.header else None,
        skip_lines=beginning.first_line - 1,
        skipped=beginning.skipped[:_MOST_SKIPPED],
        warnings=notes.warnings,
        rejected=notes.rejected,
        **understood,
    )


def _without_rules(ahead: list[NumberedRow], notes: Notes) -> list[NumberedRow]:
    """Leaves out the lines that programs draw above and below names: `|---|---|`, `-----,-----`, `+----+----+`."""
    ruled = [number for number, row in ahead[:_MOST_TITLES] if _is_rule(row)]
    if len(ruled) == len(ahead) or all(len(row) == 1 for _, row in ahead):
        return ahead
    for number in ruled:
        notes.warn(number, f"Line {number:,} is a ruled line without values. It was left out.")
    return [row for row in ahead if row[0] not in ruled]


def _is_rule(row: Row) -> bool:
    values = [value for value in row if not is_blank(value)]
    return bool(values) and all(isinstance(value, str) and _RULE.fullmatch(value) for value in values)


def _beginning(ahead: list[NumberedRow], rest: Rows, options: Options) -> Beginning:
    """Goes by the options, then by what the first rows look like."""
    if not ahead:
        raise unreadable("The file has no rows. Check that it is the right file, and upload one with rows.")
    if options.header_row:
        return _from_header_row(ahead, rest, options.header_row)
    if options.skip_lines is not None:
        skipped, table = _divided(ahead, rest, options.skip_lines + 1, "skip_lines")
    else:
        number = _number_of_titles(ahead) if options.has_header is not False else _number_of_comments(ahead)
        skipped, table = ahead[:number], ahead[number:]
    has_header = options.has_header
    if has_header is None:
        has_header = is_header(table[0][1], [row for _, row in table[1:]])
    return Beginning(skipped, table[0] if has_header else None, table[1:] if has_header else table)


def _from_header_row(ahead: list[NumberedRow], rest: Rows, header_row: int) -> Beginning:
    skipped, table = _divided(ahead, rest, header_row, "header_row")
    if table[0][0] != header_row:
        words = f"Line {header_row:,} is empty, so it can't hold the names. The next one that isn't is {table[0][0]:,}."
        raise unreadable(words, "header_row")
    return Beginning(skipped, table[0], table[1:])


def _divided(
    ahead: list[NumberedRow], rest: Rows, line: int, option: str
) -> tuple[list[NumberedRow], list[NumberedRow]]:
    """Returns the rows before the line, as far as they are shown, and the first ones from there on."""
    skipped = list(takewhile(lambda row: row[0] < line, ahead))
    table = ahead[len(skipped) :]
    if not table:
        last = ahead[-1][0]
        for number, row in rest:
            if number >= line:
                table = [(number, row), *islice(rest, AHEAD - 1)]
                break
            last = number
        else:
            raise unreadable(f"The last line with values is {last:,}; choose a smaller number.", option)
    return skipped, table


def _number_of_titles(ahead: list[NumberedRow]) -> int:
    """Returns how many of the first rows are comments, or titles above a row of names."""
    comments = _number_of_comments(ahead)
    rows = ahead[comments:]
    number = _number_above_gap(rows) or _number_of_narrow(rows) or _number_of_labels(rows)
    return comments + number + _is_first_of_two(rows[number:])


def _number_of_narrow(rows: list[NumberedRow]) -> int:
    """Returns how many of the first rows have too few values for names, where a row that follows could be names."""
    widths = [_filled_to(row) for _, row in rows]
    for number in range(min(len(rows) - 1, _MOST_TITLES)):
        if not _is_title(rows[number][1], median(widths[number:])):
            return number if number and _is_start(rows, number) else 0
    return 0


def _number_of_labels(rows: list[NumberedRow]) -> int:
    """Returns how many of the first rows have gaps or fewer values than a row of usual names that follows them.

    Such are groups of columns (`Contact,,Address,`) and what a report says of itself (`User:,Sam`).
    """
    for number in range(1, min(len(rows) - 1, _MOST_TITLES)):
        names = rows[number][1]
        width = _filled_to(names)
        if not all(_filled(other) < width and _filled_to(other) <= width for _, other in rows[:number]):
            continue
        if _filled_to(rows[number + 1][1]) == width and is_header(names, [row for _, row in rows[number + 1 :]], 2):
            return number
    return 0


def _is_first_of_two(rows: list[NumberedRow]) -> bool:
    """Whether the names stand in the first two rows: `Name,Address,` above `,City,Zip`, where cells were merged."""
    if len(rows) < 3:
        return False
    upper, lower = rows[0][1], rows[1][1]
    width = max(_filled_to(upper), _filled_to(lower))
    pairs = set(zip(_are_filled(upper, width), _are_filled(lower, width), strict=True))
    is_each_named = (False, False) not in pairs and {(True, False), (False, True)} <= pairs
    return is_each_named and _is_words(lower) and is_header(lower, [row for _, row in rows[2:]], 1)


def _are_filled(row: Row, width: int) -> list[bool]:
    return [at < len(row) and not is_blank(row[at]) for at in range(width)]


def _is_start(rows: list[NumberedRow], number: int) -> bool:
    """Whether the table begins at this row: with names, or where lines become rows."""
    return len(rows[number - 1][1]) == 1 or is_header(rows[number][1], [row for _, row in rows[number + 1 :]])


def _number_above_gap(rows: list[NumberedRow]) -> int:
    """Returns how many rows stand above the last empty line below which a wider row could be names."""
    widths = [_filled_to(row) for _, row in rows[: _MOST_TITLES + 1]]
    for number in range(len(widths) - 1, 0, -1):
        has_gap = rows[number][0] > _last_line(rows[number - 1]) + 1
        if has_gap and max(widths[:number]) < widths[number]:
            return number if is_header(rows[number][1], [row for _, row in rows[number + 1 :]]) else 0
    return 0


def _last_line(numbered: NumberedRow) -> int:
    line, row = numbered
    return line + sum(value.count("\n") for value in row if isinstance(value, str))


def _is_title(row: Row, typical: float) -> bool:
    """Whether the row has fewer values than a row of names could have, where rows typically reach that far."""
    return _filled(row) * 2 <= typical if typical > 2 else typical == 2 and len(row) == 1


def _filled(row: Row) -> int:
    return sum(not is_blank(value) for value in row)


def _filled_to(row: Row) -> int:
    """Returns the width up to the last value."""
    return next((number for number in range(len(row), 0, -1) if not is_blank(row[number - 1])), 0)


def _number_of_comments(ahead: list[NumberedRow]) -> int:
    """Returns how many of the first rows begin with “#”; the last of them may be the names: “#id,name”."""
    number = len(list(takewhile(lambda row: _is_comment(row[1]), ahead[:-1])))
    if number and len(ahead) > number:
        last, after = ahead[number - 1][1], ahead[number][1]
        if (
            len(last) > 1
            and len(last) == len(after)
            and not is_header(after, [row for _, row in ahead[number + 1 :]], 1)
        ):
            return number - 1
    return number


def _is_comment(row: Row) -> bool:
    """A lone “#” or “#5” is a name or a number of a row; a comment has words."""
    first = row[0] if row else None
    return isinstance(first, str) and first.startswith("#") and any(letter.isalpha() for letter in first)


def is_header(first: Row, rows: Sequence[Row], at_least: int = 0) -> bool:
    """Whether the first row holds names, by how it differs from the rows below; texts do where nothing speaks against.

    `at_least` is the evidence that is asked for.
    """
    if all(map(is_blank, first)) or any(isinstance(value, dict | list) for value in first):
        return False
    if any(isinstance(value, str) and kinds.is_usual_name(value) for value in first):
        rows = [row for row in rows if row != first]  # the names of another file that was put behind
    votes = [_vote(value, [row[at] for row in rows if at < len(row)]) for at, value in enumerate(first)]
    if _is_series(first) and not any(map(_is_series, rows[:20])):
        votes = [max(vote, 0) for vote in votes] + [1]
    return sum(votes) >= at_least and (any(vote > 0 for vote in votes) or _is_words(first))


def _vote(name: object, values: Sequence[object]) -> int:
    """Returns how much a column speaks for its first value being a name: 2 for “Age” above numbers, -2 for a number."""
    present = [value for value in values if not is_blank(value)]  # type: ignore[arg-type]
    if is_blank(name):  # type: ignore[arg-type]
        return 0
    own, below = kinds.of(name), kinds.of_most(present)
    if own == "text":
        return _vote_of_text(str(name), below, present)
    if own == "number" and kinds.is_year(name) and not (present and all(map(kinds.is_year, present))):
        return 1 if present else 0
    if own == "date" and below not in (None, "date", "text"):
        return 1
    return -2 if own == below or not present else -1


def _vote_of_text(name: str, below: str | None, present: Sequence[object]) -> int:
    if kinds.is_placeholder(name):
        return -1
    if below not in (None, "text"):
        return 2
    if present.count(name) > len(present) // 20:
        return -1  # a value that returns
    return int(kinds.is_usual_name(name))


def _is_series(row: Row) -> bool:
    """Whether three or more whole numbers in the row have equal steps: names like 2023, 2024, 2025 or 1, 2, 3."""
    numbers = [int(str(value)) for value in row if kinds.is_whole(value)]
    steps = {after - before for before, after in pairwise(numbers)}
    return len(numbers) > 2 and len(steps) == 1 and steps != {0}


def _is_words(row: Row) -> bool:
    return all(is_blank(value) or kinds.of(value) == "text" for value in row)


def _with_names_above(header: NumberedRow, skipped: Sequence[NumberedRow]) -> list[str]:
    """Returns the names; for one that is missing, the label right above, where cells seem to be merged."""
    line, names = header
    above: Row = skipped[-1][1] if skipped and skipped[-1][0] == line - 1 else ()
    labels = [value for value in above if not is_blank(value)]
    if len(labels) < 2 or not _is_words(above) or any(str(label).endswith(":") for label in labels):
        above = ()
    missing = [None] * (_filled_to(above) - len(names))
    both = zip_longest([*names, *missing], above[: len(names) + len(missing)])
    return [str(label or "") if is_blank(name) else str(name) for name, label in both]


def _usual_width(beginning: Beginning) -> int:
    return mode(len(row) for _, row in beginning.rows) if beginning.rows else 0


def _names(beginning: Beginning, notes: Notes, *, is_text: bool) -> list[str]:
    """Returns a name for each column; values past the last name get one too where they are no accident."""
    if not beginning.header:
        return named([""] * max(len(row) for _, row in beginning.rows))
    given = _with_names_above(beginning.header, beginning.skipped)
    widths = [_filled_to(row) for _, row in beginning.rows]
    wide = [width for width in widths if width > len(given)]
    if wide and (not is_text or len(wide) * 10 > len(widths)):
        names = "is 1 name" if len(given) == 1 else f"are {len(given)} names"
        words = f"There {names}, but rows have up to {max(wide)} values. Check the last names."
        notes.warn(beginning.header[0], words)
        given += [""] * (max(wide) - len(given))
    return named(given)
