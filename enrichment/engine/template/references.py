"""`{{Column}}` and `{{Column.path}}` in any text: found, kept by column id as `{{@12.path}}`, shown by name."""

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum, auto
from typing import Any

from enrichment.engine.errors import Edit, InvalidSettings, Problem
from enrichment.engine.template import paths
from enrichment.engine.template.paths import MISSING, Path

_OPENING = re.compile(r"\{{2,}")
_STORED = re.compile(r"@(\d+)(.*)", re.DOTALL)
_MARK = re.compile(r"\s*(#rows(?:\s.*)?|/rows\s*)", re.DOTALL)

CURSOR = -1  # stands for the cursor of a page, where a column's id would be
ROWS = -2  # stands for what is sent of each row of a batch
CALLBACK_URL = -3  # stands for the address that the API calls back
MISPLACED = "{{#rows}} and {{/rows}} can stand only in a JSON body and in the path or query of the address."
TOKENS = ("token.refresh", "token.access")  # of the last sign-in, in the request that refreshes them

type Rewrite = Callable[[str], str | None]  # of what stands inside a pair of braces


class Names(dict[int, str]):
    """Columns by id. `deleted` are those that messages may still name; `numbers` hold numbers, which may be texts."""

    def __init__(
        self, live: Mapping[int, str], deleted: Mapping[int, str] | None = None, numbers: Collection[int] = ()
    ) -> None:
        super().__init__(live)
        self.deleted = dict(deleted or {})
        self.numbers = frozenset(numbers)


def _deleted(names: Mapping[int, str]) -> Mapping[int, str]:
    return names.deleted if isinstance(names, Names) else {}


@dataclass(frozen=True, slots=True)
class Reference:
    """A pair of double braces: `text` is what stands inside, without escapes and outer spaces."""

    start: int
    end: int
    text: str


class Reason(StrEnum):
    """Why a cell has no value to give."""

    TO_COME = auto()
    NO_RESULT_YET = auto()
    WAITING = auto()
    RUNNING = auto()
    SKIPPED = auto()
    MISSING_INPUT = auto()
    FAILED = auto()


