"""The lines of a text file, decoded, with a word about every byte that could not be."""

import codecs
import re
from collections import deque
from collections.abc import Iterator
from io import StringIO
from itertools import chain
from pathlib import Path

from tables.imports.readers.sheet import Notes, unreadable

_BLOCK = 1 << 18  # bytes
_KEPT = 64  # blocks that reading can go back to
_BAD = re.compile("[\udc80-\udcff]+")
_BETWEEN_WORDS = re.compile(r"[\s,;\t|\"]")


class Lines:
    """Yields lines with their line ends, from the first one or once more from one of the last read.

    They come in lists, so that the csv module takes them without a step in Python for each.
    """

    def __init__(self, path: Path, encoding: str, notes: Notes) -> None:
        self._path = path
        self._encoding = encoding
        self._notes = notes
        self._recent: deque[tuple[int, list[str]]] = deque(maxlen=_KEPT)
        self._end: str | None = None
        self._is_wide = encoding.startswith(("utf-16", "utf-32"))
        self._blocks = self._read()

    def start_at(self, line: int) -> Iterator[str]:
        """Yields the lines from this one on, which was read lately or comes next."""
        if not self._recent:
            next(self._blocks, None)
        if self._recent and line < self._recent[0][0]:
            raise unreadable(f"The row that begins in line {line:,} is too long. Check its quotes.")
        kept = [block[max(0, line - first) :] for first, block in self._recent if first + len(block) > line]
        return chain(chain.from_iterable(kept), chain.from_iterable(self._blocks))

    def _read(self) -> Iterator[list[str]]:
        number = 1
        for text in self._whole_lines():
            lines = self._cut(text)
            if "\0" in text or self._bad_in(text):
                lines = [self._repaired(line, at) for at, line in enumerate(lines, number)]
            self._recent.append((number, lines))
            yield lines
            number += len(lines)

    def _whole_lines(self) -> Iterator[str]:
        """Yields the text up to line ends."""
        rest = ""
        for text in self._decoded():
            if self._end is None:
                text = text.removeprefix("\ufeff")
                self._end = "\r" if "\r" in text and "\n" not in text else "\n"
            text = rest + text
            # A “\r” at the very end may be half of a line end.
            cut = text.rfind(self._end, 0, len(text) - (self._end == "\r")) + 1
            rest = text[cut:]
            if cut:
                yield text[:cut]
        if rest:
            yield rest

    def _cut(self, text: str) -> list[str]:
        """Cuts after “\n”; where the beginning of the file has none, after each kind of line end."""
        return list(StringIO(text, newline="" if self._end == "\r" else "\n"))

    def _decoded(self) -> Iterator[str]:
        """Yields text in which every byte that does not decode stands as half of a surrogate pair."""
        errors = "replace" if self._is_wide else "surrogateescape"
        decoder = codecs.getincrementaldecoder(self._encoding)(errors)
        with self._path.open("rb") as file:
            for block in iter(lambda: file.read(_BLOCK), b""):
                yield decoder.decode(block)
        yield decoder.decode(b"", True)

    def _bad_in(self, text: str) -> bool:
        """Whether bytes did not decode; the check costs nothing where all of the text is ASCII."""
        if text.isascii():
            return False
        return "\ufffd" in text if self._is_wide else _BAD.search(text) is not None

    def _repaired(self, line: str, number: int) -> str:
        """Leaves NUL out, reads bytes that are not of the encoding as Windows-1252, and reports both."""
        if "\0" in line:
            self._notes.warn(number, f"Line {number:,} has a NUL character, which was left out.")
            line = line.replace("\0", "")
        if self._bad_in(line):
            fixed = _BAD.sub(_as_windows_1252, line)
            word = "�" if self._is_wide else _word_at(fixed, _BAD.search(line))
            words = f"Line {number:,} has bytes that are not {self._encoding.upper()}. They were read as “{word}”."
            self._notes.warn(number, words)
            return fixed
        return line


def _as_windows_1252(match: re.Match[str]) -> str:
    return match[0].encode("ascii", "surrogateescape").decode("cp1252", "replace")


def _word_at(line: str, bad: re.Match[str] | None) -> str:
    """Returns the word of the repaired line where the bad bytes were."""
    at = bad.start() if bad else 0
    return _BETWEEN_WORDS.split(line[:at])[-1][-20:] + _BETWEEN_WORDS.split(line[at:])[0][:20]
