"""CSV and its relatives: encoding, delimiter and header are detected where the options leave them open."""

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TextIO

from charset_normalizer import from_bytes

from tables import values
from tables.imports.readers.heading import as_sheet
from tables.imports.readers.sheet import Notes, Options, Rows, Sheet, unreadable

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
SAMPLE = 256 * 1024  # bytes that the encoding and the delimiter are detected in
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
csv.field_size_limit(values.LONGEST * 4)


@contextmanager
def read(path: Path, options: Options) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    encoding = _encoding(sample, options.encoding)
    head = sample.decode(encoding, "ignore").lstrip("\ufeff")
    if "\0" in head:
        raise unreadable("This is not a text file. Save it as CSV (UTF-8) or XLSX and upload it again.")
    delimiter = _delimiter(head, path.suffix, options.delimiter)
    with path.open(encoding=encoding, newline="") as text:
        yield _sheet(text, options, delimiter, encoding)


def _sheet(text: TextIO, options: Options, delimiter: str, encoding: str) -> Sheet:
    lines = _lines(text, delimiter)
    encoding = encoding.removesuffix("-sig")
    return as_sheet(lines, options, Notes(), is_text=True, delimiter=delimiter, quote='"', encoding=encoding)


def _lines(text: TextIO, delimiter: str) -> Rows:
    """Yields the rows that are not blank; a byte-order mark is no part of the first name."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if line == 1 and row:
                row[0] = row[0].lstrip("\ufeff")
            if any(row):
                yield line, row
            line = reader.line_num + 1
    except UnicodeDecodeError as error:
        words = f"The text after line {reader.line_num:,} is not {error.encoding}. Choose another encoding."
        raise unreadable(words, "encoding") from error
    except csv.Error as error:
        raise unreadable(f"Line {reader.line_num:,} cannot be read: {error}.") from error


def _encoding(sample: bytes, given: str | None) -> str:
    """Goes by a byte-order mark, then by what was given, then by what the sample decodes as."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return encoding
    return _known_encoding(given) if given else _detected_encoding(sample)


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)  # codecs.lookup knows names that are not of text, like hex
    except LookupError as error:
        words = f"“{name[:40]}” is not an encoding. Use utf-8, utf-16 or windows-1252."
        raise unreadable(words, "encoding") from error
    return name


def _detected_encoding(sample: bytes) -> str:
    """UTF-16 shows by its zeros; then UTF-8, then Windows-1252, then whatever is most likely."""
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    # A full sample may end inside a character.
    if _decodes(sample, "utf-8", final=len(sample) < SAMPLE):
        return "utf-8"
    if _decodes(sample, "cp1252"):
        return "cp1252"
    best = from_bytes(sample[:16384]).best()
    return best.encoding if best else "cp1252"


def _decodes(sample: bytes, encoding: str, *, final: bool = True) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample, final)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(head: str, suffix: str, given: str | None) -> str:
    if given:
        return _known_delimiter(given)
    return "\t" if suffix == ".tsv" else _detected_delimiter(head)


def _known_delimiter(given: str) -> str:
    sign = (DELIMITERS | {"\\t": "\t"}).get(given, given)
    if len(sign) != 1 or sign in '"\r\n':
        raise unreadable("A delimiter is one character, like a comma, a semicolon or a tab.", "delimiter")
    return sign


def _detected_delimiter(head: str) -> str:
    """Returns the one that cuts the first lines into the same number of pieces, a comma when none does."""
    try:
        scores = {sign: _score(head, sign) for sign in DELIMITERS.values()}
    except csv.Error:
        return ","
    best = max(scores, key=lambda sign: scores[sign])
    return best if scores[best] > (0, 0) else ","


def _score(head: str, sign: str) -> tuple[int, int]:
    """Returns how many of the first lines are as wide as the first one, and how wide that is."""
    rows = [row for row in islice(csv.reader(StringIO(head), delimiter=sign), 20) if row]
    widths = [len(row) for row in (rows[:-1] if len(rows) > 2 else rows)]
    if not widths or widths[0] < 2:
        return 0, 0
    return sum(width == widths[0] for width in widths), widths[0]