_WORDS = {
    Reason.TO_COME: "is still to come",
    Reason.NO_RESULT_YET: "has no result yet",
    Reason.WAITING: "waits for another column",
    Reason.RUNNING: "is still running",
    Reason.SKIPPED: "was skipped",
    Reason.MISSING_INPUT: "has no result",
    Reason.FAILED: "has no result",
}


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Stands for the value of a cell that has none to give, and says why."""

    column: str
    reason: Reason
    message: str = ""  # why it failed

    @property
    def words(self) -> str:
        """What follows the name of the column in a sentence."""
        return f"failed: {self.message}" if self.message else _WORDS[self.reason]

    def __str__(self) -> str:
        return f"{self.column} {self.words}"


@dataclass(frozen=True, slots=True)
class Hole:
    """A place that a row fills: a column (or, in a connection, a secret) and a path into its value."""

    name: str  # as shown, for messages
    column_id: int | None
    path: Path | None
    start: int
    end: int
    secret: str | None = None
    mark: str | None = None  # `#rows ,` or `/rows`, around what is sent of each row of a batch

    def value(self, values: Mapping[int, object], secrets: Mapping[str, str]) -> object:
        """MISSING when there is nothing at the path."""
        if self.column_id is None:
            return secrets.get(self.secret, MISSING) if self.secret is not None else MISSING
        value = values.get(self.column_id, MISSING)
        if self.path is None or isinstance(value, Unavailable) or value is MISSING:
            return value
        return self.path.get(value)


def find(text: str) -> list[Reference]:
    """In a run of braces the innermost pair counts. An opening without an end is plain text."""
    found: list[Reference] = []
    position = 0
    while opening := _OPENING.search(text, position):
        start = opening.end() - 2
        end = _closing(text, opening.end())
        if end is None:
            position = opening.end()
            continue
        found.append(Reference(start, end, _unescaped(text[opening.end() : end - 2])))
        position = end
    return found


def _closing(text: str, position: int) -> int | None:
    """The end of the reference; None when it has none before another one opens."""
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text.startswith("}}", position):
            return position + 2
        elif text.startswith("{{", position) or text[position] == "\n":
            return None
        else:
            position += 1
    return None


def _unescaped(inner: str) -> str:
    return unicodedata.normalize("NFC", re.sub(r"\\([\\}])", r"\1", inner).strip())


def joined(name: str, path: str) -> str:
    """Returns `Company.size`, `Company[0]`, or the name alone where there is no path."""
    return f"{name}.{path}" if path and not path.startswith("[") else name + path


def escaped(name: str) -> str:
    return re.sub(r"[\\}]", lambda found: "\\" + found[0], name)


def split(text: str, ids: Mapping[str, int]) -> tuple[int, str] | None:
    """(column id, path). A column of exactly that name wins, else the longest name before a `.` or `[`."""
    if text in ids:
        return ids[text], ""
    for position in range(len(text) - 1, 0, -1):
        if text[position] in ".[" and (name := text[:position].rstrip()) in ids:
            rest = text[position:]
            return ids[name], rest[1:] if rest[0] == "." else rest
    stored = _STORED.fullmatch(text)
    if stored and int(stored[1]) in ids.values():
        return int(stored[1]), stored[2].removeprefix(".")
    return None


def parse(
    text: str, names: Mapping[int, str], *, secrets: bool = False, marks: bool = False
) -> tuple[list[str | Hole], list[Problem]]:
    """The text as literal pieces and holes, and a problem for each reference that leads nowhere.

    The marks of a batch are holes too, where there may be `marks`.
    """
    ids = _ids(names)
    parts: list[str | Hole] = []
    problems: list[Problem] = []
    position = 0
    for reference in find(text):
        parts.append(text[position : reference.start])
        hole = _hole(text, reference, ids, names, problems, secrets)
        if hole.mark and not marks:
            problems.append(_at(text, reference, MISPLACED))
        parts.append(hole)
        position = reference.end
    parts.append(text[position:])
    return [part for part in parts if part != ""], problems


def _ids(names: Mapping[int, str]) -> dict[str, int]:
    return {unicodedata.normalize("NFC", name.strip()): pk for pk, name in names.items()}


def _hole(
    text: str,
    reference: Reference,
    ids: Mapping[str, int],
    names: Mapping[int, str],
    problems: list[Problem],
    secrets: bool,
) -> Hole:
    place = reference.start, reference.end
    if reference.text.startswith("secret."):
        if not secrets:
            problems.append(_at(text, reference, "Secrets can only be used in a connection."))
        return Hole(reference.text, None, None, *place, secret=reference.text.removeprefix("secret.").strip())
    if secrets and reference.text in TOKENS:
        return Hole(reference.text, None, None, *place, secret=reference.text)
    if secrets:
        problems.append(_at(text, reference, "Only secrets can be used here: {{secret.name}}."))
        return Hole(reference.text, None, None, *place)
    target = split(reference.text, ids)
    if target is None and (mark := _MARK.fullmatch(text, reference.start + 2, reference.end - 2)):
        return Hole(reference.text, None, None, *place, mark=mark[1])
    if target is None:
        problems.append(_unknown(text, reference, names))
        return Hole(reference.text, None, None, *place)
    column_id, path_text = target
    shown = joined(names[column_id], path_text)
    try:
        path = paths.dotted(path_text) if path_text else None
    except InvalidSettings as error:
        problems.append(_at(text, reference, error.problems[0].message))
        path = None
    return Hole(shown, column_id, path, *place)


def _unknown(text: str, reference: Reference, names: Mapping[int, str]) -> Problem:
    if not reference.text:
        return _at(text, reference, "A column name is missing between the braces.")
    if gone := _deleted_name(reference.text, names):
        words = f"The column “{gone}” was deleted. Restore it, or choose another one."
        return _at(text, reference, words)
    if _STORED.fullmatch(reference.text):
        return _at(text, reference, "The column this referred to was deleted. Choose another one.")
    near = _nearest(reference.text.removeprefix("/"), names.values())
    length = reference.end - reference.start
    edit = Edit(reference.start, length, "{{" + escaped(near) + "}}", f"Use {near}") if near else None
    return _at(text, reference, f"There is no column “{reference.text}”.", edit)


def _nearest(written: str, names: Iterable[str]) -> str | None:
    """Returns the name that is meant: the same in another case, or a similar one."""
    folded = {name.casefold(): name for name in reversed([*names])}
    near = get_close_matches(written.casefold(), folded, 1, 0.6)
    return folded[near[0]] if near else None


def _deleted_name(inner: str, names: Mapping[int, str]) -> str | None:
    deleted = _deleted(names)
    if found := split(inner, _ids(deleted)):
        return deleted[found[0]]
    return None


def _at(text: str, reference: Reference, message: str, edit: Edit | None = None) -> Problem:
    line, column = place(text, reference.start)
    return Problem(
        message,
        line=line,
        column=column,
        offset=reference.start,
        length=reference.end - reference.start,
        reference=reference.text,
        fix=edit.label if edit else None,
        edit=edit,
    )


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def problem(message: str, hole: Hole, field: str = "", text: str = "", **more: Any) -> Problem:
    """Returns the problem of a hole in the field's text; without the text, it has no line."""
    line, column = place(text, hole.start) if text else (None, None)
    length = hole.end - hole.start
    return Problem(message, field, line, column, hole.start, length, reference=hole.name, **more)


