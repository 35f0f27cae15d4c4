"""A JSON template as a tree with holes."""

import json
from dataclasses import dataclass

from enrichment.engine.template.references import Hole
from enrichment.engine.template.rows import Rows


@dataclass(frozen=True, slots=True)
class LiteralNode:
    text: str


@dataclass(frozen=True, slots=True)
class TextNode:
    parts: tuple[str | Hole, ...]  # text without escapes
    is_key: bool = False

    @property
    def holes(self) -> tuple[Hole, ...]:
        return tuple(part for part in self.parts if isinstance(part, Hole))

    def literal(self) -> str:
        return json.dumps("".join(part for part in self.parts if isinstance(part, str)), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class ValueNode:
    hole: Hole

    @property
    def holes(self) -> tuple[Hole, ...]:
        return (self.hole,)


@dataclass(frozen=True, slots=True)
class RowsNode:
    """An item of a list that is repeated for each row of a batch."""

    rows: Rows
    item: "Node"

    @property
    def holes(self) -> tuple[Hole, ...]:
        return (self.rows,)


@dataclass(frozen=True, slots=True)
class ObjectNode:
    members: tuple[tuple[TextNode, "Node"], ...]


@dataclass(frozen=True, slots=True)
class ArrayNode:
    items: tuple["Node", ...]


type Node = LiteralNode | TextNode | ValueNode | RowsNode | ObjectNode | ArrayNode
