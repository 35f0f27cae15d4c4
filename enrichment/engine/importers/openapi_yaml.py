"""YAML as OpenAPI wants it read: like JSON, so that `on` and 2026-12-31 are texts.

Values are made from the parser's events in one go, which takes a sixth of the time that PyYAML's own loader needs for
a document of some megabytes, and bounds what a document may become while it is read.
"""

import re
from typing import Any, Final

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

NESTED = 100  # levels
LARGER = 1_000_000  # characters that aliases may add
_NOTHING: Final = object()
_MERGE: Final = object()  # the key <<
_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.CSafeLoader):
    pass


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":bool"))]
    for sign, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile("(?:true|True|TRUE|false|False|FALSE)$"), [*"tTfF"])


class TooLarge(Exception):
    """A document that is nested too deeply, or grows too much; the words are for people."""


def load(text: str) -> object:
    """Returns the value of a document. Raises YAMLError, ValueError or TooLarge."""
    builder = _Builder(len(text))
    for event in yaml.parse(text, _Loader):
        builder.take(event)
    return builder.value


class _Level:
    """A list or mapping that is being read, with its size in characters, aliases expanded."""

    def __init__(self, made: Any, anchor: str | None) -> None:
        self.made = made
        self.anchor = anchor
        self.size = 1
        self.key: Any = _NOTHING
        self.merged: list[Any] = []


class _Builder:
    def __init__(self, length: int) -> None:
        self.value: object = None
        self._most = length + LARGER
        self._levels: list[_Level] = []
        self._anchors: dict[str, tuple[Any, int]] = {}  # value and size
        self._plain: dict[str, Any] = {}  # what plain scalars mean
        self._documents = 0
        self._loader = _Loader("")

    def take(self, event: Any) -> None:
        """Raises what `load` raises."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._add(self._scalar(event), 1 + len(event.value), event.anchor, event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, {} if kind is yaml.MappingStartEvent else [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(event)
        elif kind is yaml.AliasEvent:
            if event.anchor not in self._anchors:
                raise ComposerError(None, None, f"found undefined alias {event.anchor!r}", event.start_mark)
            self._add(*self._anchors[event.anchor], None, event)
        elif kind is yaml.DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                raise ComposerError(None, None, "found another document", event.start_mark)

    def _scalar(self, event: Any) -> Any:
        if event.implicit[0] and not event.tag:
            if event.value not in self._plain:
                self._plain[event.value] = self._meaning(event, self._resolved(event.value))
            return self._plain[event.value]
        return event.value if not event.tag or event.tag == "!" else self._meaning(event, event.tag)

    def _resolved(self, text: str) -> str:
        resolver: Any = self._loader
        return str(resolver.resolve(yaml.ScalarNode, text, (True, False)))

    def _meaning(self, event: Any, tag: str) -> Any:
        if tag == f"{_TAG}merge":
            return _MERGE
        node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        return self._loader.construct_object(node)

    def _open(self, event: Any, made: Any) -> None:
        if event.tag not in (None, "!", f"{_TAG}map", f"{_TAG}seq"):
            raise ConstructorError(None, None, f"found unknown tag {event.tag!r}", event.start_mark)
        if len(self._levels) >= NESTED:
            line = event.start_mark.line + 1
            raise TooLarge(f"This document is nested deeper than {NESTED} levels (line {line}).")
        level = _Level(made, event.anchor)
        self._levels.append(level)
        if event.anchor:
            self._anchors[event.anchor] = made, 1

    def _close(self, event: Any) -> None:
        level = self._levels.pop()
        for merged in level.merged:
            for key, value in merged.items():
                level.made.setdefault(key, value)
        self._add(level.made, level.size, level.anchor, event)

    def _add(self, value: Any, size: int, anchor: str | None, event: Any) -> None:
        if anchor:
            self._anchors[anchor] = value, size
        if not self._levels:
            self.value = None if value is _MERGE else value
            return
        level = self._levels[-1]
        level.size += size
        if level.size > self._most:
            raise TooLarge("This document is too large once its aliases are expanded.")
        if type(level.made) is list:
            level.made.append("<<" if value is _MERGE else value)
        elif level.key is _NOTHING:
            if type(value) in (list, dict):
                raise ConstructorError(None, None, "found a list or mapping as a key", event.start_mark)
            level.key = value
        else:
            self._put(level, value, event)

    def _put(self, level: _Level, value: Any, event: Any) -> None:
        key, level.key = level.key, _NOTHING
        if key is not _MERGE:
            level.made[key] = "<<" if value is _MERGE else value
            return
        merged = value if type(value) is list else [value]
        if not all(type(one) is dict for one in merged):
            raise ConstructorError(None, None, "expected mappings to merge", event.start_mark)
        level.merged += merged
