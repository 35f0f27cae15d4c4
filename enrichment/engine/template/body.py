"""A JSON body with holes, parsed once, filled per row: a cell can never change its structure."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from enrichment.engine.errors import Edit, InvalidSettings, Problem, RenderError
from enrichment.engine.template import literals, objects, references
from enrichment.engine.template.body_parser import parse
from enrichment.engine.template.body_tree import ArrayNode, LiteralNode, Node, ObjectNode, RowsNode, TextNode, ValueNode
from enrichment.engine.template.paths import MISSING
from enrichment.engine.template.references import ROWS, Hole, Unavailable
from enrichment.engine.template.values import JSON_SPACES, as_json, as_text, is_empty, number_text, without_surrogates

LARGEST = 10 * 1024 * 1024  # bytes of a rendered body
type _Piece = str | TextNode | ValueNode | RowsNode

_LEADING_ZERO = re.compile(r"-?0[0-9]+(\.[0-9]+)?")
_quote = json.encoder.encode_basestring


@dataclass(frozen=True, slots=True)
class Body:
    text: str
    root: Node
    flat: tuple[_Piece, ...]
    repeated: tuple[_Piece, ...]  # flat too: what stands for each row of a batch
    has_key_holes: bool
    repeats_key_holes: bool
    warnings: tuple[Problem, ...]
    holes: tuple[Hole, ...]

    def media_type(self, rendered: bytes) -> str:
        return "application/json"

    def render(
        self, values: Mapping[int, object], secrets: Mapping[str, str] | None = None, *, remove_null: bool = False
    ) -> tuple[bytes, list[str]]:
        """The body and the places that removal took out. Raises RenderError."""
        filling = _Filling(self.text, values, secrets or {})
        try:
            return self._rendered(filling, remove_null), filling.removed
        except (RecursionError, ValueError) as error:
            raise RenderError(
                "value", "A value is nested too deeply, or contains a number that JSON can't represent."
            ) from error

    def _rendered(self, filling: "_Filling", remove_null: bool) -> bytes:
        if remove_null:
            kept = filling.cleaned(self.root, "")
            rendered = "{}" if kept is None and isinstance(self.root, ObjectNode) else kept
            return in_bytes(rendered if rendered is not None else "null")
        text = filling.joined(self.flat)
        if self.has_key_holes:
            filling.check_keys(self.root)
        return in_bytes(text)

    def element(self, values: Mapping[int, object], *, remove_null: bool = False) -> str:
        """Returns what stands for one row of a batch. Raises RenderError."""
        filling = _Filling(self.text, values, {})
        if not (remove_null or self.repeats_key_holes):
            return filling.joined(self.repeated)
        item = next(piece.item for piece in self.flat if isinstance(piece, RowsNode))
        if remove_null:
            kept = filling.cleaned(item, "")
            return _empty_item(item) if kept is None else kept
        text = filling.joined(self.repeated)
        filling.check_keys(item)
        return text


def compile(template: str, names: Mapping[int, str], *, secrets: bool = False) -> Body:
    """Places count in the text as it is shown, with names. Raises InvalidSettings with every problem."""
    template = references.to_shown(template, names)
    root, problems = parse(template, names, secrets=secrets)
    if root is None or any(problem.severity == "error" for problem in problems):
        raise InvalidSettings(problems)
    flat = tuple(_flattened(root))
    repeated = tuple(part for piece in flat if isinstance(piece, RowsNode) for part in _flattened(piece.item))
    holes = tuple(hole for piece in flat if not isinstance(piece, str) for hole in piece.holes)
    with_keys = (_has_key_holes(flat), _has_key_holes(repeated))
    return Body(template, root, flat, repeated, *with_keys, tuple(problems), holes)


def _has_key_holes(pieces: Iterable[_Piece]) -> bool:
    return any(isinstance(piece, TextNode) and piece.is_key for piece in pieces)


def _flattened(node: Node) -> list[_Piece]:
    """Literal text joined as far as it goes."""
    pieces: list[_Piece] = []

    def add(piece: _Piece) -> None:
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)

    def walk(node: Node) -> None:
        if isinstance(node, LiteralNode):
            add(node.text)
        elif isinstance(node, TextNode):
            add(node if node.holes else node.literal())
        elif isinstance(node, ValueNode | RowsNode):
            add(node)
        elif isinstance(node, ObjectNode):
            add("{")
            for number, (key, value) in enumerate(node.members):
                add(", " if number else "")
                walk(key)
                add(": ")
                walk(value)
            add("}")
        else:
            add("[")
            for number, item in enumerate(node.items):
                add(", " if number else "")
                walk(item)
            add("]")

    walk(node)
    return pieces


@dataclass(slots=True)
class _Filling:
    """One row's values, put into the holes."""

    text: str
    values: Mapping[int, object]
    secrets: Mapping[str, str]
    removed: list[str] = field(default_factory=list)

    def joined(self, pieces: Iterable[_Piece]) -> str:
        return "".join([piece if isinstance(piece, str) else self.piece(piece) for piece in pieces])

    def piece(self, node: TextNode | ValueNode | RowsNode) -> str:
        if isinstance(node, ValueNode):
            return self.literal(node.hole)
        return str(self.values[ROWS]) if isinstance(node, RowsNode) else self.quoted(node)

    def value(self, hole: Hole) -> object:
        value = hole.value(self.values, self.secrets)
        if isinstance(value, Unavailable):
            words = str(value)
            raise RenderError("input", words, self._problem(hole, words))
        return value

    def quoted(self, node: TextNode) -> str:
        return _quote(self.filled(node))

    def filled(self, node: TextNode) -> str:
        filled = "".join([part if isinstance(part, str) else self.text_of(part, node) for part in node.parts])
        if not filled and node.is_key and node.holes:
            raise self._error("empty_key", node.holes[0], "is empty, and a key can't be")
        return filled

    def text_of(self, hole: Hole, node: TextNode) -> str:
        value = self.value(hole)
        if isinstance(value, str):
            return value
        if isinstance(value, dict | list):
            whole = node.parts == (hole,) and not node.is_key
            raise objects.refusal(value, hole, self.text, "body", *([self._without_quotes(hole)] if whole else []))
        return as_text(value)

    def _without_quotes(self, hole: Hole) -> Edit:
        reference = self.text[hole.start : hole.end]
        return Edit(hole.start - 1, len(reference) + 2, reference, "Remove the quotes")

    def literal(self, hole: Hole) -> str:
        value = self.value(hole)
        if isinstance(value, str):  # as most are, and the rest is asked for in vain
            return self._bare(value, hole)
        if value is MISSING or value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float | Decimal):
            if isinstance(value, float) and not math.isfinite(value):
                raise self._error("not_a_number", hole, "isn't a number that JSON can represent")
            return number_text(value)
        if isinstance(value, datetime | date):
            raise self._needs_quotes(hole, "is a date")
        if isinstance(value, dict | list):
            return self._json(value, hole)
        return self._bare(str(value), hole)

    def _json(self, value: object, hole: Hole) -> str:
        try:
            return as_json(value)
        except ValueError as error:
            raise self._error("not_a_number", hole, "contains a number that JSON can't represent") from error

    def _bare(self, text: str, hole: Hole) -> str:
        """A text cell out of quotes: only what JSON reads as a value of its own."""
        trimmed = text.strip()
        if not trimmed:
            return "null"
        if trimmed.lower() in ("true", "false"):
            return trimmed.lower()
        if trimmed == "null":
            return "null"
        if literals.is_number(trimmed):
            if not trimmed.lstrip("-").isdigit() and math.isinf(float(trimmed)):
                raise self._error("not_a_number", hole, "is a number too large for JSON")
            return trimmed
        if _LEADING_ZERO.fullmatch(trimmed):
            raise self._needs_quotes(hole, f"is “{trimmed[:40]}”, which has leading zeros")
        raise self._needs_quotes(hole, f"is the text “{trimmed[:40]}”")

    def _needs_quotes(self, hole: Hole, what: str) -> RenderError:
        edit = Edit(hole.start, hole.end - hole.start, f'"{self.text[hole.start : hole.end]}"', "Add quotes")
        return self._error("needs_quotes", hole, f"{what}. Put quotes around the reference", edit)

    def _error(self, code: str, hole: Hole, what: str, edit: Edit | None = None) -> RenderError:
        problem = self._problem(hole, f"{hole.name} {what}.", edit)
        return RenderError(code, f"Line {problem.line}: {hole.name} {what}.", problem)

    def _problem(self, hole: Hole, message: str, edit: Edit | None = None) -> Problem:
        return references.problem(message, hole, "body", self.text, fix=edit.label if edit else None, edit=edit)

    def check_keys(self, node: Node) -> None:
        """Raises RenderError when this row's values make two keys of an object the same."""
        if isinstance(node, ObjectNode):
            seen: dict[str, TextNode] = {}
            for key, value in node.members:
                text = self.quoted(key)
                if text in seen and (key.holes or seen[text].holes):
                    raise self._error(
                        "duplicate_key", (key.holes or seen[text].holes)[0], f"makes the key {text} appear twice"
                    )
                seen[text] = key
                self.check_keys(value)
        elif isinstance(node, ArrayNode):
            for item in node.items:
                self.check_keys(item)

    def cleaned(self, node: Node, way: str) -> str | None:
        """The rendered node without what is empty; None when nothing of it is left."""
        if isinstance(node, LiteralNode):
            return None if node.text == "null" else node.text
        if isinstance(node, TextNode):
            return self._cleaned_text(node)
        if isinstance(node, ValueNode):
            return self._cleaned_value(node.hole)
        if isinstance(node, RowsNode):
            return self.piece(node)
        if isinstance(node, ArrayNode):
            # An array never changes its length.
            items = [self.cleaned(item, f"{way}[{number}]") for number, item in enumerate(node.items)]
            pairs = zip(node.items, items, strict=True)
            return "[" + ", ".join(_empty_item(item) if text is None else text for item, text in pairs) + "]"
        if not node.members:
            return "{}"
        return self._cleaned_object(node, way)

    def _cleaned_object(self, node: ObjectNode, way: str) -> str | None:
        kept: list[str] = []
        seen: dict[str, TextNode] = {}
        for key, value in node.members:
            name = self.filled(key)
            place = f"{way}.{name}" if way else name
            text = self.cleaned(value, place)
            if text is None:
                self.removed.append(place)
                continue
            if holes := name in seen and (key.holes or seen[name].holes):
                raise self._error("duplicate_key", holes[0], f"makes the key “{name}” appear twice")
            seen[name] = key
            kept.append(f"{_quote(name)}: {text}")
        return "{" + ", ".join(kept) + "}" if kept else None

    def _cleaned_text(self, node: TextNode) -> str | None:
        text = self.filled(node)
        if not text or (node.holes and text.isspace() and all(is_empty(self.value(hole)) for hole in node.holes)):
            return None
        return _quote(text)

    def _cleaned_value(self, hole: Hole) -> str | None:
        value = self.value(hole)
        if is_empty(value) or (isinstance(value, str) and not value.strip(JSON_SPACES)):
            return None
        if isinstance(value, dict | list):
            kept = without_nulls(value)
            return None if kept is MISSING else self._json(kept, hole)
        text = self.literal(hole)
        return None if text == "null" else text


def _empty_item(node: Node) -> str:
    """What stands in an array for an item of which nothing is left."""
    if isinstance(node, ObjectNode):
        return "{}"
    return '""' if isinstance(node, TextNode) else "null"


def without_nulls(value: object) -> object:
    """Members that are null or "" go at any depth, and objects emptied by that; MISSING when nothing is left."""
    if isinstance(value, list):
        cleaned = [without_nulls(item) for item in value]
        pairs = zip(value, cleaned, strict=True)
        return [({} if isinstance(old, dict) else old) if new is MISSING else new for old, new in pairs]
    if isinstance(value, dict):
        members = {key: without_nulls(item) for key, item in value.items()}
        kept = {key: item for key, item in members.items() if item is not MISSING}
        return MISSING if value and not kept else kept
    return MISSING if value is None or value == "" else value


def in_bytes(text: str) -> bytes:
    """Returns a whole body in UTF-8. Raises RenderError."""
    try:
        rendered = text.encode()
    except UnicodeEncodeError:
        rendered = without_surrogates(text).encode()
    if len(rendered) > LARGEST:
        raise RenderError("too_large", f"The body would be larger than {LARGEST // 1024 // 1024} MiB.")
    return rendered
