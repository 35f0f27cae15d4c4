"""How a text file divides its lines into cells, judged by many of them."""

import csv
import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import dropwhile, islice

from tables.imports.readers import kinds
from tables.imports.readers.sheet import Options, Row, unreadable

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_RARE = (":", "^", "~", "\x1f", "\x01")
_QUOTES = ('"', "'")
_LONGEST = 5  # characters of a delimiter
_ROWS = 300  # that a dialect is judged by
_DECIMAL = re.compile(r"[-+]?(\d{1,3}([. ]\d{3})+|\d+),\d+ ?[%€]?")
_SEP = re.compile(r"sep=(.{1,5}?)\r?\n", re.I)
_LONG = re.compile(r"[^\w\s\"'.,;/()-]{2,5}")  # such as || or ~|~; `,,` stands around a blank cell
_TITLES = 20  # lines that may stand above a table
_LOOSE = 200  # characters of a quoted cell with quotes inside that are not doubled
_FEWEST = {":": 2}  # in a line: one is of a text, like `Note: a, b`
STAND_IN = "\ufdd0"  # for a delimiter of several characters, which the csv module does not know; nobody writes it


@dataclass(frozen=True, slots=True)
class Dialect:
    delimiter: str  # as it is written, mostly one character
    quote: str  # empty for none
    has_spaces: bool = False  # between a delimiter and a quote
    has_escapes: bool = False  # a quote inside quotes is \"
    says_delimiter: bool = False  # in its first line, like “sep=;”
    has_decimals: bool = False  # with a comma, in a single column
    rivals: tuple[str, ...] = ()  # other delimiters that divide all lines, too

    @property
    def sign(self) -> str:
        """The character that divides the cells of the lines that `Lines` yields."""
        return self.delimiter if len(self.delimiter) == 1 else STAND_IN

    def reader_options(self) -> dict[str, object]:
        """Returns the arguments of `csv.reader`."""
        quoting = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
        return {
            "delimiter": self.sign,
            "quotechar": self.quote or None,
            "quoting": quoting,
            "skipinitialspace": self.has_spaces,
        }


def detect(head: str, suffix: str, options: Options) -> Dialect:
    """Judges the beginning of the file, where the options leave it open. Raises Refused for options that make none."""
    said = _SEP.match(head)
    if said:
        head = head[said.end() :]
    quotes = [_known_quote(options.quote)] if options.quote is not None else _likely_quotes(head)
    given = _known_delimiter(options.delimiter) if options.delimiter else said[1] if said else ""
    score, sign, quote = _best(head, [given] if given else _delimiters(suffix), quotes)
    if score == 0 and not options.delimiter:  # the name of the file was wrong, or none of these divides it
        score, sign, quote = _best(head, list(DELIMITERS.values()), quotes)
        rare = _best(head, _RARE, quotes)
        if score == 0 and rare[0] > 0.3:
            score, sign, quote = rare
    if not given and (unusual := _unusual(head, sign if score else "")):
        _, sign, quote = _best(head, [unusual], quotes)
    rivals = [] if given else _rivals(head, sign, quote, _delimiters(suffix))
    if rivals and _is_better(head, rivals[0], sign, quote):
        sign, rivals[0] = rivals[0], sign
    has_decimals = sign == "," and not given and _is_decimals(head)
    sign = DELIMITERS["semicolon"] if has_decimals else sign
    spaces, escapes = _has_spaces(head, sign, quote), _has_escapes(head, sign, quote)
    return Dialect(sign, quote, spaces, escapes, said is not None, has_decimals, tuple(rivals))


def _best(head: str, signs: Sequence[str], quotes: Sequence[str]) -> tuple[float, str, str]:
    """Returns the score of the sign and the quote that divide the head best, and these."""
    return max(
        ((_score(head, sign, quote), sign, quote) for sign in signs for quote in quotes), key=lambda found: found[0]
    )


