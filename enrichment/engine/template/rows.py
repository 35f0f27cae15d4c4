"""What is sent of each row of a batch: the text between `{{#rows ,}}` and `{{/rows}}`, once for every row."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from enrichment.engine.errors import Edit, Problem
from enrichment.engine.template import references
from enrichment.engine.template.references import ROWS, Hole

OPENING = "{{#rows}}"
CLOSING = "{{/rows}}"


@dataclass(frozen=True, slots=True)
class Rows(Hole):
    """The place between two marks, as one hole: `element` is repeated there, with the separator in between."""

    separator: str = ""
    element: tuple[str | Hole, ...] = ()
    inside: tuple[Hole, ...] = ()  # the references of the element

    def written(self, write: Callable[[str], str], separator: Callable[[str], str]) -> "Rows":
        """Returns it with its literal texts as they are sent."""
        element = tuple(part if isinstance(part, Hole) else write(part) for part in self.element)
        return replace(self, element=element, separator=separator(self.separator))


def parse(text: str, names: Mapping[int, str], *, secrets: bool = False) -> tuple[list[str | Hole], list[Problem]]:
    """Returns the pieces and problems of `references.parse`, with each pair of marks and what it holds as one hole."""
    parts, problems = references.parse(text, names, secrets=secrets, marks=True)
    found: list[str | Hole] = []
    inside: list[str | Hole] = []
    opening: Hole | None = None
    for part in parts:
        if not is_mark(part):
            (inside if opening else found).append(part)
        elif is_opening(part) and opening is None:
            opening, inside = part, []
        elif is_opening(part) or opening is None:
            problems.append(misplaced(part, text))
        else:
            found.append(_rows(opening, part, inside, text, problems))
            opening = None
    if opening:
        problems.append(unclosed(opening, text))
    return found, problems


def _rows(opening: Hole, closing: Hole, inside: Sequence[str | Hole], text: str, problems: list[Problem]) -> Rows:
    separator = separator_of(opening)
    if not separator:
        edit = Edit(opening.start, opening.end - opening.start, "{{#rows ,}}", "Write {{#rows ,}}")
        words = "Say what stands between the rows, such as a comma: {{#rows ,}}."
        problems.append(references.problem(words, opening, text=text, fix=edit.label, edit=edit))
    return of(opening, closing.end, separator, inside)


def of(opening: Hole, end: int, separator: str, element: Iterable[str | Hole]) -> Rows:
    parts = tuple(element)
    inside = tuple(part for part in parts if isinstance(part, Hole))
    return Rows(OPENING, ROWS, None, opening.start, end, separator=separator, element=parts, inside=inside)


def is_mark(part: object) -> TypeGuard[Hole]:
    return isinstance(part, Hole) and part.mark is not None


def is_mark_text(text: str) -> bool:
    """Whether this is what stands inside the braces of a mark."""
    return text == "/rows" or text.partition(" ")[0] == "#rows"


def is_opening(mark: Hole) -> bool:
    return bool(mark.mark and mark.mark.startswith("#"))


def separator_of(opening: Hole) -> str:
    """Returns what stands behind `#rows` and one space, exactly."""
    return (opening.mark or "").removeprefix("#rows")[1:]


def misplaced(mark: Hole, text: str) -> Problem:
    """Returns the problem of a mark that opens a second time, or closes what was not opened."""
    if is_opening(mark):
        words = f"{OPENING} can't stand inside another {OPENING}. Close the first one with {CLOSING}."
    else:
        words = f"{CLOSING} closes nothing. Put {OPENING} before what is repeated for each row."
    return references.problem(words, mark, text=text)


def unclosed(opening: Hole, text: str) -> Problem:
    words = f"{OPENING} is never closed. Put {CLOSING} behind what is repeated for each row."
    return references.problem(words, opening, text=text)
