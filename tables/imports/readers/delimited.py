"""Files as rows of text, exactly as they were written. Everything that was not said about the file is detected.

Formats: CSV and its relatives, XLSX, JSON (a list of objects), JSON lines.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

import openpyxl
from charset_normalizer import from_bytes

from workspaces.refusals import Refused

MOST_COLUMNS = 500
MOST_ROWS = 2_000_000
LONGEST_CELL = 100_000  # characters
LARGEST_UNPACKED = 2 * 1024**3  # bytes of an XLSX
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".json", ".jsonl")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAMPLE = 256 * 1024  # bytes
csv.field_size_limit(LONGEST_CELL * 4)

type Value = str | int | float | bool | list[Any] | dict[str, Any] | None


def unreadable(message: str, field: str = "file") -> Refused:
    """The file, or the option of this name, is not one that a table can be read with."""
    return Refused(message, field=field)


@dataclass(frozen=True, slots=True)
class Options:
    """None: to be detected."""

    has_header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None


@dataclass(slots=True)
class Sheet:
    """A file that is being read: names of the columns, then rows of values."""

    columns: list[str]
    rows: Iterator[Sequence[Value]]
    delimiter: str | None = None
    encoding: str | None = None
    has_header: bool = True
    sheet: str | None = None
    sheets: Sequence[str] = ()


@contextmanager
def opened(path: Path, suffix: str, options: Options) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read."""
    if path.stat().st_size == 0:
        raise unreadable("The file is empty.")
    if suffix == ".xlsx":
        with _excel(path, options) as sheet:
            yield sheet
    elif suffix in (".json", ".jsonl"):
        with path.open("rb") as file:
            yield _objects(file, suffix)
    else:
        with path.open("rb") as file:
            sample = file.read(SAMPLE)
        encoding = _encoding(sample, options.encoding)
        with path.open(encoding=encoding, newline="") as text:
            yield _delimited(text, sample, encoding, suffix, options)


def _delimited(text: TextIO, sample: bytes, encoding: str, suffix: str, options: Options) -> Sheet:
    head = sample.decode(encoding, "ignore").lstrip("\ufeff")
    if "\0" in head:
        raise unreadable("This is not a text file. Save it as CSV (UTF-8) or XLSX and upload it again.")
    delimiter = _delimiter(head, suffix, options.delimiter)
    lines = _lines(text, delimiter)
    first = next(lines, None)
    if first is None:
        raise unreadable("The file holds no rows.")
    has_header = _has_header(first, list(islice(csv.reader(io.StringIO(head), delimiter=delimiter), 1, 50))) \
        if options.has_header is None else options.has_header  # fmt: skip
    names, rows = _with_names(first, lines, has_header)
    return Sheet(names, rows, delimiter, encoding.replace("-sig", ""), has_header)


def _lines(text: TextIO, delimiter: str) -> Iterator[list[str]]:
    """Rows that are not blank; a byte-order mark is no part of the first name."""
    reader = csv.reader(text, delimiter=delimiter)
    try:
        for number, row in enumerate(reader):
            if number == 0 and row:
                row[0] = row[0].lstrip("\ufeff")
            if any(row):
                yield row
    except UnicodeDecodeError as error:
        raise unreadable(
            f"After line {reader.line_num:,} there is text that is not {error.encoding}. Choose another encoding.",
            field="encoding",
        ) from error
    except csv.Error as error:
        raise unreadable(f"Line {reader.line_num:,} cannot be read: {error}.") from error


def _encoding(sample: bytes, wanted: str | None) -> str:
    """A byte-order mark, then UTF-8, then UTF-16 by its zeros, then Windows-1252."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if sample.startswith(mark):
            return name
    if wanted:
        try:
            "".encode(wanted)
        except LookupError as error:
            words = f"“{wanted[:40]}” is not an encoding. Use utf-8, utf-16 or windows-1252."
            raise unreadable(words, field="encoding") from error
        return wanted
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    try:
        sample[: SAMPLE - 4].decode("utf-8") if len(sample) < SAMPLE else sample.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        if error.start >= len(sample) - 4 and len(sample) == SAMPLE:
            return "utf-8"  # the sample ends inside a character
        return _not_utf8(sample)
    return "utf-8"


def _not_utf8(sample: bytes) -> str:
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        best = from_bytes(sample[:16384]).best()
        return best.encoding if best else "cp1252"
    return "cp1252"


def _delimiter(head: str, suffix: str, wanted: str | None) -> str:
    """The one that cuts the first lines into the same number of pieces."""
    if wanted:
        named = {name: sign for sign, name in DELIMITERS.items()} | {"\\t": "\t"}
        sign = named.get(wanted, wanted)
        if len(sign) != 1 or sign in '"\r\n':
            raise unreadable("A delimiter is one character, like a comma, a semicolon or a tab.", field="delimiter")
        return sign
    if suffix == ".tsv":
        return "\t"

    def score(sign: str) -> tuple[int, int]:
        rows = [row for row in islice(csv.reader(io.StringIO(head), delimiter=sign), 20) if row]
        widths = [len(row) for row in (rows[:-1] if len(rows) > 2 else rows)]
        if not widths or widths[0] < 2:
            return 0, 0
        return sum(width == widths[0] for width in widths), widths[0]

    try:
        best = max(DELIMITERS, key=score)
        return best if score(best) > (0, 0) else ","
    except csv.Error:
        return ","


def _has_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Names are texts that differ; a first row with numbers, addresses or gaps is a row like the others."""
    names = [name.strip() for name in first]
    if not all(names) or len(set(names)) < len(names):
        return not rest and all(names)
    return not any(_is_number(name) or "@" in name or "://" in name for name in names)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def _with_names(
    first: Sequence[Value], rest: Iterator[Sequence[Value]], has_header: bool
) -> tuple[list[str], Iterator[Sequence[Value]]]:
    """Names of the columns, each once; values past the last name get one too, as far as the first rows show."""
    ahead = list(islice(rest, 200))
    width = max([len(first), *(len(row) for row in ahead)])
    if width > MOST_COLUMNS:
        raise unreadable(f"The file has {width:,} columns; a table has at most {MOST_COLUMNS}.")
    given = [str(name or "").strip()[:200] for name in first] if has_header else []
    names: list[str] = []
    for number in range(width):
        name = " ".join((given[number] if number < len(given) else "").split()) or f"Column {number + 1}"
        unique, again = name, 2
        while unique in names:
            unique, again = f"{name} {again}", again + 1
        names.append(unique)
    rows = chain(ahead, rest) if has_header else chain([first], ahead, rest)
    return names, _checked(rows, width, 2 if has_header else 1)