def _rivals(head: str, sign: str, quote: str, signs: Sequence[str]) -> list[str]:
    """Returns the other signs that divide all lines into as many cells each, where this one does: the best first."""
    if sign not in signs or not _divided(head, sign, has_titles=False):
        return []
    others = [other for other in signs if other != sign and _divided(head, other, has_titles=False)]
    scores = {other: _score(head, other, quote) for other in others}
    return sorted(filter(scores.get, others), key=scores.__getitem__, reverse=True)


def _is_better(head: str, rival: str, sign: str, quote: str) -> bool:
    """Whether the rival alone leaves no cell but numbers, as in `1,5;2,5`, or no space follows it: `Doe, Jane;Oslo`."""
    if _is_all_numbers(head, rival, quote) and not _is_all_numbers(head, sign, quote):
        return True
    return head.count(sign) == head.count(f"{sign} ") and f"{rival} " not in head


def _is_all_numbers(head: str, sign: str, quote: str) -> bool:
    rows = csv.reader(StringIO(head, newline=""), **Dialect(sign, quote).reader_options())  # type: ignore[arg-type]
    return all(kinds.of(cell) == "number" for row in islice(rows, _ROWS) for cell in row)


def _unusual(head: str, sign: str) -> str | None:
    """Returns the delimiter that few programs write, where it divides lines better than the usual sign does.

    The latter is one of its characters, or stands in a cell: `Name^Price` has no comma, but below it is `Acme^26,53`.
    """
    beginning = "\n".join(head.splitlines()[:_TITLES])
    for long in dict.fromkeys(match[0] for match in _LONG.finditer(beginning)):
        rows = _divided(head, long, has_titles=bool(sign)) if sign in long else []
        if rows and set(rows[0].replace(long, "")).isdisjoint(long):
            return long
    for rare in filter(head.__contains__, _RARE if sign else ()):
        rows = _divided(head, rare, has_titles=True)
        if rows and sign not in rows[0]:
            return rare
    return None


def _divided(head: str, sign: str, *, has_titles: bool) -> list[str]:
    """Returns the lines that the sign divides, if they are most of them and have it as often as each other."""
    begin, end = (f"{edge}|{re.escape(sign)}" for edge in "^$")
    quoted = re.compile(f'({begin}) *(?:"(?:[^"]|"")*+"|".{{0,{_LOOSE}}}?") *(?={end})', re.M)
    unquoted = quoted.sub(r"\1", head)
    lines = [line for line in unquoted.splitlines()[:_ROWS] if line.strip()]
    lines = lines[:-1] if len(lines) > 2 else lines  # the last one may be cut
    rows = list(dropwhile(lambda line: sign not in line, lines)) if has_titles else lines
    numbers = {line.count(sign) for line in rows}
    is_table = 1 < len(rows) >= len(lines) / 2 and len(numbers) == 1
    return rows if is_table and min(numbers) >= _FEWEST.get(sign, 1) else []


def _is_decimals(head: str) -> bool:
    """Whether the lines are names of one column, and below them numbers with a decimal comma."""
    lines = [line.strip() for line in head.splitlines()[:_ROWS] if line.strip()]
    numbers = list(dropwhile(lambda line: "," not in line, lines))
    return 1 < len(numbers) < len(lines) and all(map(_DECIMAL.fullmatch, numbers))


def _delimiters(suffix: str) -> list[str]:
    return ["\t"] if suffix == ".tsv" else list(DELIMITERS.values())


def _known_delimiter(given: str) -> str:
    sign = (DELIMITERS | {"\\t": "\t"}).get(given, given)
    is_odd = len(sign) > _LONGEST or (len(sign) > 1 and any(map(str.isalnum, sign)))
    if not sign or is_odd or set(sign) & set('"\r\n'):
        words = f"A delimiter is one character, like a comma, a semicolon or a tab, or up to {_LONGEST}, like ||."
        raise unreadable(words, "delimiter")
    return sign


