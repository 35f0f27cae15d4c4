"""A JSON body with holes, parsed once, filled per row: a cell can never change its structure."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from enrichment.engine.errors import Edit, InvalidSettings, Problem, RenderError
from enrichment.engine.template import literals, references
from enrichment.engine.template.body_parser import parse
from enrichment.engine.template.body_tree import ArrayNode, LiteralNode, Node, ObjectNode, TextNode, ValueNode
from enrichment.engine.template.paths import MISSING
from enrichment.engine.template.references import Hole, Names, Unavailable
from enrichment.engine.template.values import JSON_SPACES, as_json, as_text, is_empty, number_text, without_surrogates

LARGEST = 10 * 1024 * 1024  # bytes of a rendered body
_LEADING_ZERO = re.compile(r"-?0[0-9]+(\.[0-9]+)?")
_quote = json.encoder.encode_basestring


@dataclass(frozen=True, slots=True)
class Body:
    text: str
    root: Node
    flat: tuple[str | TextNode | ValueNode, ...]
    has_key_holes: bool
    warnings: tuple[Problem, ...]
    holes: tuple[Hole, ...]

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
            return _encoded(rendered if rendered is not None else "null")
        pieces = [piece if isinstance(piece, str) else filling.piece(piece) for piece in self.flat]
        if self.has_key_holes:
            filling.check_keys(self.root)
        return _encoded("".join(pieces))


def compile(template: str, names: Mapping[int, str], *, secrets: bool = False) -> Body:
    """Places count in the text as it is shown, with names. Raises InvalidSettings with every problem."""
    template = references.to_shown(template, names)
    root, problems = parse(template, names, secrets=secrets)
    if root is None or any(problem.severity == "error" for problem in problems):
        raise InvalidSettings(problems)
    flat = _flattened(root)
    holes = [hole for piece in flat if not isinstance(piece, str) for hole in piece.holes]
    objects = names.objects if isinstance(names, Names) else frozenset()
    problems += [
        _object_in_quotes(template, node, hole)
        for node in flat
        if isinstance(node, TextNode)
        for hole in node.holes
        if hole.column_id in objects and hole.path is None
    ]
    has_key_holes = any(isinstance(piece, TextNode) and piece.is_key for piece in flat)
    return Body(template, root, tuple(flat), has_key_holes, tuple(problems), tuple(holes))


def _object_in_quotes(template: str, node: TextNode, hole: Hole) -> Problem:
    words = f"{hole.name} holds an API result. Inside quotes, an object is sent as text."
    length = hole.end - hole.start
    edit = None
    if not node.is_key and node.parts == (hole,):
        edit = Edit(hole.start - 1, length + 2, template[hole.start : hole.end], "Remove the quotes")
    line, column = references.place(template, hole.start)
    return Problem(
        words,
        line=line,
        column=column,
        offset=hole.start,
        length=length,
        reference=hole.name,
        fix=edit.label if edit else f"Use one of its fields, such as {{{{{hole.name}.name}}}}.",
        edit=edit,
        severity="warning",
    )


def _flattened(node: Node) -> list[str | TextNode | ValueNode]:
    """Literal text joined as far as it goes."""
    pieces: list[str | TextNode | ValueNode] = []

    def add(piece: str | TextNode | ValueNode) -> None:
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)

    def walk(node: Node) -> None:
        if isinstance(node, LiteralNode):
            add(node.text)
        elif isinstance(node, TextNode):
            add(node if node.holes else node.literal())
        elif isinstance(node, ValueNode):
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

    def piece(self, node: TextNode | ValueNode) -> str:
        if isinstance(node, ValueNode):
            return self.literal(node.hole)
        return self.quoted(node)

    def value(self, hole: Hole) -> object:
        value = hole.value(self.values, self.secrets)
        if isinstance(value, Unavailable):
            words = str(value)
            raise RenderError("input", words, self._problem(hole, words))
        return value

    def quoted(self, node: TextNode) -> str:
        return _quote(self.filled(node))

    def filled(self, node: TextNode) -> str:
        filled = "".join([part if isinstance(part, str) else as_text(self.value(part)) for part in node.parts])
        if not filled and node.is_key and node.holes:
            raise self._error("empty_key", node.holes[0], "is empty, and a key can't be")
        return filled

    def literal(self, hole: Hole) -> str:
        value = self.value(hole)
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
        line, column = references.place(self.text, hole.start)
        return Problem(
            message,
            field="body",
            line=line,
            column=column,
            offset=hole.start,
            length=hole.end - hole.start,
            reference=hole.name,
            fix=edit.label if edit else None,
            edit=edit,
        )

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
        if isinstance(node, ArrayNode):
            # An array never changes its length.
            items = [self.cleaned(item, f"{way}[{number}]") for number, item in enumerate(node.items)]
            pairs = zip(node.items, items, strict=True)
            return "[" + ", ".join(_empty_item(item) if text is None else text for item, text in pairs) + "]"
        if not node.members:
            return "{}"
        return self._cleaned_object(node, way)

    def _cleaned_object(self, node: ObjectNode, way: str) -> str | None:
        kept: dict[str, str] = {}
        for key, value in node.members:
            name = self.filled(key)
            place = f"{way}.{name}" if way else name
            text = self.cleaned(value, place)
            if text is None:
                self.removed.append(place)
            elif name in kept and key.holes:
                raise self._error("duplicate_key", key.holes[0], f"makes the key “{name}” appear twice")
            else:
                kept[name] = text
        return "{" + ", ".join([f"{_quote(name)}: {text}" for name, text in kept.items()]) + "}" if kept else None

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


def _encoded(text: str) -> bytes:
    try:
        rendered = text.encode()
    except UnicodeEncodeError:
        rendered = without_surrogates(text).encode()
    if len(rendered) > LARGEST:
        raise RenderError("too_large", f"The body would be larger than {LARGEST // 1024 // 1024} MiB.")
    return rendered
