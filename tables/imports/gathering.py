"""The rows of a file in a hidden table of their own, matched with the rows of the one that they are to be added to."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from pydantic_core import PydanticSerializationError, to_json

from tables import keys, row_order, storage
from tables.imports import mapping, matching, uploads
from tables.imports.file_keys import FileKeys
from tables.imports.mapping import Choices, OpenTypes, Place
from tables.imports.readers import formats
from tables.imports.readers.sheet import MOST_WARNINGS, Rejected, Row, Sheet, Value
from tables.imports.rejected import RejectedFile
from tables.models import Import, Table
from tables.values import storable
from workspaces.refusals import Refused

BATCH = 5_000  # rows a transaction
_HEARD_EVERY = 1.0  # seconds between two reports at least

type Numbered = tuple[int, Row]


class Ended(Exception):
    """It was cancelled, or counts as dead."""


@dataclass(slots=True)
class Gathered:
    """What was read: `table` holds the rows that are to be added, `ImportChange` those that change others."""

    table: Table
    places: Sequence[Place] = ()
    rows: int = 0  # of the file, without those that were rejected
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("added", "updated", "skipped", "rejected", "repeated", "left_blank"), 0)
    )
    warnings: list[dict[str, Any]] = field(default_factory=list)
    _unlisted: int = 0

    def warn(self, line: int | None, message: str) -> None:
        """Lists the warning; after many, it counts them."""
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append({"line": line, "message": message})
            return
        self._unlisted += 1
        words = f"{self._unlisted:,} more warnings aren't listed here."
        self.warnings[MOST_WARNINGS:] = [{"line": None, "message": words}]


@dataclass(slots=True)
class Progress:
    """Says how far an import is and that its worker is alive; `open` finds the import while it is to go on."""

    running: Import
    open: Callable[[], QuerySet[Import]]
    _reported: float = 0.0

    def report(self, done: int, total: int | None) -> None:
        """Raises Ended."""
        if time.monotonic() - self._reported < _HEARD_EVERY:
            return
        self._reported = time.monotonic()
        if not self.open().update(rows_done=done, rows_total=total, heartbeat_at=timezone.now()):
            raise Ended


def hidden_table(running: Import) -> Table:
    """Creates the table that the rows gather in."""
    return Table.objects.create(
        workspace=running.workspace, name=running.name, created_by=running.created_by, ready=False
    )


def gather(running: Import, table: Table, progress: Progress) -> Gathered:
    """Reads the whole file into the hidden table and finds the rows that match. Raises Refused and Ended."""
    choices = Choices(**running.into)
    with uploads.opened(running) as sheet, _rare_collections():
        placed = mapping.places(running.target, sheet.columns, choices)
        key = mapping.key_places(placed, choices.key)
        mapping.save_new(placed, table)
        gathered = Gathered(table, placed)
        file_keys = FileKeys()
        _Reading(running, sheet, gathered, choices, key, file_keys).read(progress)
    gathered.counts["added"] = gathered.rows
    if key:
        _match(running, gathered, key, choices, file_keys, progress)
    return gathered


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Lets Python look for cycles of garbage less often: rows make none, and it would go through all of a batch."""
    usual = gc.get_threshold()
    gc.set_threshold(10 * BATCH, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@dataclass(slots=True)
class _Reading:
    """Stores the rows of a file, batch by batch."""

    running: Import
    sheet: Sheet
    gathered: Gathered
    choices: Choices
    key: Sequence[Place]
    file_keys: FileKeys

    def read(self, progress: Progress) -> None:
        total = formats.estimated_rows(uploads.path_of(self.running), self.sheet)
        rejected = RejectedFile(self.running, self.sheet.columns)
        types = OpenTypes(self.gathered.places)
        for batch in batched(self.sheet.rows, BATCH):
            types.look([row for _, row in batch])
            left_blank = self._store(batch)
            self._note_rejected(rejected, left_blank)
            self.gathered.rows += len(batch)
            done = self.gathered.rows
            progress.report(done, max(total, done) if total else None)
        self._note_rejected(rejected, [])
        for warning in self.sheet.warnings:
            self.gathered.warn(warning.line, warning.message)
        types.settle()

    def _store(self, batch: Sequence[Numbered]) -> list[Rejected]:
        """Stores the rows; returns those with a value that was left blank."""
        left_blank: list[Rejected] = []
        stored = list(self._stored(batch, left_blank))
        table_id = self.gathered.table.pk
        with transaction.atomic():
            sort_keys = row_order.append(table_id, len(batch))
            storage.insert(table_id, sort_keys, [_encoded(values) for values in stored])
        if self.key:
            normalize = keys.normalizer(self.choices.match)
            names = [place.key for place in self.key]
            digests = [keys.digest([values.get(name) for name in names], normalize) for values in stored]
            self.file_keys.add(sort_keys, digests)
        return left_blank

    def _stored(self, batch: Sequence[Numbered], left_blank: list[Rejected]) -> Iterator[dict[str, Any]]:
        """Yields {key: value} of each row; a blank cell is None where it is to empty the one in the table."""
        blanks = bool(self.choices.on_match == "update" and not self.choices.keep_blank)
        as_they_are = [(place.index, place.key) for place in self.gathered.places if place.convert is None]
        others = [place for place in self.gathered.places if place.convert is not None]
        for line, row in batch:
            width = len(row)
            values: dict[str, Any] = {
                key: row[index]
                for index, key in as_they_are
                if index < width and row[index] is not None and row[index] != ""
            }
            if others:
                self._convert(line, row, others, values, left_blank)
            if blanks:
                values = {place.key: values.get(place.key) for place in self.gathered.places}
            yield values

    def _convert(
        self, line: int, row: Row, places: Sequence[Place], values: dict[str, Any], left_blank: list[Rejected]
    ) -> None:
        reasons = []
        for place in places:
            value: Value = row[place.index] if place.index < len(row) else None
            if value is None or value == "":
                continue
            assert place.convert
            try:
                values[place.key] = place.convert(value)
            except Refused as refusal:
                reasons.append(f"{refusal} “{place.column.name}” was left blank.")
        if reasons:
            self.gathered.counts["left_blank"] += len(reasons)
            left_blank.append(Rejected(line, " ".join(reasons), row))
            for reason in reasons:
                self.gathered.warn(line, reason)

    def _note_rejected(self, file: RejectedFile, left_blank: Sequence[Rejected]) -> None:
        self.gathered.counts["rejected"] += len(self.sheet.rejected)
        file.write(sorted([*self.sheet.rejected, *left_blank], key=lambda item: item.line))
        self.sheet.rejected.clear()


def _encoded(values: dict[str, Any]) -> str:
    """Returns the values in JSON; what no database takes is rare, so it is looked for in the text."""
    try:
        text = to_json(values).decode()
    except PydanticSerializationError:  # half of a surrogate pair
        return to_json(storable(values)).decode()
    return to_json(storable(values)).decode() if "\\u0000" in text else text


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
        counts["repeated"] = matching.drop(table_id, repeated)
        counts["added"] -= counts["repeated"]
    if counts["repeated"]:
        gathered.warn(None, _repeated(counts["repeated"], choices.on_match))
    if running.target is not None and choices.on_match != "add":
        _match_table(running, gathered, key, choices, file_keys, progress)
    if counts["added"] < gathered.rows:
        row_order.recount(table_id)


def _match_table(
    running: Import,
    gathered: Gathered,
    key: Sequence[Place],
    choices: Choices,
    file_keys: FileKeys,
    progress: Progress,
) -> None:
    assert running.target is not None
    table_id, normalize = gathered.table.pk, keys.normalizer(choices.match)
    is_check = running.state == Import.State.STAGED
    for digests in keys.digests_in(running.target.pk, [place.key for place in key], normalize):
        found = file_keys.match(digests)
        if choices.on_match == "update" and not is_check:
            matching.store_changes(running, matching.changes(table_id, found))
        progress.report(gathered.rows, gathered.rows)
    matched = matching.drop(table_id, file_keys.matched())
    gathered.counts["added"] -= matched
    gathered.counts["skipped" if choices.on_match == "skip" else "updated"] = matched


def _repeated(number: int, on_match: str) -> str:
    what = {
        "add": "all of them were added",
        "update": "the last one of each counts",
        "skip": "the first one of each counts",
    }
    rows = "1 row has a key" if number == 1 else f"{number:,} rows have keys"
    return f"{rows} that another row of the file has, too; {what[on_match]}."
