"""The place in a JSON template, the problems that were found before it, and runs of words and holes."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from enrichment.engine.errors import Edit, Problem
from enrichment.engine.template.mentions import HOLE, Finder, Mention
from enrichment.engine.template.references import Hole, masked, place

MOST_PROBLEMS = 50

SPACES = " \t\r\n"
ODD_SPACES = "\ufeff\u00a0\u200b\u200c\u200d\u2060\u202f\u2007\u2009\u200a\u2028\u2029\u3000\u1680\u2002\u2003\u00ad"
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
CLOSING_QUOTE = {"“": "”", "”": "”", "„": "“”", "«": "»", "＂": "＂", "‘": "’", "’": "’", "'": "'", "`": "`", "‟": "”"}
FULL_WIDTH = {"，": ",", "：": ":", "［": "[", "］": "]", "｛": "{", "｝": "}", "、": ","}
_ENDS = set('{}[]",:;=' + "".join(FULL_WIDTH)) | set(SPACES) | set(ODD_SPACES) | set("“”„«＂")


class TooManyProblems(Exception):
    """More than anybody reads."""


class Scanner:
    """Moves through the text; what it passes over is told, each with its fix."""

    def __init__(self, text: str, holes: Mapping[int, Hole], problems: list[Problem], finder: Finder | None) -> None:
        self.text = text
        self.holes = holes
        self.finder = finder
        self.shape = masked(text, holes.values(), HOLE)
        self.masked = masked(text, holes.values())
        self.problems = problems
        self.at = 0

    def tell(
        self,
        offset: int,
        length: int,
        message: str,
        text: str | None = None,
        label: str = "",
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        line, column = place(self.text, offset)
        edit = None if text is None else Edit(offset, length, text, label)
        fix = label or None
        self.add(Problem(message, "", line, column, offset, length, fix=fix, edit=edit, severity=severity))

    def add(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            raise TooManyProblems

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def skip(self) -> None:
        """Spaces, and what looks like them or is no JSON: odd spaces, comments."""
        while sign := self.peek():
            if sign in SPACES:
                self.at += 1
            elif sign in ODD_SPACES:
                kind = "an invisible character" if sign in _INVISIBLE else "a special space"
                instead = "" if sign in _INVISIBLE else " "
                self.tell(self.at, 1, f"JSON doesn't allow {kind} (U+{ord(sign):04X}) here.", instead, "Remove it")
                self.at += 1
            elif comment := re.compile(r"//[^\n]*|/\*.*?(\*/|\Z)|#[^\n]*", re.DOTALL).match(self.text, self.at):
                self.tell(self.at, len(comment[0]), "JSON doesn't allow comments.", "", "Remove it")
                self.at = comment.end()
            else:
                return

    def run_end(self) -> int:
        """The end of words, holes and mentioned columns that belong together, on this line."""
        at = end = self.at
        while at < len(self.text):
            if (hole := self.holes.get(at)) and hole.mark:
                break
            if inserted := hole or self.mention_at(at):
                at = end = inserted.end
            elif self.text[at] in " \t":
                at += 1
                if self.text[at : at + 1] in _ENDS - set(" \t") and not (at in self.holes or self.mention_at(at)):
                    break
            elif self.text[at] in _ENDS or self.text.startswith(("//", "/*"), at):
                break
            else:
                at += 1
                end = at
        return end

    def pieces(self, start: int, end: int) -> list[str | Hole]:
        found: list[str | Hole] = []
        position = start
        for at in sorted(self.holes):
            if start <= at < end:
                found += [self.text[position:at], self.holes[at]]
                position = self.holes[at].end
        found.append(self.text[position:end])
        return [piece for piece in found if piece != ""]

    def in_quotes(self, start: int, mentions: Sequence[Mention] = ()) -> str:
        """Returns what was read since then as a text of JSON, with references for the columns that it mentions."""
        written, position = '"', start
        for mention in mentions:
            written += self.within_quotes(position, mention.start) + mention.reference
            position = mention.end
        return written + self.within_quotes(position, self.at) + '"'

    def within_quotes(self, start: int, end: int) -> str:
        return "".join(self.escaped(part) for part in self.pieces(start, end))

    def escaped(self, part: str | Hole) -> str:
        if isinstance(part, Hole):
            return self.text[part.start : part.end]
        return json.dumps(part, ensure_ascii=False)[1:-1]

    def mention_at(self, place: int) -> Mention | None:
        """Returns the column that the text names here without braces."""
        is_likely = self.finder and self.text[place : place + 1] in ("/", "{")
        return self.finder.at(self.shape, place) if self.finder and is_likely else None

    def mentions(self, start: int, end: int) -> list[Mention]:
        return self.finder.within(self.shape, start, end) if self.finder else []
