"""Field paths into JSON values: `a.b`, `a[0]`, `a[-1]`, `a[*].b`, `a\\.b`, `["a.b"]`, and JSONPath behind a `$`.

A dot may stand before an index as well: `a.0` and `a.*.b` are `a[0]` and `a[*].b`. `[*]` is every item of a list; an
object has none. A key of digits is found in an object as it is, and the key `*` by `["*"]`.
"""

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import Enum
from typing import Final

from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template.jsonpath import Query


class _Missing(Enum):
    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing.MISSING


class _Every(Enum):
    EVERY = "*"


EVERY: Final = _Every.EVERY
type Step = str | int | _Every

_KEY = re.compile(r"(?:\\.|[^.\[\]\\])+")
_PLAIN_KEY = re.compile(r"[^\s.\[\]\\\"$@]([^.\[\]\\\"]*[^\s.\[\]\\\"])?")
_DIGITS = re.compile(r"-?\d{1,9}", re.ASCII)
_INDEX = re.compile(r"\[\s*(-?\d{1,9}|\*)\s*\]")
_QUOTED = re.compile(r"""\[\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')\s*\]""")


@dataclass(frozen=True, slots=True)
class Path:
    text: str
    steps: tuple[Step, ...]
    query: Query | None = None  # instead of steps

    def get(self, value: object) -> object:
        """MISSING when nothing is there; null is something. A path that can lead to several places gives a list.

        Raises RowError when a query is too much work for this value.
        """
        if self.query is None:
            return _get(value, self.steps)
        found = [item for _, item in self.query.nodes(value)]
        if not self.query.is_singular:
            return found
        return found[0] if found else MISSING

    @property
    def lists_around(self) -> int:
        """In how many lists a list stands that it leads to: one for each `*` on the way there."""
        if self.query:
            return int(not self.query.is_singular)
        return self.steps[:-1].count(EVERY)

    def ways(self, value: object) -> list[tuple[Step, ...]]:
        """The steps to every place that the path leads to in this value."""
        return [self.steps] if self.query is None else [location for location, _ in self.query.nodes(value)]


def compile(text: str) -> Path:
    """A path of the settings. Raises InvalidSettings at the place that cannot be read."""
    if text.lstrip().startswith("$"):
        return Path(text, (), Query(text))
    return dotted(text)


def dotted(text: str) -> Path:
    """A path inside a reference, where `$` is a letter as any other. Raises InvalidSettings."""
    rest = text.strip()
    if not rest:
        raise InvalidSettings([Problem("The path is empty.", line=1, column=1, offset=0)])
    before = len(text) - len(text.lstrip())
    steps: list[Step] = []
    position = 0
    while position < len(rest):
        if index := _INDEX.match(rest, position):
            steps.append(EVERY if index[1] == "*" else int(index[1]))
            position = index.end()
        elif quoted := _QUOTED.match(rest, position):
            inner = quoted[1] if quoted[1] is not None else quoted[2]
            steps.append(re.sub(r"\\(.)", r"\1", inner))
            position = quoted.end()
        elif key := _KEY.match(rest, position):
            steps.append(EVERY if key[0].strip() == "*" else re.sub(r"\\(.)", r"\1", key[0]).strip())
            position = key.end()
        else:
            raise _unreadable(text, before + position)
        if position < len(rest) and rest[position] == ".":
            position += 1
            if position == len(rest) or rest[position] == ".":
                raise _unreadable(text, before + position - 1)
    return Path(rest, tuple(steps))


def below(path: str, key: str) -> str:
    """Returns the path to a member of what is at `path`, of which "" is the whole."""
    if key == "*" or not _PLAIN_KEY.fullmatch(key):
        quoted = re.sub(r'([\\"])', r"\\\1", key)
        return f'{path}["{quoted}"]'
    return f"{path}.{key}" if path else key


def _unreadable(text: str, offset: int) -> InvalidSettings:
    sign = text[offset] if offset < len(text) else "the end"
    message = f"The path can't be read at “{sign}”. Write it like data.items[0].name."
    return InvalidSettings([Problem(message, line=1, column=offset + 1, offset=offset, length=1)])


def _get(value: object, steps: Sequence[Step]) -> object:
    for number, step in enumerate(steps):
        if value.__class__ is dict and step.__class__ is str:  # nearly always, and the quickest
            value = value.get(step, MISSING)
        elif step is EVERY:
            if not isinstance(value, list):
                return MISSING
            found = [_get(item, steps[number + 1 :]) for item in value]
            return [item for item in found if item is not MISSING]
        else:
            value = _child(value, step)
        if value is MISSING:
            return MISSING
    return value


def _child(value: object, step: Step) -> object:
    if isinstance(value, dict):
        return value.get(str(step), MISSING)
    if isinstance(value, list):
        index = _index(step)
        if index is not None and -len(value) <= index < len(value):
            return value[index]
    return MISSING


def _index(step: Step) -> int | None:
    if isinstance(step, int):
        return step
    return int(step) if isinstance(step, str) and _DIGITS.fullmatch(step) else None


def pick(value: object, wanted: Sequence[Path]) -> object:
    """What is at the paths, in its nesting; MISSING when nothing is at any of them. Raises RowError as `get` does."""
    return _pick(value, [way for path in wanted for way in path.ways(value)])


def _pick(value: object, ways: Sequence[Sequence[Step]]) -> object:
    if not all(ways):
        return value
    keys = {way[0] for way in ways if len(way) == 1 and way[0].__class__ is str}
    if value.__class__ is dict and len(keys) == len(ways):
        return _pick_keys(value, keys)
    below = defaultdict(list)
    for way in ways:
        below[way[0]].append(way[1:])
    if isinstance(value, dict):
        return _pick_members(value, below)
    return _pick_items(value, below) if isinstance(value, list) else MISSING


def _pick_keys(value: dict[str, object], keys: Set[Step]) -> object:
    """As `_pick_members` for the members themselves, which most paths end with: a third of the time."""
    return {key: child for key, child in value.items() if key in keys} or MISSING


type _Below = dict[Step, list[Sequence[Step]]]


def _pick_members(value: dict[str, object], below: _Below) -> object:
    wanted: dict[str, list[Sequence[Step]]] = defaultdict(list)
    for step, inner in below.items():
        if step is not EVERY:
            wanted[str(step)] += inner
    found = {key: _pick(child, wanted[key]) for key, child in value.items() if key in wanted}
    return {key: child for key, child in found.items() if child is not MISSING} or MISSING


def _pick_items(value: list[object], below: _Below) -> object:
    """Positions stay, so that the same path works on what was kept."""
    at: dict[int, list[Sequence[Step]]] = defaultdict(list)
    for step, inner in below.items():
        index = None if step is EVERY else _index(step)
        if index is not None and -len(value) <= index < len(value):
            at[index % len(value)] += inner
    items: list[object] = []
    last = 0
    for number, child in enumerate(value):
        inner = at[number] + below.get(EVERY, [])
        found = _pick(child, inner) if inner else MISSING
        items.append(None if found is MISSING else found)
        last = number + 1 if found is not MISSING else last
    return items[:last] if last else MISSING
