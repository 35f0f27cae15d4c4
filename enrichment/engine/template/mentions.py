"""Columns that a text names without double braces, by the habits of other tools: `/Company`, `{Company}`.

Where only a value can stand, they are meant. In a text they may be a path, or what another program fills in: there the
text is sent as it stands, and the user is asked.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from enrichment.engine.errors import Edit, Problem
from enrichment.engine.template import references

HOLE = "\ue000"  # masks the references of a text: it is part of no word

# Before the slash of `/Company` stands nothing, or what separates values; in a path it is a letter.
_BEFORE = r"(?:(?<![\s\S])|(?<=[\s\"'`(\[{,:;=&?>+|])|(?<=\\[nrt]))"
_BLANK = r"(?:[ _\u00a0]|%20)"
_PATH = r"(?P<path>(?:\.[\w-]+|\[\d+\])+)?"
_CALCULATION = re.compile(r"\s*(=\s*[A-Za-z][\w.]*)\s*\(.*\)\s*", re.DOTALL)
_OF_PATHS = re.compile(r"[a-z0-9_.~-]*")


@dataclass(frozen=True, slots=True)
class Mention:
    start: int
    end: int
    written: str
    name: str  # of the column
    path: str = ""

    @property
    def reference(self) -> str:
        return "{{" + references.escaped(self.name + self.path) + "}}"

    @property
    def is_unlike_a_path(self) -> bool:
        """Whether it is written as its column is, with capitals or spaces, say: `/Company`, and not `/company`."""
        return self.name in self.written and not _OF_PATHS.fullmatch(self.name)

    @property
    def edit(self) -> Edit:
        return Edit(self.start, self.end - self.start, self.reference, f"Use {self.reference}")

    def asked(self, text: str, edit: Edit | None = None) -> Problem:
        """Returns the question whether the column is meant, which keeps nothing from being saved."""
        words = f"“{self.written}” is sent as plain text. Is it the column {self.name}?"
        return self.problem(words, text, edit or self.edit, severity="warning")

    def told(self, text: str) -> Problem:
        """Returns the problem of a column where only a value can stand."""
        return self.problem(f"“{self.written}” isn't a reference. Write columns in double braces.", text, self.edit)

    def problem(self, words: str, text: str, edit: Edit | None, **more: Any) -> Problem:
        line, column = references.place(text, self.start)
        fix = edit.label if edit else None
        length = self.end - self.start
        return Problem(words, "", line, column, self.start, length, reference=self.name, fix=fix, edit=edit, **more)


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the columns that a text mentions, whose references are masked by HOLE."""

    names: Mapping[str, str]  # by their folded form, and as they are
    anywhere: tuple[re.Pattern[str], ...]
    code: tuple[re.Pattern[str], ...]
    after_two_slashes: re.Pattern[str]
    last_segment: re.Pattern[str]

    @staticmethod
    def of(names: Mapping[int, str]) -> "Finder | None":
        """Returns None without names."""
        return _finder(tuple(dict.fromkeys(name for name in names.values() if re.search(r"\w", name))))

    def within(self, text: str, start: int = 0, end: int | None = None) -> list[Mention]:
        """Finds those in a text of their own. Braces in braces are a structure, such as that of GraphQL."""
        end = len(text) if end is None else end
        found: list[Mention] = []
        for mention in self._found((*self.anywhere, self.after_two_slashes), text, start, end):
            is_in_address = text[mention.start - 1 : mention.start] == "/" and mention.written[0] == "/"
            before = found[-1].end if found else -1
            is_next = before == mention.start - 1 or text[: mention.start - 1].endswith(HOLE)  # `/First//Last`
            if not _is_nested(text, start, mention) and (is_next or not is_in_address):
                found.append(mention)
        return found

    def at(self, text: str, start: int) -> Mention | None:
        found = (self._mention(found) for pattern in self.anywhere if (found := pattern.match(text, start)))
        return next((mention for mention in found if mention), None)

    def in_code(self, text: str) -> list[Mention]:
        """Finds those in a formula, where `.` and `-` go on behind a column."""
        return self._found(self.code, text, 0, len(text))

    def in_path(self, text: str, start: int, end: int) -> list[Mention]:
        """Finds those in the path of an address: `/contacts//Domain`, `/contacts/{Domain}`.

        Behind one slash a name is most likely a part of the path, unless it ends with it and looks like no path.
        """
        sure = self._found((*self.anywhere, self.after_two_slashes), text, start, end)
        last = self._found((self.last_segment,), text, start, end)
        return sure or [mention for mention in last if mention.is_unlike_a_path]

    def _found(self, patterns: Sequence[re.Pattern[str]], text: str, start: int, end: int) -> list[Mention]:
        """In the order of the text; of several in one place the longest."""
        matches = chain.from_iterable(pattern.finditer(text, start, end) for pattern in patterns)
        mentions = [mention for found in matches if (mention := self._mention(found))]
        return list(_apart(sorted(mentions, key=lambda mention: (mention.start, -mention.end))))

    def _mention(self, found: re.Match[str]) -> Mention | None:
        name = self.names.get(found["name"]) or self.names.get(_folded(found["name"]))
        path = found["path"] or ""
        is_file = path.startswith(".") and found[0][0] == "/" and _OF_PATHS.fullmatch((name or "").lower())
        if name is None or is_file:
            return None  # `/Company.html`, unlike `/HTTP API.data.id`
        return Mention(found.start(), found.end(), found[0], name, path)


