"""One export: checked before it begins, then written in pieces while it counts its rows."""

from collections.abc import Generator, Iterator, Sequence

from tables.exports import delimited, fields, objects, records
from tables.exports.options import TYPES, Options
from tables.exports.records import Record
from tables.exports.spreadsheet import workbook
from tables.models import Table


class Export:
    """A table on its way into a file, with all rows or those with the given ids, in their order. Raises Refused."""

    def __init__(self, table: Table, options: Options, row_ids: Sequence[int] | None = None) -> None:
        self.table = table
        self._options = options
        self._row_ids = row_ids
        self._columns = fields.chosen(table, options)
        self._flattened = [column for column in self._columns if column.is_computed] if options.flatten else []
        self._fields = [] if options.has_objects else fields.of(self._columns, options, self._ids)
        self._workbook = workbook.Workbook(table.name, self._fields) if options.format == "xlsx" else None
        workbook.check(self._fields if self._workbook else ())
        self.rows_total = table.row_count if row_ids is None else len(row_ids)
        self.rows_done = 0

    @property
    def content_type(self) -> str:
        return TYPES[self._options.format]

    @property
    def names(self) -> list[str]:
        """The columns of the file."""
        return (
            [column.name for column in self._columns]
            if self._options.has_objects
            else [field.name for field in self._fields]
        )

    @property
    def not_whole(self) -> int:
        """How many values did not fit into the file, so far."""
        return self._workbook.not_whole if self._workbook else 0

    def pieces(self) -> Generator[bytes]:
        """Yields the file, once."""
        options = self._options
        if self._workbook:
            return self._workbook.pieces(self._batches())
        if options.format == "csv":
            return delimited.pieces(self._fields, self._batches(), separator=options.delimiter, mark=options.mark)
        write = objects.lines if options.format == "jsonl" else objects.array
        return write(self._columns, self._batches(), states=options.states)

    def _ids(self) -> Sequence[int]:
        if self._row_ids is None:
            self._row_ids = records.row_ids(self.table)
        return self._row_ids

    def _batches(self) -> Iterator[list[Record]]:
        for batch in records.batches(self.table.pk, self._ids(), self._columns, states=self._options.states):
            fields.flattened(batch, self._flattened)
            yield batch
            self.rows_done += len(batch)
