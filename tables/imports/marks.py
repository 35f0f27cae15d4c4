"""How far an import is, stored in one transaction with its rows, so that another worker goes on where one died.

`Import.mark` has the number of `rows` that are stored, how many were there when this worker began (`before`), the
`types` that their values leave for the columns, and a digest of what they were `made_from`. The next worker reads the
file from its beginning, and stores what comes after them: what else is counted and found out about all rows needs not
be stored.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from tables import row_order
from tables.imports import uploads
from tables.imports.mapping import Place
from tables.imports.readers.sheet import Sheet
from tables.models import Import, Row, Table

_UNDERSTOOD = (
    "columns",
    "has_header",
    "header_row",
    "skip_lines",
    "delimiter",
    "quote",
    "encoding",
    "sheet",
    "list_path",
    "reader",
)


class Unfit(Exception):
    """The rows that are stored are not the first ones of the file as it is read now."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The rows of a file that are stored already; `last` holds the values of the last one, where it is still there."""

    made_from: str
    rows: int = 0
    types: Mapping[str, Sequence[str] | None] | None = None  # that their values leave for the columns: see `OpenTypes`
    last: Mapping[str, Any] | None = None

    def check_last(self, text: str) -> None:
        """Compares the last one with the same row of the file, in JSON. Raises Unfit."""
        if self.last is not None and from_json(text) != self.last:
            raise Unfit

    def moved(self, rows: int, types: Mapping[str, Sequence[str] | None]) -> dict[str, Any]:
        """Returns what is stored with further rows, when there are so many."""
        return {"rows": rows, "before": self.rows, "types": types, "made_from": self.made_from}


def of(running: Import, table: Table, sheet: Sheet, places: Sequence[Place]) -> Mark:
    """Returns the mark to go on from, before new columns have ids. Raises Unfit."""
    made_from = _digest(running, sheet, places)
    stored = running.mark.get("rows", 0)
    if not stored:
        return Mark(made_from)
    keys = row_order.appended(0, stored)
    table.refresh_from_db(fields=["last_key"])
    if running.mark["made_from"] != made_from or table.last_key != keys[-1]:
        raise Unfit
    last = Row.objects.filter(table=table, sort_key=keys[-1]).values_list("values", flat=True).first()
    return Mark(made_from, stored, running.mark["types"], last)


def has_moved(running: Import) -> bool:
    """Whether its worker has stored rows that the one before had not."""
    return bool(running.mark.get("rows", 0) > running.mark.get("before", 0))


def _digest(running: Import, sheet: Sheet, places: Sequence[Place]) -> str:
    """Returns a digest of the file, of how it is read, and of where its values go."""
    file = uploads.path_of(running).stat()
    understood = {name: getattr(sheet, name) for name in _UNDERSTOOD}
    goes = [
        [place.index, place.column.pk, place.column.name, place.column.type, place.is_open, place.becomes_text]
        for place in places
    ]
    facts = [running.path, file.st_size, file.st_mtime_ns, running.options, running.into, understood, goes]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
