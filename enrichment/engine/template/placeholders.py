"""Places to fill in that the examples of an API's documentation have: `${email}`, `<token>`, `/users/:id`, `YOUR_KEY`.

They are sent as they stand, so the user is asked. Only where one is a whole value is it surely no text of its own.
"""

import re
from collections.abc import Iterator, Mapping

from enrichment.engine.errors import Edit, Problem
from enrichment.engine.template import references

_WORDS = r"[A-Za-z][\w .-]{0,60}"
_SEVERAL = re.compile(
    rf"(?:[A-Za-z-]+ )?(?P<all>\$?\{{(?P<braces>{_WORDS})\}}|<(?P<angles>{_WORDS})>|\[(?P<brackets>[A-Z][A-Z0-9_ ]+)\]"
    r"|\$(?P<shell>[A-Z][A-Z0-9_]+)|(?P<yours>(?:YOUR|your)[_-][A-Za-z0-9_-]+)|%(?P<percents>[A-Z][A-Z0-9_]+)%)"
)
_IN_PATH = re.compile(rf"(?P<all>:(?P<colon>[A-Za-z_]\w*))|{_SEVERAL.pattern.replace('<all>', '<other>')}")
_JSON_TEXT = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"(?P<is_key>\s*:)?')
_IN_QUERY = re.compile(r"[?&][^=&#]*=([^&#]*)")
_SEGMENT = re.compile(r"/([^/]*)")


def in_value(text: str, names: Mapping[int, str]) -> Iterator[Problem]:
    """Yields the question about a value that is nothing else, but for a word before it, as in `Bearer <token>`."""
    yield from _asked(text, _SEVERAL, 0, len(text), names)


def in_address(text: str, path: tuple[int, int], query: tuple[int, int], names: Mapping[int, str]) -> Iterator[Problem]:
    for segment in _SEGMENT.finditer(text, *path):
        yield from _asked(text, _IN_PATH, *segment.span(1), names)
    for value in _IN_QUERY.finditer(text, *query):
        yield from _asked(text, _SEVERAL, *value.span(1), names)


def in_json(text: str, names: Mapping[int, str]) -> Iterator[Problem]:
    """Yields those about the texts of a JSON body, but for `{Company}`, of which its parser asks itself."""
    for value in _JSON_TEXT.finditer(text):
        asked = () if value["is_key"] else _asked(text, _SEVERAL, *value.span("text"), names)
        yield from (problem for problem in asked if not (problem.reference and text[problem.offset or 0] == "{"))


def _asked(text: str, pattern: re.Pattern[str], start: int, end: int, names: Mapping[int, str]) -> Iterator[Problem]:
    if not (found := pattern.fullmatch(text, start, end)):
        return
    group = "all" if found["all"] else "other"
    start, length = found.start(group), len(found[group])
    word = next(part for name, part in found.groupdict().items() if part and name not in ("all", "other"))
    name = next((name for name in names.values() if _folded(name) == _folded(word)), None)
    line, column = references.place(text, start)
    words = f"“{found[group]}” is sent as plain text, but looks like a place to fill in."
    if name is None:
        yield Problem(f"{words} Put a value or a column there.", "", line, column, start, length, severity="warning")
        return
    reference = "{{" + references.escaped(name) + "}}"
    edit = Edit(start, length, reference, f"Use {reference}")
    words += f" Is it the column {name}?"
    yield Problem(words, "", line, column, start, length, reference=name, fix=edit.label, edit=edit, severity="warning")


def _folded(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()