def _known_quote(given: str) -> str:
    if len(given) > 1 or given in ("\r", "\n", " "):
        raise unreadable("A quote is one character, like \" or ', or nothing for files without quotes.", "quote")
    return given


def _likely_quotes(head: str) -> list[str]:
    """Returns single quotes first where cells begin and end with them, and not with double ones.

    Apostrophes that guard cells from being run as formulas look the same: then rows of one width tell.
    """
    pattern = r"""(?:^|[,;\t|])(['"])(?:[^'"\n\\]|\1\1|\\.)*\1(?=[,;\t|\r\n]|$)"""
    cells = re.findall(pattern, head[:100_000], re.M)
    counted = Counter(cells)
    return ["'", '"'] if counted["'"] > 2 * counted['"'] else ['"']


def _score(head: str, sign: str, quote: str) -> float:
    """Returns from 0 to 1 how alike in width the rows are, and how much their cells look like values."""
    dialect = Dialect(sign, quote, _has_spaces(head, sign, quote))
    options, head = dialect.reader_options(), head.replace(sign, dialect.sign)
    if quote == "'":  # which who uses it rather escapes than doubles
        head = head.replace("\\'", "''")
    try:
        rows = [row for row in islice(csv.reader(StringIO(head, newline=""), **options), _ROWS) if row]  # type: ignore[arg-type]
    except csv.Error:
        return 0
    rows = rows[:-1] if len(rows) > 2 else rows
    widths = Counter(len(row) for row in rows)
    wide = [(number * (width - 1) / width, width) for width, number in widths.items() if width > 1]
    if not wide:
        return 0
    share, width = max(wide)
    return share / len(rows) * (0.3 + 0.7 * _share_of_values([row for row in rows if len(row) == width], quote))


def _share_of_values(rows: Sequence[Row], quote: str) -> float:
    """Returns how many of the cells are numbers, days and the like, or words without a delimiter or a lone quote."""
    cells = [str(cell) for row in rows[:60] for cell in row[:40]]
    return sum(_worth(cell, quote) for cell in cells) / len(cells)


def _worth(cell: str, quote: str) -> float:
    if not cell.strip():
        return 0.5
    if kinds.of(cell) != "text":
        return 1
    if quote and (cell.strip().startswith(quote) != cell.strip().endswith(quote)):
        return 0
    return 0.4 if any(sign in cell for sign in ",;\t|") else 0.9


def _has_spaces(head: str, sign: str, quote: str) -> bool:
    """Whether spaces stand between delimiters and quotes: `a, "b, c"`."""
    if not quote or sign == " ":
        return False
    delimiter, mark = re.escape(sign), re.escape(quote)
    spaced = len(re.findall(f"{delimiter} +{mark}(?:[^{mark}\n]|{mark}{mark})*{mark} *(?={delimiter}|[\r\n]|$)", head))
    return spaced > 0 and spaced >= len(re.findall(f"{delimiter}{mark}", head))


def _has_escapes(head: str, sign: str, quote: str) -> bool:
    """Whether quotes inside quotes are written with a backslash: most that follow one then end no cell."""
    dialect = Dialect(sign, quote, _has_spaces(head, sign, quote))
    if not quote or f"\\{quote}" not in head or _is_regular(head.replace(sign, dialect.sign), dialect):
        return False
    mark, after = re.escape(quote), f"(?=[{re.escape(sign)}\r\n]|$)"
    ending = len(re.findall(rf"(?<!\\)\\{mark}{after}", head))
    return len(re.findall(rf"(?<!\\)\\{mark}", head)) > 2 * ending or f"\\{quote}{quote}" in head


def _is_regular(head: str, dialect: Dialect) -> bool:
    """Whether all quotes follow the rule, with those inside quotes doubled; the head may end inside of them."""
    try:
        deque(csv.reader(StringIO(head, newline=""), strict=True, **dialect.reader_options()), maxlen=0)  # type: ignore[arg-type]
    except csv.Error as error:
        return "end of data" in str(error) and len(head) > 1000
    return True
