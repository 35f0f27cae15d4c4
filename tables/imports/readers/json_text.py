"""JSON text of any size, one value after the other: only the value that is being read is in memory."""

import codecs
import json
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from tables import names
from tables.imports.readers.encoding import wide
from tables.imports.readers.sheet import Waiting, silent, unreadable
from tables.values import DEEPEST, is_too_deep

_BLOCK = 1 << 20  # bytes
_LONGEST = 64 << 20  # characters of one value
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

type Keys = tuple[str, ...]  # the keys that lead to a value


class Digits(str):
    """The text of a number, which no other type keeps as it is written."""


class JsonText:
    """Reads values at a place that moves on. Raises Refused with the line where the text is not JSON."""

    def __init__(self, path: Path, waiting: Waiting = silent) -> None:
        self.read = 0  # bytes of the file
        self.has_escape = False  # in the last value, like \\u0000
        self.has_digits = False  # in the last value, a number that is kept as its text
        self._path = path
        self._waiting = waiting
        self._blocks = self._decoded()
        self._text = ""
        self._at = 0
        self._line, self._counted = 1, 0  # the line of a place in the text that is held
        self._is_whole = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_object, parse_float=self._number, parse_int=_whole, parse_constant=_refuse_constant
        )

    def peek(self) -> str:
        """Returns the next character that is no space, or nothing at the end."""
        sign = self._text[self._at : self._at + 1]
        if sign > " ":
            return sign
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text) or not self._fill():
                return self._text[self._at : self._at + 1]

    def take(self, sign: str) -> None:
        """Moves past the sign."""
        if self.peek() != sign:
            raise self._invalid(f"“{sign}” is missing" if self.peek() else "it ends too early")
        self._at += 1

    @property
    def line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def value(self) -> Any:
        self.peek()
        self.has_digits = False
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if not self._may_be_cut(error) or not self._fill():
                    raise self._invalid(getattr(error, "msg", str(error)), getattr(error, "pos", None)) from error
                continue
            if end == len(self._text) and self._fill():
                continue  # a number may go on
            self.has_escape = self._text.find("\\u", self._at, end) >= 0
            self._check_depth(value, end)
            self._at = end
            return value

    def _number(self, text: str) -> "float | Digits":
        """A number that would lose its digits stays the text that it was, like 1.10."""
        number = float(text)
        if repr(number) == text:
            return number
        self.has_digits = True
        return Digits(text)

    def _check_depth(self, value: Any, end: int) -> None:
        signs = self._text.count("[", self._at, end) + self._text.count("{", self._at, end)
        if signs > DEEPEST and is_too_deep(value):
            words = (
                f"Line {self.line:,} has a value that is nested more than {DEEPEST} levels deep, which no cell holds."
            )
            raise unreadable(f"{words} Shorten it there and upload the file again.")

    def _may_be_cut(self, error: Exception) -> bool:
        """Whether more text may mend the error; a text that does not end has its error where it begins."""
        if not isinstance(error, json.JSONDecodeError) or len(self._text) - self._at > _LONGEST:
            return False
        return error.msg.startswith("Unterminated") or error.pos > len(self._text) - 20

    def _fill(self) -> bool:
        """Adds as much text as the value has so far, so that a long one is not begun too often."""
        wanted = max(1, (len(self._text) - self._at) // 2)
        added: list[str] = []
        while sum(map(len, added)) < wanted and not self._is_whole:
            block = next(self._blocks, None)
            self._is_whole = block is None
            added.append(block or "")
        if not any(added):
            return False
        self._line = self.line
        self._text = self._text[self._at :] + "".join(added)
        self._at = self._counted = 0
        return True

    def _decoded(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            block = file.read(_BLOCK)
            encoding = next((name for mark, name in _MARKS if block.startswith(mark)), wide(block) or "utf-8-sig")
            decoder = codecs.getincrementaldecoder(encoding)()
            while True:
                self.read += len(block)
                try:
                    text = decoder.decode(block, not block)
                except UnicodeDecodeError as error:
                    line = self.line + self._text.count("\n", self._at) + error.object.count(b"\n", 0, error.start)
                    words = (
                        f"Line {line:,} is not UTF-8, as JSON has to be. Save the file as UTF-8 and upload it again."
                    )
                    raise unreadable(words) from error
                if text:
                    self._waiting()
                    yield text
                if not block:
                    return
                block = file.read(_BLOCK)

    def _invalid(self, why: str, at: int | None = None) -> Exception:
        end = min(self._at if at is None else at, len(self._text.rstrip()))
        line = self.line + self._text.count("\n", self._at, end)
        return unreadable(f"Line {line:,} is not valid JSON: {why}. Correct it there and upload the file again.")


def walk(text: JsonText, path: Keys = ()) -> Iterator[tuple[Keys, bool, Any]]:
    """Yields each item of the lists that objects lead to, and each other value of those objects.

    As (path, whether it is an item, value); an empty list yields nothing.
    """
    if text.peek() == "[":
        for _ in _members(text, "[", "]"):
            yield path, True, text.value()
    elif text.peek() == "{" and len(path) < 50:
        for _ in _members(text, "{", "}"):
            key = text.value()
            text.take(":")
            yield from walk(text, (*path, str(key)))
    else:
        yield path, False, text.value()


def _members(text: JsonText, opening: str, closing: str) -> Iterator[None]:
    """Stops at each member, whose reader moves on."""
    text.take(opening)
    if text.peek() != closing:
        yield
        while text.peek() == ",":
            text.take(",")
            yield
    text.take(closing)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the object; a key that returns gets a number, as its first value would be lost."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    for key, value in pairs:
        found[names.first_free(key, found)] = value
    return found


def with_numbers(value: Any) -> tuple[Any, bool]:
    """Returns the value of a cell with numbers inside its lists and objects, and whether all of them are.

    Those that no number is equal to, of too many digits, stay texts.
    """
    if isinstance(value, list):
        pairs = [_number_inside(item) for item in value]
        return [item for item, _ in pairs], all(is_whole for _, is_whole in pairs)
    if isinstance(value, dict):
        pairs = [_number_inside(item) for item in value.values()]
        return dict(zip(value, [item for item, _ in pairs], strict=True)), all(is_whole for _, is_whole in pairs)
    return value, True


def _number_inside(value: Any) -> tuple[Any, bool]:
    if not isinstance(value, Digits):
        return with_numbers(value)
    number = float(value)
    is_same = isfinite(number) and Decimal(repr(number)) == Decimal(value)
    return (number if is_same else str(value)), is_same


def _whole(text: str) -> int | str:
    return int(text) if len(text) < 4000 else text


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")
