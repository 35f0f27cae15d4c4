"""Cells of the lines whose quotes follow no rule: inside quoted text, not doubled, or never closed."""

import re
from collections.abc import Iterator

from tables.imports.readers.dialect import Dialect


class Unclosed(Exception):
    """The text ends inside a quoted cell, whose quote stands at `at`."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class Cells:
    """Divides text into cells of a dialect. A quote closes a cell only where a delimiter or the end follows."""

    def __init__(self, dialect: Dialect) -> None:
        sign, quote = re.escape(dialect.sign), re.escape(dialect.quote or "\0")
        self._delimiter = dialect.sign
        self._quote = dialect.quote
        self._spaces = re.compile(r" *" if dialect.has_spaces else "")
        self._regular = re.compile(f"{quote}((?:[^{quote}]|{quote}{quote})*){quote} *(?={sign}|$)")
        self._loose = re.compile(f"{quote}(.*?){quote} *(?={sign}|$)", re.S)
        self._suspect = re.compile(f"(?:\n|{sign}){quote}|{quote}{sign}")
        self._escaped = re.compile(rf"(\\+){quote}")

    def of(self, text: str) -> list[str]:
        """Raises Unclosed."""
        return [cell for cell, _ in self._divided(text)]

    def is_odd(self, text: str) -> bool:
        """Whether a cell has a quote that no rule allows there."""
        try:
            return any(is_odd for _, is_odd in self._divided(text.rstrip("\r\n")))
        except Unclosed:
            return True

    def opening(self, text: str) -> int:
        try:
            self.of(text)
        except Unclosed as unclosed:
            return unclosed.at
        return 0

    def is_suspicious(self, text: str, at: int) -> bool:
        """Whether another cell seems to begin or end inside the one that was opened there, in a later line."""
        inside = text[at + 1 :]
        return self._suspect.search(inside, inside.find("\n")) is not None if "\n" in inside[:-1] else False

    def with_doubled_quotes(self, line: str) -> str:
        return self._escaped.sub(self._doubled, line) if "\\" in line else line

    def _doubled(self, match: re.Match[str]) -> str:
        kept, is_escaped = divmod(len(match[1]), 2)
        return "\\" * kept + self._quote * (1 + is_escaped)

    def _divided(self, text: str) -> Iterator[tuple[str, bool]]:
        """Yields each cell, and whether its quotes follow no rule."""
        at = 0
        while True:
            at = self._spaces.match(text, at).end()  # type: ignore[union-attr]
            cell, at, is_odd = self._cell(text, at)
            yield cell, is_odd
            if at >= len(text):
                return
            at += 1

    def _cell(self, text: str, at: int) -> tuple[str, int, bool]:
        end = text.find(self._delimiter, at)
        plain = (text[at : end if end >= 0 else None], end if end >= 0 else len(text))
        if not self._quote or not text.startswith(self._quote, at):
            return *plain, False
        for pattern in (self._regular, self._loose):
            match = pattern.match(text, at)
            if match and pattern is self._loose and self.is_suspicious(match[0], 0):
                break
            if match:
                return match[1].replace(self._quote * 2, self._quote), match.end(), pattern is self._loose
        if self._quote in text[at + 1 : text.find("\n", at) if "\n" in text[at:] else None]:
            return *plain, True
        raise Unclosed(at)
