"""What of a file did not come in: a CSV file beside the upload, with the line, the reason and the row as it was."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings

from tables import values
from tables.imports.readers.sheet import Rejected
from tables.models import Import


def path_of(import_: Import) -> Path:
    """Returns the path of the file; each worker that begins the import again has one of its own."""
    again = f"-{import_.restarts}" if import_.restarts else ""
    return Path(settings.MEDIA_ROOT) / f"rejected-{import_.pk}{again}.csv"


def name_of(import_: Import) -> str:
    """Returns the name to save the file under."""
    return f"{Path(import_.filename).stem or import_.name} – not imported.csv"


class RejectedFile:
    """Is written while the import goes on, and made with the first row that does not come in."""

    def __init__(self, import_: Import, columns: Sequence[str]) -> None:
        self.path = path_of(import_)
        self.path.unlink(missing_ok=True)  # of a look at the file before
        self._columns = columns
        self._unit = "Line" if import_.filename else "Item"  # of the answer of an API

    def write(self, rejected: Iterable[Rejected]) -> None:
        lines = [[item.line, item.reason, *map(values.as_text, item.row)] for item in rejected]
        if not lines:
            return
        is_new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow([self._unit, "Reason", *self._columns])
            writer.writerows(lines)