def masked(text: str, parts: Iterable[str | Hole], sign: str = "_") -> str:
    """Returns the text with each hole as underscores, so that what stands in it is not taken for punctuation."""
    pieces, position = [], 0
    for hole in sorted((part for part in parts if isinstance(part, Hole)), key=lambda hole: hole.start):
        pieces += [text[position : hole.start], sign * (hole.end - hole.start)]
        position = hole.end
    return "".join(pieces) + text[position:]


def rewritten(text: str, rewrite: Rewrite) -> str:
    """Returns the text with what stands inside each pair of braces rewritten; None leaves it as it is."""
    pieces, position = [], 0
    for reference in find(text):
        inner = rewrite(reference.text)
        written = text[reference.start : reference.end] if inner is None else "{{" + escaped(inner) + "}}"
        pieces += [text[position : reference.start], written]
        position = reference.end
    return "".join(pieces) + text[position:]


def to_stored(text: str, names: Mapping[int, str]) -> str:
    """Returns the text with ids for names; a reference that leads nowhere stays as it is."""
    ids = _ids(names)

    def stored(inner: str) -> str | None:
        target = None if inner.startswith("secret.") else split(inner, ids)
        return joined(f"@{target[0]}", target[1]) if target else None

    return rewritten(text, stored)


def renumbered(stored: str, ids: Mapping[int, int]) -> str:
    """Returns the text for a copy of the columns, {id: id of its copy}; what is not copied stays."""

    def copied(inner: str) -> str | None:
        reference = _STORED.fullmatch(inner)
        known = reference and ids.get(int(reference[1]))
        return f"@{known}{reference[2]}" if reference and known else None

    return rewritten(stored, copied)


def to_shown(stored: str, names: Mapping[int, str]) -> str:
    """Returns the text with names for ids, where the name leads back to the same column."""
    ids = _ids(names)

    def shown(inner: str) -> str | None:
        reference = _STORED.fullmatch(inner)
        pk, rest = (int(reference[1]), reference[2]) if reference else (0, "")
        if pk in names:
            return _shown(pk, rest, names, ids)
        deleted = _deleted(names).get(pk)
        return deleted + rest if deleted and split(deleted, ids) is None else None

    return rewritten(stored, shown)


def _shown(pk: int, rest: str, names: Mapping[int, str], ids: Mapping[str, int]) -> str:
    """`Company.size`; as `Company["size"]` where another column is called Company.size."""
    first = re.match(r"\.((?:\\.|[^.\[\\])+)", rest)
    ways = [rest, "[" + json.dumps(first[1], ensure_ascii=False) + "]" + rest[first.end() :]] if first else [rest]
    for way in ways:
        if split(names[pk] + way, ids) == (pk, way.removeprefix(".")):
            return names[pk] + way
    return f"@{pk}{rest}"


def column_ids(stored: str) -> set[int]:
    found = (_STORED.fullmatch(reference.text) for reference in find(stored))
    return {int(kept[1]) for kept in found if kept}
