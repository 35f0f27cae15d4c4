"""The keys of a file's rows, in memory: some 70 bytes for each, so that those of two million rows fit."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from workspaces.refusals import Refused

MOST = 2_000_000  # rows
_PLACE = 32  # bits


@dataclass(slots=True)
class FileKeys:
    """Finds the gathered row that has a key, by the digest of it.

    Each key is one number, its digest followed by the place of its row in the file: they sort fast, are searched by
    halves, and take half the memory that a dictionary would. A random place of a table on disk for each would take
    most of the time of an import.
    """

    _keys: list[int] = field(default_factory=list)
    _sort_keys: array[int] = field(default_factory=lambda: array("q"))  # of all rows, by their place
    _matched: bytearray = field(default_factory=bytearray)  # whether a row of the table has its key, by its place

    def add(self, sort_keys: Sequence[int], digests: Sequence[str]) -> None:
        """Adds the next rows of the file; those without a key match nothing. Raises Refused."""
        first = len(self._sort_keys)
        if first + len(sort_keys) > MOST:
            raise Refused(f"The file has more than {MOST:,} rows to match by a key. Split it, or add all rows.")
        self._keys += [int(digest, 16) << _PLACE | place for place, digest in enumerate(digests, first) if digest]
        self._sort_keys.extend(sort_keys)
        self._matched.extend(bytes(len(sort_keys)))

    def repeated(self, *, keep_last: bool) -> Iterator[int]:
        """Leaves each key to one row, the last or the first, once all are added; yields the others' sort keys."""
        self._keys.sort(reverse=keep_last)
        kept: list[int] = []
        repeats = bytearray(len(self._sort_keys))
        for key in self._keys:
            if kept and _are_alike(key, kept[-1]):
                repeats[_place(key)] = True
            else:
                kept.append(key)
        self._keys = kept[::-1] if keep_last else kept
        return compress(self._sort_keys, repeats)

    def match(self, digests: Mapping[int, str]) -> dict[int, int]:
        """Returns {row id: sort key of the gathered row with the same key} of the table's rows {row id: digest}."""
        found = {row_id: place for row_id, digest in digests.items() if (place := self._find(digest)) is not None}
        for place in found.values():
            self._matched[place] = True
        return {row_id: self._sort_keys[place] for row_id, place in found.items()}

    def matched(self) -> Iterator[int]:
        """Yields the sort keys of the gathered rows that match a row of the table, in order."""
        return compress(self._sort_keys, self._matched)

    def _find(self, digest: str) -> int | None:
        first = int(digest, 16) << _PLACE
        at = bisect_left(self._keys, first)
        return _place(self._keys[at]) if at < len(self._keys) and _are_alike(self._keys[at], first) else None


def _are_alike(key: int, other: int) -> bool:
    return key >> _PLACE == other >> _PLACE


def _place(key: int) -> int:
    return key & (1 << _PLACE) - 1
