"""The rows of a file in a hidden table of their own, matched with the rows of the one that they are to be added to."""

import gc
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from tables import keys, row_order, storage
from tables.imports import mapping, marks, matching, row_texts, uploads
from tables.imports.commas import Commas
from tables.imports.file_keys import FileKeys
from tables.imports.mapping import Choices, OpenTypes, Place
from tables.imports.marks import Mark
from tables.imports.misfits import Misfits
from tables.imports.progress import Progress
from tables.imports.readers import formats
from tables.imports.readers.sheet import MOST_WARNINGS, NumberedRow, Pieces, Rejected, Row, Sheet, Stretch, Value
from tables.imports.reading_ahead import reading_ahead
from tables.imports.rejected import RejectedFile
from tables.imports.row_texts import RowTexts
from tables.models import ColumnType, Import, Table
from workspaces.refusals import Refused

BATCH = 20_000  # rows a transaction, at most
CELLS = 200_000  # of them: rows can be wide
LETTERS = 10_000_000  # of them, about: cells can be long
_LOOKED_AT = 1_000  # rows that are looked at together where they come one by one

type Part = Stretch | Sequence[NumberedRow]


@dataclass(slots=True)
class Gathered:
    """What was read: `table` holds the rows that are to be added, `ImportChange` those that change others."""

    table: Table
    places: Sequence[Place] = ()
    rows: int = 0  # of the file, without those that were rejected
    matched: Sequence[int] = ()  # the sort keys of those that match a row of the table, in order: they are not added
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("added", "updated", "skipped", "rejected", "repeated", "left_blank"), 0)
    )
    warnings: list[dict[str, Any]] = field(default_factory=list)
    _unlisted: int = 0

    def warn(self, line: int | None, message: str, column: str | None = None) -> None:
        """Lists the warning, about a column of the file or all of it; after many, it counts them."""
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append({"line": line, "message": message, "column": column})
            return
        self._unlisted += 1
        words = f"{self._unlisted:,} more warnings aren't listed here."
        self.warnings[MOST_WARNINGS:] = [{"line": None, "message": words, "column": None}]


def hidden_table(running: Import) -> Table:
    """Creates the table that the rows gather in."""
    return Table.objects.create(
        workspace=running.workspace, name=running.name, created_by=running.created_by, ready=False
    )