def questions(text: str, shape: str, finder: Finder, start: int, end: int) -> list[Problem]:
    """Returns the questions about the part of a text between two places; in its shape, references are masked."""
    if found := _CALCULATION.fullmatch(shape, start, end):
        return [_calculation(text, found)]
    return [mention.asked(text) for mention in finder.within(shape, start, end)]


def _calculation(text: str, found: re.Match[str]) -> Problem:
    words = f"“{found[1]}(…)” is sent as plain text. Calculate it in a formula column, and refer to that one here."
    line, column = references.place(text, found.start(1))
    length = len(text[found.start(1) : found.end()].rstrip())
    return Problem(words, "", line, column, found.start(1), length, severity="warning")


@lru_cache(maxsize=64)
def _finder(names: tuple[str, ...]) -> Finder | None:
    if not names:
        return None
    one = "|".join(map(_spelling, sorted(names, key=len, reverse=True)))
    name, ends = f"(?P<name>{one})", r"(?!\w|[-.]\w)"
    in_braces = rf"(?<![{{$\\])\{{(?P<half>[ \t]?\{{[ \t]*)?/?{name}{_PATH}(?(half)[ \t]*\}}?[ \t]?)\}}"
    after_slash = rf"{_BEFORE}/{name}{_PATH}{ends}(?!/(?!/(?:{one}){ends}))"
    in_code = rf"(?:{_BEFORE}|(?<=[<!]))/{name}(?P<path>)(?![\w$/])"
    patterns = in_braces, after_slash, in_code, rf"(?<=/)/{name}{_PATH}{ends}", rf"(?<=/){name}(?P<path>)(?=[?#]|$)"
    braces, slash, code, two, last = (re.compile(pattern, re.IGNORECASE) for pattern in patterns)
    folded = {_folded(name): name for name in names} | {name: name for name in names}
    return Finder(folded, (braces, slash), (braces, code), two, last)


def _spelling(name: str) -> str:
    """Returns the pattern of a name: with any blanks, and with its accents composed or not."""
    forms = dict.fromkeys(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    return "|".join(re.sub(r"\\ |_", lambda _: _BLANK, re.escape(form)) for form in forms)


def _folded(name: str) -> str:
    return re.sub(_BLANK, " ", unicodedata.normalize("NFC", name)).casefold()


def _apart(mentions: Sequence[Mention]) -> Iterator[Mention]:
    end = 0
    for mention in mentions:
        if mention.start >= end:
            yield mention
            end = mention.end


def _is_nested(text: str, start: int, mention: Mention) -> bool:
    return text.count("{", start, mention.start) > text.count("}", start, mention.start)
