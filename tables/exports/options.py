"""What a person chooses about a file."""

from collections.abc import Sequence
from dataclasses import dataclass

from workspaces.refusals import Refused

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Options:
    """Raises Refused for a format or a separator that there is not."""

    format: str = "csv"
    columns: Sequence[str | int] | None = None  # names or ids, in the order of the file; None for all of them
    states: bool = False  # the state and error of each computed cell
    flatten: bool = False  # a column for each field of a result, in formats without objects
    separator: str = "comma"  # of CSV: its name or the sign itself
    mark: bool = False  # before CSV, so that Excel reads it as UTF-8

    def __post_init__(self) -> None:
        if self.format not in TYPES:
            raise Refused(f"“{self.format[:20]}” is not an export format. Use {', '.join(TYPES)}.", field="format")
        if self.delimiter not in SEPARATORS.values():
            raise Refused(
                f"“{self.separator[:20]}” is not a separator. Use {', '.join(SEPARATORS)}.", field="separator"
            )

    @property
    def delimiter(self) -> str:
        return SEPARATORS.get(self.separator, self.separator)

    @property
    def has_objects(self) -> bool:
        return self.format in ("json", "jsonl")
