"""Paths that start with `$`: JSONPath (RFC 9535), without `match` and `search`, whose patterns can hang."""

import copy
import re

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathRecursionError, Node
from jsonpath_rfc9535._ast import CHILD_SEGMENT, INDEX_SELECTOR, NAME_SELECTOR, Segment
from jsonpath_rfc9535._resolve_standard import StandardResolver
from jsonpath_rfc9535.exceptions import DetailedJSONPathError
from jsonpath_rfc9535.query import JSONPathQuery

from enrichment.engine.errors import Edit, InvalidSettings, Problem, RowError

MOST_VISITED = 500_000  # values looked at for one answer: filters inside filters multiply
DEEPEST = 500
_PATTERN = re.compile(r"\b(match|search)\s*\(")

type Location = tuple[int | str, ...]


class _Environment(JSONPathEnvironment):
    left = MOST_VISITED

    def __init__(self) -> None:
        super().__init__(max_recursion_depth=DEEPEST)
        del self.functions["match"], self.functions["search"]


class _Resolver(StandardResolver):
    """Counts what it visits."""

    __slots__ = ()

    def new_child(self, node: Node, key: str | int, value: object) -> Node:
        environment = self.env
        assert isinstance(environment, _Environment)
        environment.left -= 1
        if environment.left < 0:
            raise RowError(
                "path", "The path visits too many values in this response. Name more of the keys along the way."
            )
        return super().new_child(node, key, value)


_ENVIRONMENT = _Environment()


class Query:
    """A compiled query."""

    def __init__(self, text: str) -> None:
        """Raises InvalidSettings at the place that cannot be read."""
        self._query = _compiled(text)
        self.is_singular = all(_is_singular(segment) for segment in self._query.segments)

    def nodes(self, value: object) -> list[tuple[Location, object]]:
        """Where the query leads, and what is there. Raises RowError when it is too much work."""
        environment = copy.copy(_ENVIRONMENT)
        try:
            found = _Resolver.resolve(environment, self._query.segments, value)
            return [(location, item) for item, location, _ in found]
        except JSONPathRecursionError as error:
            raise RowError("path", "This response is nested too deeply for the path.") from error


def _is_singular(segment: Segment) -> bool:
    kind, _, selectors = segment
    return kind == CHILD_SEGMENT and len(selectors) == 1 and selectors[0][0] in (NAME_SELECTOR, INDEX_SELECTOR)


def _compiled(text: str) -> JSONPathQuery:
    if text != text.strip():
        edit = Edit(0, len(text), text.strip(), "Remove the spaces")
        raise _invalid("A path that starts with $ can't have spaces around it.", 0, len(text), edit)
    try:
        return _ENVIRONMENT.compile(text)
    except DetailedJSONPathError as error:
        if pattern := _PATTERN.search(text):
            message = (
                f"“{pattern[1]}” isn't available here, because a pattern can run forever. Compare with == instead."
            )
            raise _invalid(message, pattern.start(), len(pattern[1])) from error
        start = min(error.token[1], len(text))
        raise _invalid(f"The path can't be read: {error.message}.", start, 1 if start < len(text) else 0) from error
    except (JSONPathError, RecursionError) as error:
        raise _invalid("The path can't be read: it is nested too deeply.", 0, len(text)) from error


def _invalid(message: str, offset: int, length: int, edit: Edit | None = None) -> InvalidSettings:
    fix = edit.label if edit else None
    problem = Problem(message, line=1, column=offset + 1, offset=offset, length=length, fix=fix, edit=edit)
    return InvalidSettings([problem])
