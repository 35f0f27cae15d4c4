"""A workbook in pieces: sheets of as many rows as they hold, and a last one that tells which values are not whole."""

import io
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import chain, count
from zipfile import ZIP_DEFLATED, ZipFile

from tables.exports.fields import Field
from tables.exports.records import Record
from tables.exports.spreadsheet import parts, values
from tables.exports.spreadsheet.sheet import Sheet, width
from workspaces.refusals import Refused

MOST_COLUMNS = 16_384
MOST_TOLD = 100_000  # values; the others are counted
NOT_WHOLE = "Not whole"

_LONGEST_TITLE = 31  # UTF-16 units
_TOLD = [Field("Sheet", "sheet"), Field("Row", "row"), Field("Column", "column"), Field("What", "reason")]


def check(fields: Sequence[Field]) -> None:
    """Raises Refused for more columns than a sheet holds."""
    if len(fields) > MOST_COLUMNS:
        words = f"An Excel sheet holds at most {MOST_COLUMNS:,} columns, and this file has {len(fields):,}."
        raise Refused(f"{words} Choose fewer, or export it as CSV.", field="columns")


class Workbook:
    """A file of sheets that grows while rows are read; `not_whole` counts the values that did not fit so far."""

    def __init__(self, title: str, fields: Sequence[Field]) -> None:
        self._title = _allowed(title)
        self._fields = fields
        self._sink = _Sink()
        self._archive = ZipFile(self._sink, "w", ZIP_DEFLATED, compresslevel=1)
        self._titles: list[str] = []
        self._told: list[Record] = []
        self.not_whole = 0

    def pieces(self, batches: Iterable[list[Record]]) -> Generator[bytes]:
        """Yields the file. Its last piece lists what is in it, so that no reader takes a part for the whole."""
        with self._archive as archive:
            archive.writestr("_rels/.rels", parts.RELATIONSHIPS)
            archive.writestr("xl/styles.xml", parts.STYLES)
            yield self._sink.taken()
            yield from self._sheets(self._title, self._fields, iter(batches))
            if self.not_whole:
                yield from self._sheets(NOT_WHOLE, _TOLD, iter([self._all_told()]))
            archive.writestr("xl/workbook.xml", parts.workbook(self._titles))
            archive.writestr("xl/_rels/workbook.xml.rels", parts.workbook_relationships(len(self._titles)))
            archive.writestr("[Content_Types].xml", parts.content_types(len(self._titles)))
        yield self._sink.taken()

    def _sheets(self, title: str, fields: Sequence[Field], batches: Iterator[list[Record]]) -> Generator[bytes]:
        """Writes rows into as many sheets as it takes; the columns are as wide as the first rows are."""
        first = next(batches, [])
        widths = [width(field, first) for field in fields]
        rows = chain(first, chain.from_iterable(batches))
        for number in count(1):
            self._titles.append(title if number == 1 else f"{values.cut(title, 24)} {number}")
            yield from self._sheet(Sheet(fields, widths), rows)
            after = next(rows, None)
            if after is None:
                return
            rows = chain([after], rows)

    def _sheet(self, sheet: Sheet, rows: Iterator[Record]) -> Generator[bytes]:
        with self._archive.open(parts.part(len(self._titles)), "w") as part:
            for piece in sheet.pieces(rows):
                part.write(piece.encode())
                yield self._sink.taken()
        yield self._sink.taken()
        if self._titles[-1] != NOT_WHOLE:
            self._tell(sheet)

    def _tell(self, sheet: Sheet) -> None:
        self.not_whole += len(sheet.told)
        room = MOST_TOLD - len(self._told)
        self._told += [{"sheet": self._titles[-1], **told._asdict()} for told in sheet.told[:room]]

    def _all_told(self) -> list[Record]:
        unlisted = self.not_whole - len(self._told)
        return [*self._told, *([{"reason": f"{unlisted:,} more values are not whole."}] if unlisted else [])]


class _Sink(io.RawIOBase):
    """Takes what the archive writes, and cannot go back in it."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """Returns what was written since the last time."""
        data = bytes(self._written)
        self._written.clear()
        return data


def _allowed(title: str) -> str:
    """Returns a title that Excel takes for a sheet, and that is not the one of `NOT_WHOLE`."""
    plain = values.cut(re.sub(r"[\[\]:*?/\\]", " ", title), _LONGEST_TITLE).strip(" '") or "Table"
    return f"{plain} table"[:_LONGEST_TITLE] if plain.casefold() in ("history", NOT_WHOLE.casefold()) else plain