def gather(running: Import, table: Table, progress: Progress) -> Gathered:
    """Reads the whole file into the hidden table and finds the rows that match.

    Rows that a worker before has stored in it stay there. Raises Refused, Ended and `marks.Unfit`.
    """
    choices = Choices(**running.into)
    with uploads.opened(running, waiting=progress.wait) as sheet, _rare_collections():
        placed = mapping.places(running.target, sheet.columns, choices)
        key = mapping.key_places(placed, choices.key)
        mark = marks.of(running, table, sheet, placed)
        mapping.save_new(placed, table)
        gathered = Gathered(table, placed)
        file_keys = FileKeys()
        _Reading(running, sheet, gathered, choices, key, file_keys, mark, progress).read()
    gathered.counts["added"] = gathered.rows
    if key:
        _match(running, gathered, key, choices, file_keys, progress)
    return gathered


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Lets Python look for cycles of garbage less often: rows make none, and it would go through all of a batch."""
    usual = gc.get_threshold()
    gc.set_threshold(5 * BATCH, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@dataclass(slots=True)
class _Batch:
    """Rows of a file as they are stored."""

    rows: int = 0
    texts: list[str] = field(default_factory=list)  # of those that are not stored yet, which are the last ones
    letters: int = 0  # of the texts
    digests: list[str] = field(default_factory=list)  # of their keys, where they have some
    types: dict[str, Sequence[str] | None] = field(default_factory=dict)  # so far, with these rows
    rejected: list[Rejected] = field(default_factory=list)  # not among them, or with a value that was left blank


@dataclass(slots=True)
class _Reading:
    """Stores the rows of a file, batch by batch; the next batch is read and encoded meanwhile."""

    running: Import
    sheet: Sheet
    gathered: Gathered
    choices: Choices
    key: Sequence[Place]
    file_keys: FileKeys
    mark: Mark
    progress: Progress
    misfits: Misfits = field(init=False, default_factory=Misfits)
    commas: Commas = field(init=False, default_factory=Commas)
    _types: OpenTypes = field(init=False)
    _empties: bool = field(init=False)  # whether a blank cell of the file empties the one in the table
    _texts: RowTexts | None = field(init=False, default=None)  # where nothing but the text of a row is needed
    _stored: int = field(init=False)  # of the rows that are to come

    def __post_init__(self) -> None:
        places = self.gathered.places
        self._types = OpenTypes(places, self.mark.types)
        self._stored = self.mark.rows
        self._empties = bool(self.choices.on_match == "update" and not self.choices.keep_blank)
        if not self.key and not self._empties and all(place.convert is None for place in places):
            self._texts = RowTexts([(place.index, place.key) for place in places])

    def read(self) -> None:
        progress = self.progress
        total = formats.estimated_rows(uploads.path_of(self.running), self.sheet)
        rejected = RejectedFile(self.running, self.sheet.columns)
        with closing(reading_ahead(self._batches(), progress.wait)) as batches:
            for batch in batches:
                self._store(batch)
                rejected.write(batch.rejected)
                self.gathered.rows += batch.rows
                done = max(self.gathered.rows, self.mark.rows)
                progress.report(done, max(total, done) if total else None)
        if self._stored:
            raise marks.Unfit
        progress.report_all(self.gathered.rows)
        for warning in self.sheet.warnings:
            self.gathered.warn(warning.line, warning.message)
        self.gathered.warnings[:0] = [
            *self.misfits.warnings(self.sheet.columns),
            *self.commas.warnings(self.sheet.columns),
        ]
        self._types.settle()

    def _batches(self) -> Iterator[_Batch]:
        """Yields the rows of the file, and in the end what was rejected after the last one; uses no database."""
        most = max(1_000, min(BATCH, CELLS // len(self.sheet.columns)))
        batch = _Batch()
        for part in _parts(self.sheet.rows.pieces(), most):
            if batch.rows + len(part) > most or batch.letters > LETTERS:
                yield batch
                batch = _Batch()
            self._add(part, batch)
            batch.types = self._types.so_far()
        yield batch

    def _add(self, part: Part, batch: _Batch) -> None:
        if self._stored < len(part):
            self._look(part)
        left_blank: list[Rejected] = []
        if self._texts:
            rows = list(part.rows()) if isinstance(part, Stretch) else [row for _, row in part]
            texts = self._new(rows, self._texts.of)
        else:
            values = list(self._values(part.numbered() if isinstance(part, Stretch) else part, left_blank))
            texts = self._new(values, lambda some: list(map(row_texts.encoded, some)))
            batch.digests.extend(self._digests(values))
        batch.rows += len(part)
        batch.texts.extend(texts)
        batch.letters += sum(map(len, texts))
        batch.rejected.extend(self._rejected(left_blank))

    def _look(self, part: Part) -> None:
        if isinstance(part, Stretch):
            self._types.look(part.column)
        else:
            self._types.look(lambda index: [row[index] for _, row in part if index < len(row)])

    def _new[T](self, rows: Sequence[T], encoded: Callable[[Sequence[T]], list[str]]) -> list[str]:
        """Returns the texts of those that are not stored yet; looks whether the last one that is stored is the same."""
        stored = min(self._stored, len(rows))
        if stored and stored == self._stored:
            self.mark.check_last(encoded(rows[stored - 1 : stored])[0])
        self._stored -= stored
        return encoded(rows[stored:]) if stored < len(rows) else []

    def _digests(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        if not self.key:
            return []
        normalize = _normalizers(self.choices, self.key)
        names = [place.key for place in self.key]
        return [keys.digest([values.get(name) for name in names], normalize) for values in rows]

    def _rejected(self, left_blank: Sequence[Rejected]) -> list[Rejected]:
        """Returns them with those that the reader rejected, and empties its list."""
        self.gathered.counts["rejected"] += len(self.sheet.rejected)
        rejected = sorted([*self.sheet.rejected, *left_blank], key=lambda item: item.line)
        self.sheet.rejected.clear()
        return rejected

    def _store(self, batch: _Batch) -> None:
        table_id, first = self.gathered.table.pk, self.gathered.rows
        if batch.texts:
            with transaction.atomic(), storage.lost_with_a_crash():
                # First of all, as whoever ends the import locks it first, too.
                if not _is_check(self.running):
                    self.progress.mark(self.mark.moved(first + batch.rows, batch.types))
                storage.insert(table_id, row_order.append(table_id, len(batch.texts)), batch.texts)
        if self.key:
            self.file_keys.add(row_order.appended(first, batch.rows), batch.digests)

    def _values(self, rows: Iterable[NumberedRow], left_blank: list[Rejected]) -> Iterator[dict[str, Any]]:
        """Yields {key: value} of each row; a blank cell is None where it is to empty the one in the table."""
        blanks = self._empties
        as_they_are = [(place.index, place.key) for place in self.gathered.places if place.convert is None]
        others = [place for place in self.gathered.places if place.convert is not None]
        for line, row in rows:
            width = len(row)
            values: dict[str, Any] = {
                key: row[index]
                for index, key in as_they_are
                if index < width and row[index] is not None and row[index] != ""
            }
            refused = self._convert(line, row, others, values, left_blank) if others else ()
            if blanks:
                values = {
                    place.key: values.get(place.key) for place in self.gathered.places if place.key not in refused
                }
            yield values

    def _convert(
        self, line: int, row: Row, places: Sequence[Place], values: dict[str, Any], left_blank: list[Rejected]
    ) -> Collection[str]:
        """Adds the converted values; returns the keys of those that are not of their type: their cells stay."""
        reasons: dict[str, str] = {}
        for place in places:
            value: Value = row[place.index] if place.index < len(row) else None
            if value is None or value == "":
                continue
            assert place.convert
            try:
                values[place.key] = place.convert(value)
                self.commas.look(place, line, value)
            except Refused as refusal:
                reasons[place.key] = f"{refusal} “{place.column.name}” was left blank."
                self.gathered.warn(line, reasons[place.key], self.sheet.columns[place.index])
                self.misfits.add(place, line)
        if reasons:
            self.gathered.counts["left_blank"] += len(reasons)
            left_blank.append(Rejected(line, " ".join(reasons.values()), row))
        return reasons


def _parts(pieces: Pieces, most: int) -> Iterator[Part]:
    """Yields stretches of at most so many rows, and lists of the rows between them."""
    rows: list[NumberedRow] = []
    for piece in pieces:
        if isinstance(piece, Stretch):
            if rows:
                yield rows
                rows = []
            yield from piece.divided(most)
        else:
            rows.append(piece)
            if len(rows) == min(most, _LOOKED_AT):
                yield rows
                rows = []
    yield rows


def _match(
    running: Import,
    gathered: Gathered,
    key: Sequence[Place],
    choices: Choices,
    file_keys: FileKeys,
    progress: Progress,
) -> None:
    """Compares the gathered rows with each other and with those of the table."""
    storage.analyze()
    counts, table_id = gathered.counts, gathered.table.pk
    repeated = file_keys.repeated(keep_last=choices.on_match == "update")
    if choices.on_match == "add":
        counts["repeated"] = sum(1 for _ in repeated)
    else:
        counts["repeated"] = _drop(table_id, repeated, progress)
        counts["added"] -= counts["repeated"]
    if counts["repeated"]:
        gathered.warn(None, _repeated(counts["repeated"], choices.on_match))
    if running.target is not None and choices.on_match != "add":
        _match_table(running, gathered, key, choices, file_keys, progress)


def _drop(table_id: int, repeated: Iterable[int], progress: Progress) -> int:
    number = matching.drop(table_id, repeated)
    if number:
        with transaction.atomic():
            progress.lock()
            row_order.recount(table_id)
    return number


def _is_check(running: Import) -> bool:
    return running.state == Import.State.STAGED


def _match_table(
    running: Import,
    gathered: Gathered,
    key: Sequence[Place],
    choices: Choices,
    file_keys: FileKeys,
    progress: Progress,
) -> None:
    assert running.target is not None
    table_id, normalize = gathered.table.pk, _normalizers(choices, key)
    for digests in keys.digests_in(running.target.pk, [place.key for place in key], normalize):
        found = file_keys.match(digests)
        if choices.on_match == "update" and not _is_check(running):
            changed = matching.changes(table_id, found)
            with transaction.atomic():
                progress.lock()  # a worker that was only slow adds nothing to what the next one finds
                matching.store_changes(running, changed)
        progress.report(gathered.rows, gathered.rows)
    gathered.matched = array("q", file_keys.matched())
    gathered.counts["added"] -= len(gathered.matched)
    gathered.counts["skipped" if choices.on_match == "skip" else "updated"] = len(gathered.matched)


def _normalizers(choices: Choices, key: Sequence[Place]) -> list[keys.Normalize]:
    types = [ColumnType.TEXT if place.becomes_text else place.column.type for place in key]
    return keys.normalizers(choices.match, types)


def _repeated(number: int, on_match: str) -> str:
    what = {
        "add": "all of them were added",
        "update": "the last one of each counts",
        "skip": "the first one of each counts",
    }
    rows = "1 new row has a key" if number == 1 else f"{number:,} new rows have keys"
    return f"{rows} that another of them has, too; {what[on_match]}."
