"""The zip archive of an Open XML workbook: safe to unpack, names in any capitals, Strict read as Transitional."""

import zipfile
from pathlib import Path
from typing import IO, Any

from tables.imports.readers.answering import Unreadable

LARGEST_UNPACKED = 2 * 1024**3  # bytes
LARGEST_READ_WHOLE = 50_000_000  # bytes of a part that is not streamed
_LARGE_PART = 100_000_000  # bytes unpacked, from which on a part's ratio counts
_MOST_RATIO = 400  # of unpacked to packed; sheets stay below 100
_HEAD = 64 * 1024  # bytes, in which a part names its namespaces
_STRICT = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
}


class Archive:
    """Opens parts by name for openpyxl. Raises Unreadable for what is no archive or unpacks to too much."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            words = "This workbook is damaged, or only a part of it arrived. Save it again and upload it."
            raise Unreadable(words) from error
        self._parts = {_plain(part.filename): part for part in self._zip.infolist()}
        parts = self._parts.values()
        if sum(part.file_size for part in parts) > LARGEST_UNPACKED or any(map(_is_bomb, parts)):
            words = "This workbook unpacks to far more than it is safe to read. Save it as CSV and upload that."
            raise Unreadable(words)

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._parts

    def size(self, name: str) -> int:
        return self._parts[_plain(name)].file_size

    def read(self, name: str) -> bytes:
        """Returns a small part. Raises KeyError without it, Unreadable where it is huge."""
        if self.size(name) > LARGEST_READ_WHOLE:
            raise Unreadable("A part of this workbook is far too large. Save it as CSV and upload that.")
        return _transitional(self._zip.read(self._parts[_plain(name)]))

    def open(self, name: str) -> "Part":
        return Part(self._zip.open(self._parts[_plain(name)]))


class Part:
    """A part that is read in pieces."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._head = _transitional(file.read(_HEAD))

    def read(self, size: int = -1) -> bytes:
        """Returns the next bytes, the first time more than `size`."""
        head, self._head = self._head, b""
        return head or self._file.read(size)

    def __enter__(self) -> "Part":
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.close()


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > _LARGE_PART and part.file_size > _MOST_RATIO * max(1, part.compress_size)


def _transitional(xml: bytes) -> bytes:
    for strict, transitional in _STRICT.items():
        xml = xml.replace(strict, transitional)
    return xml
