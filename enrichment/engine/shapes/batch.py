"""Many rows in one request: which part of the answer is whose, and how what was refused is divided."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from enrichment.engine.answer.telling import error_of, words_of
from enrichment.engine.errors import RenderError
from enrichment.engine.template import references
from enrichment.engine.template.parameters import Parts
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.references import Hole
from enrichment.engine.template.values import as_text

BY_NAME = "@name"  # in the place of a path: the answer has its items in an object, each under the key of its row
REFUSED = (400, 413, 422)  # statuses that may be the fault of one row, and say that nothing was done

_STATUSES = ("status", "statusCode", "status_code", "httpStatusCode")
_ZEROS = re.compile(r"^0+(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Match:
    """By what an item of the answer is a row's."""

    row: Parts
    answer: Path | None  # in the item; None: the name that the item has in an object


@dataclass(frozen=True, slots=True)
class Batching:
    rows: int  # of one request, at most
    items: Path | None  # where the answer has its list; None: it is one
    match: Match | None  # None: the items are in the order of the rows
    error: Path | None  # where an item says that its row failed

    @property
    def column_ids(self) -> frozenset[int]:
        """The columns of the keys."""
        parts = self.match.row if self.match else ()
        return frozenset(part.column_id for part in parts if isinstance(part, Hole) and part.column_id)


class Part(NamedTuple):
    """What an answer has for one row: a value, MISSING where there is none, or what is wrong with it."""

    value: object = MISSING
    problem: str = ""


class Unmatched(Exception):
    """Nobody can tell which part of the answer is whose. The words end the row."""


def key_of(batching: Batching, values: Mapping[int, object]) -> str:
    """Returns the text that a row is matched by, "" by order. Raises RenderError where the row has none."""
    if batching.match is None:
        return ""
    parts = batching.match.row
    key = "".join(as_text(part.value(values, {})) if isinstance(part, Hole) else part for part in parts).strip()
    if not key:
        hole = next(part for part in parts if isinstance(part, Hole))
        words = f"{hole.name} is empty, so nothing in the answer could be matched to this row."
        raise RenderError("no_key", words, references.problem(words, hole, "batch.match.row"))
    return key


def divided(batching: Batching, keys: Sequence[str], answer: object) -> list[Part]:
    """Returns the parts of an answer in the order of the rows, whose keys these are. Raises Unmatched."""
    if batching.match is None:
        items = _items(batching, answer)
        if len(items) != len(keys):
            raise Unmatched(f"The answer has {_counted(len(items), 'item')} for {_counted(len(keys), 'row')}")
        return [_part(batching, item) for item in items]
    by_key: dict[str, list[object]] = defaultdict(list)
    for key, item in _with_keys(batching, batching.match, answer, keys):
        if item not in by_key[key]:
            by_key[key].append(item)
    if by_key.keys() == {""} and any(by_key[""]):
        raise Unmatched(f"No item in the answer has anything at “{_place(batching.match)}”")
    wanted = set(keys)
    others = [key for key in by_key if key and key not in wanted]
    if others and wanted.isdisjoint(by_key):
        raise Unmatched(f"No item in the answer is for one of the rows: the first is for “{others[0][:60]}”")
    keyless = len([item for item in by_key.get("", []) if item])
    nearly = {_folded(key): key for key in others}
    return [_of_key(batching, key, by_key.get(key, []), keyless, nearly.get(_folded(key), "")) for key in keys]


def _folded(key: str) -> str:
    """Returns the same for keys that an API may have written anew: in other letters, or a number without its zeros."""
    return _ZEROS.sub("", key.casefold())


def _with_keys(batching: Batching, match: Match, answer: object, keys: Sequence[str]) -> list[tuple[str, object]]:
    """Returns the items with their keys. Raises Unmatched."""
    found = batching.items.get(answer) if batching.items else answer
    if match.answer and isinstance(found, dict) and not found.keys().isdisjoint(keys):
        words = f"There is no list {_where(batching)}, but an object with an item for each row under its name"
        raise Unmatched(f"{words} (which {BY_NAME} stands for)")
    if match.answer:
        return [(as_text(match.answer.get(item)).strip(), item) for item in _items(batching, answer)]
    if found in (None, "", []) or not answer:
        return []
    if not isinstance(found, dict):
        raise Unmatched(f"There is no object {_where(batching)} with an item for each row under its name")
    return [(name.strip(), item) for name, item in found.items()]


def _items(batching: Batching, answer: object) -> list[object]:
    found = batching.items.get(answer) if batching.items else answer
    if found is None or found == "" or not answer:
        return []
    if not isinstance(found, list):
        raise Unmatched(f"There is no list {_where(batching)}")
    return found


def _where(batching: Batching) -> str:
    return f"at “{batching.items.text}”" if batching.items else "in the answer"


def _place(match: Match) -> str:
    return match.answer.text if match.answer else BY_NAME


def _of_key(batching: Batching, key: str, items: list[object], keyless: int, nearly: str) -> Part:
    """A row that is not in the answer may be one of the items without a key, or the one of a key that is `nearly` its
    own: nobody can tell that it has none.
    """
    if len(items) > 1:
        return Part(problem=f"The answer has {len(items)} different items for “{key}”")
    if not items and nearly:
        return Part(problem=f"The answer has no item for “{key}”, but one for “{nearly}”. Send it as the API writes it")
    if not items and keyless and batching.match:
        others = f"{_counted(keyless, 'item')} without anything at “{_place(batching.match)}”"
        return Part(problem=f"The answer has no item for “{key}”, but {others}")
    return _part(batching, items[0]) if items else Part()


def _part(batching: Batching, item: object) -> Part:
    error = batching.error.get(item) if batching.error else MISSING
    if error not in (MISSING, None, False, "", [], {}):
        return Part(problem=words_of(error) or "The API says that this row failed")
    return Part(problem=refusal) if isinstance(item, dict) and (refusal := _refusal(item)) else Part(item)


def _refusal(item: Mapping[str, object]) -> str:
    """Returns what an item with a status of its own says of its row, "" if that doesn't say that it failed.

    A status beside other things and with no word of an error may be what was asked for, as of a checker of links.
    """
    statuses = (item[name] for name in _STATUSES if type(item.get(name)) is int)
    if not (refused := next((status for status in statuses if status in range(400, 600)), None)):
        return ""
    told = (words_of(item[name]) for name in ("body", "message", "detail") if item.get(name))
    words = error_of(item) or next(filter(None, told), "The API says that this row failed" if len(item) == 1 else "")
    return words and f"{refused} · {words}"


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"
