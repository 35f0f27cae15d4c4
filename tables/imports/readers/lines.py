"""The lines of a text file, decoded, with a word about every byte that could not be."""

import codecs
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from io import StringIO
from itertools import chain
from pathlib import Path

from tables.imports.readers.sheet import Notes, unreadable

_BLOCK = 1 << 18  # bytes
_KEPT = 64  # blocks that reading can go back to
_BAD = re.compile("[\udc80-\udcff]+")
_LINE_END = re.compile("\r*\n|\r")
_END_OF_FILE = "\x1a"  # which DOS wrote after the last line
_BETWEEN_WORDS = re.compile(r"[\s,;\t|\"]")


class Block:
    """Whole lines, as one text and one by one."""

    def __init__(self, first: int, text: str, cut: Callable[[], list[str]]) -> None:
        self.first = first  # the number of the first line
        self.text = text
        self._cut = cut

    @cached_property
    def lines(self) -> list[str]:
        return self._cut()


class Lines:
    """Yields lines with their line ends, from the first one or once more from one of the last read.

    They are read in blocks, so that neither the csv module nor whoever looks at a block takes a step for each.
    """

    def __init__(
        self, path: Path, encoding: str, notes: Notes, replace: Callable[[str], str] = lambda text: text
    ) -> None:
        self._replace = replace  # in the whole lines of a block
        self._path = path
        self._encoding = encoding
        self._notes = notes
        self._recent: deque[Block] = deque(maxlen=_KEPT)
        self._end: str | None = None
        self._first = ""
        self._is_wide = encoding.startswith(("utf-16", "utf-32"))
        self.next_line = 1  # the number of the one after those that were read
        self._blocks = self._read()

    def read_on(self) -> bool:
        """Reads more lines; returns whether there are some."""
        return next(self._blocks, None) is not None

    def block_at(self, line: int) -> Block | None:
        """Returns the block that was read last, where it begins with this line."""
        block = self._recent[-1]
        return block if block.first == line else None

    def start_at(self, line: int) -> Iterator[str]:
        """Yields the lines from this one on, which was read lately or comes next."""
        if self._recent and line < self._recent[0].first:
            raise unreadable(f"The row that begins in line {line:,} is too long. Check its quotes.")
        ends = [*(block.first for block in self._recent), self.next_line][1:]
        kept = [
            block.lines[max(0, line - block.first) :]
            for block, end in zip(self._recent, ends, strict=True)
            if end > line
        ]
        return chain(chain.from_iterable(kept), chain.from_iterable(block.lines for block in self._blocks))

    def _read(self) -> Iterator[Block]:
        for text in map(self._replace, self._whole_lines()):
            block = Block(self.next_line, text, partial(self._cut, text))
            self._first = self._first or block.lines[0]
            if "\0" in text or "\ufeff" in text or self._bad_in(text):
                repaired = [self._repaired(line, at) for at, line in enumerate(block.lines, block.first)]
                block = Block(block.first, "".join(repaired), partial(list, repaired))
            self._recent.append(block)
            self.next_line += text.count("\n") + (text[-1] != "\n") if self._end == "\n" else len(block.lines)
            yield block

    def _whole_lines(self) -> Iterator[str]:
        """Yields the text up to line ends."""
        rest = ""
        for text in self._decoded():
            if self._end is None:
                text = text.removeprefix("\ufeff")
                self._end = _usual_end(text)
            text = rest + text
            # A “\r” at the very end may be half of a line end.
            cut = text.rfind(self._end, 0, len(text) - (self._end == "\r")) + 1
            rest = text[cut:]
            if cut:
                yield text[:cut]
        rest = rest.removesuffix(_END_OF_FILE)
        if rest:
            yield rest

    def _cut(self, text: str) -> list[str]:
        """Cuts after “\n”; where lines rather end with “\r”, after each kind of line end."""
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
        """Leaves NUL and marks of an encoding out, reads bytes that are not of it as Windows-1252, and reports all."""
        if line.startswith("\ufeff") and line[1:] == self._first:
            self._notes.warn(number, f"Line {number:,} repeats the first line: another file seems to begin there.")
            line = self._first
        elif line.startswith("\ufeff"):
            words = "begins with the mark of an encoding, which was left out: another file seems to begin there."
            self._notes.warn(number, f"Line {number:,} {words}")
            line = line[1:]
        if "\0" in line:
            what = "a NUL character, which was" if line.count("\0") == 1 else "NUL characters, which were"
            self._notes.warn(number, f"Line {number:,} has {what} left out.")
            line = line.replace("\0", "")
        if self._bad_in(line):
            fixed = _BAD.sub(_as_windows_1252, line)
            word = "�" if self._is_wide else _word_at(fixed, _BAD.search(line))
            words = f"Line {number:,} has bytes that are not {self._encoding.upper()}. They were read as “{word}”."
            self._notes.warn(number, words)
            return fixed
        return line


def _usual_end(text: str) -> str:
    """Returns “\\r” where most lines of the text end with it, as on old Macs, also where a cell has other ends."""
    ends = Counter(_LINE_END.findall(text))
    return "\r" if ends["\r"] > ends.total() / 2 else "\n"


def _as_windows_1252(match: re.Match[str]) -> str:
    return match[0].encode("ascii", "surrogateescape").decode("cp1252", "replace")


def _word_at(line: str, bad: re.Match[str] | None) -> str:
    """Returns the word of the repaired line where the bad bytes were."""
    at = bad.start() if bad else 0
    return _BETWEEN_WORDS.split(line[:at])[-1][-20:] + _BETWEEN_WORDS.split(line[at:])[0][:20]