def _checked(rows: Iterator[Sequence[Value]], width: int, first: int) -> Iterator[Sequence[Value]]:
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise unreadable(f"The file has more than {MOST_ROWS:,} rows. Split it and upload the parts.")
        if len(row) > width and any(row[width:]):
            raise unreadable(f"Row {number + first:,} has {len(row)} values, but there are {width} columns.")
        for value in row:
            if isinstance(value, str) and len(value) > LONGEST_CELL:
                raise unreadable(
                    f"Row {number + first:,} has a cell of {len(value):,} characters; {LONGEST_CELL:,} is the most."
                )
        yield row


@contextmanager
def _excel(path: Path, options: Options) -> Iterator[Sheet]:
    _check_zip(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise unreadable("This workbook cannot be read. Save it as XLSX again, without a password.") from error
    try:
        names = [sheet.title for sheet in book.worksheets]
        if not names:
            raise unreadable("The workbook has no sheet with rows.")
        if options.sheet and options.sheet not in names:
            raise unreadable(f"There is no sheet “{options.sheet}”. There are: {', '.join(names)}.", field="sheet")
        chosen = options.sheet or names[0]
        rows = _sheet_rows(book[chosen])
        first = next(rows, None)
        if first is None:
            raise unreadable(f"The sheet “{chosen}” is empty.", field="sheet")
        has_header = options.has_header
        if has_header is None:
            has_header = all(isinstance(value, str) for value in first) and _has_header(
                [str(value) for value in first], [[]]
            )
        columns, values = _with_names(first, rows, has_header)
        yield Sheet(columns, values, has_header=has_header, sheet=chosen, sheets=names)
    finally:
        book.close()


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [(item.file_size, item.compress_size) for item in archive.infolist()]
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise unreadable("This is not an XLSX file. Save it as XLSX or CSV and upload it again.") from error
    if "[Content_Types].xml" not in names:
        raise unreadable("This is not an XLSX file. Save it as XLSX or CSV and upload it again.")
    unpacked = sum(size for size, _ in sizes)
    if unpacked > LARGEST_UNPACKED or any(size > 100_000_000 and size > 400 * max(1, packed) for size, packed in sizes):
        raise unreadable("This workbook unpacks to far more than it holds, and is refused. Save it as CSV.")


def _sheet_rows(sheet: Any) -> Iterator[list[Value]]:
    try:
        for row in sheet.iter_rows(values_only=True):
            values = [_excel_value(value) for value in row]
            while values and values[-1] is None:
                values.pop()
            if values:
                yield values
    except Exception as error:
        raise unreadable(f"The sheet “{sheet.title}” cannot be read to its end: {error}.") from error


def _excel_value(value: object) -> Value:
    """Numbers as text in their shortest form, dates as ISO 8601: what the sheet shows, without its formats."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _objects(file: io.BufferedReader, suffix: str) -> Sheet:
    items = _json_lines(file) if suffix == ".jsonl" else _json_list(file)
    ahead = list(islice(items, 1000))
    if not ahead:
        raise unreadable("The file holds no rows.")
    names = list(dict.fromkeys(key for item in ahead for key in item))
    if not names:
        raise unreadable("The objects of the file have no fields.")
    if len(names) > MOST_COLUMNS:
        raise unreadable(f"The file has {len(names):,} fields; a table has at most {MOST_COLUMNS} columns.")
    rows: Iterator[Sequence[Value]] = ([item.get(name) for name in names] for item in chain(ahead, items))
    shown = [" ".join(name.split())[:200] or f"Column {number + 1}" for number, name in enumerate(names)]
    return Sheet(shown, _checked(rows, len(names), 1), encoding="utf-8")


def _json_list(file: io.BufferedReader) -> Iterator[dict[str, Any]]:
    try:
        found = _parsed(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise unreadable("A JSON file is UTF-8, and this one is not.") from error
    except (ValueError, RecursionError) as error:
        raise unreadable(f"The file is no valid JSON: {error}.") from error
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else [found]
    if not isinstance(found, list):
        raise unreadable("The file is to hold a list of objects, one for each row.")
    for number, item in enumerate(found):
        if not isinstance(item, dict):
            raise unreadable(
                f'Item {number + 1:,} of the list is no object. Each row is an object, like {{"name": "Acme"}}.'
            )
        yield item


def _parsed(text: str) -> Any:
    """A number that would lose its digits stays the text it was: 1.10."""
    return json.loads(text, parse_float=_number_as_written, parse_constant=_refuse_constant)


def _number_as_written(text: str) -> float | str:
    number = float(text)
    return number if repr(number) == text else text


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


def _json_lines(file: io.BufferedReader) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            item = _parsed(line.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise unreadable(f"Line {number:,} is no valid JSON: {error}.") from error
        if not isinstance(item, dict):
            raise unreadable(f"Line {number:,} is no object.")
        yield item
