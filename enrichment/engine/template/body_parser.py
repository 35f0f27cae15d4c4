"""Reads a JSON template into a tree with holes and says everything that is wrong with it at once, each with its fix.

RFC 8259, and holes where a value, a part of a text or a part of a key stands. After a mistake it reads on as the
writer most likely meant it, so that one missing quote is one problem.
"""

import re
from collections.abc import Mapping, Sequence

from enrichment.engine.errors import Edit, Problem
from enrichment.engine.template import literals, rows
from enrichment.engine.template.body_scanner import CLOSING_QUOTE, FULL_WIDTH, MOST_PROBLEMS, TooManyProblems
from enrichment.engine.template.body_texts import TextReader
from enrichment.engine.template.body_tree import ArrayNode, LiteralNode, Node, ObjectNode, RowsNode, TextNode, ValueNode
from enrichment.engine.template.mentions import Finder, Mention
from enrichment.engine.template.references import Hole, place
from enrichment.engine.template.references import parse as parse_references

DEEPEST = 100

_NOTHING = LiteralNode("null")
_NO_JSON = re.compile(r"<[\w!?/]|[\w.%-]+=")
_HALF_REFERENCE = re.compile(r"\{[ \t]*\{([^{}\"\n,:]+)(\}[ \t]*\}?)?")


def parse(template: str, names: Mapping[int, str], *, secrets: bool = False) -> tuple[Node | None, list[Problem]]:
    """The tree, or None when it cannot be told, and the problems."""
    parts, problems = parse_references(template, names, secrets=secrets, marks=True)
    holes = {part.start: part for part in parts if isinstance(part, Hole)}
    reader = _Reader(template, holes, problems, None if secrets else Finder.of(names))
    try:
        root: Node | None = reader.document()
    except TooManyProblems:
        root = None
    return root, sorted(reader.problems, key=lambda problem: problem.offset or 0)[:MOST_PROBLEMS]


class _Reader(TextReader):
    depth = 0
    is_repeating = False  # between the marks of a batch

    def document(self) -> Node:
        self.skip()
        if self.at >= len(self.text):
            self.tell(0, 0, "The body is empty. Leave it out, or write {}.", "{}", "Write {}")
            return _NOTHING
        if _NO_JSON.match(self.text, self.at):
            extra = len(self.text) - self.at
            self.tell(
                self.at, extra, "This isn't JSON. A JSON body starts with { or [, and text goes in double quotes."
            )
            return _NOTHING
        root = self.value()
        self.skip()
        if self.at < len(self.text):
            extra = len(self.text) - self.at
            self.tell(self.at, extra, "There is extra text after the end of the JSON.", "", "Remove it")
        return root

    def value(self) -> Node:
        sign = self.peek()
        if mark := self.mark():
            return self.misplaced(mark)
        if self.at in self.holes:
            return self.bare()
        if half := _HALF_REFERENCE.match(self.masked, self.at):
            return self.half_reference(half)
        if self.mention_at(self.at):
            return self.bare()
        if sign in ("{", "｛"):
            return self.object()
        if sign in ("[", "［"):
            return self.array()
        if sign == '"':
            return self.string()
        if sign in CLOSING_QUOTE:
            return self.wrongly_quoted()
        return self.bare()

    def half_reference(self, half: re.Match[str]) -> Node:
        fixed = "{{" + half[1].strip() + "}}"
        length = len(half[0].rstrip())
        self.tell(self.at, length, f"Write a reference in double braces: {fixed}.", fixed, f"Write {fixed}")
        self.at += length
        return _NOTHING

    def nested(self, sign: str) -> None:
        if self.peek() != sign:
            self.tell(self.at, 1, f"“{self.peek()}” is a full-width character. Use {sign}.", sign, f"Write {sign}")
        self.at += 1
        self.depth += 1
        if self.depth > DEEPEST:
            self.tell(self.at, 0, f"The body is nested more than {DEEPEST} levels deep.")
            raise TooManyProblems

    def object(self) -> ObjectNode:
        start = self.at
        self.nested("{")
        members: list[tuple[TextNode, Node]] = []
        seen: set[str] = set()
        while self.goes_on("}", "{", start, bool(members)):
            key_at = self.at
            key = self.key()
            literal = None if key.holes else key.literal()
            if literal in seen:
                words = f"The key {literal} appears twice. Both are sent, and most servers read the last one: keep one."
                self.tell(key_at, self.at - key_at, words, severity="warning")
            seen.add(literal or "")
            self.colon()
            members.append((key, self.member_value()))
        self.depth -= 1
        return ObjectNode(tuple(members))

    def array(self) -> ArrayNode:
        start = self.at
        self.nested("[")
        items: list[Node] = []
        while self.goes_on("]", "[", start, bool(items)):
            mark = self.mark()
            items.append(self.repeated(mark) if mark and rows.is_opening(mark) else self.value())
        self.depth -= 1
        return ArrayNode(tuple(items))

    def mark(self) -> Hole | None:
        hole = self.holes.get(self.at)
        return hole if rows.is_mark(hole) else None

    def repeated(self, opening: Hole) -> Node:
        """Reads the item of a list that stands for each row of a batch, with the marks around it."""
        if self.is_repeating:
            self.add(rows.misplaced(opening, self.text))
        if rows.separator_of(opening).strip():
            words = f"In a list, Marl sets the commas between the rows. Write {rows.OPENING}."
            self.tell(opening.start, opening.end - opening.start, words, rows.OPENING, f"Write {rows.OPENING}")
        self.at = opening.end
        self.skip()
        if (mark := self.mark()) and not rows.is_opening(mark):
            self.at = mark.end
            self.tell(opening.start, self.at - opening.start, "Nothing stands between these marks.", "", "Remove them")
            return _NOTHING
        self.is_repeating, was_repeating = True, self.is_repeating
        item = self.value()
        self.is_repeating = was_repeating
        self.skip()
        if self.peek() == ",":
            self.tell(self.at, 1, "Marl sets the commas between the rows.", "", "Remove the comma")
            self.at += 1
            self.skip()
        closing = self.mark()
        if closing is None or rows.is_opening(closing):
            self.add(rows.unclosed(opening, self.text))
            return item
        self.at = closing.end
        inside = [hole for hole in self.holes.values() if opening.end <= hole.start < closing.start]
        return RowsNode(rows.of(opening, closing.end, ", ", inside), item)

    def misplaced(self, mark: Hole) -> Node:
        """Reads on behind a mark that is not around an item of a list, or inside another one."""
        self.at = mark.end
        if not rows.is_opening(mark):
            self.add(rows.misplaced(mark, self.text))
            return _NOTHING
        found = self.repeated(mark)
        if isinstance(found, RowsNode):
            whole = self.text[mark.start : self.at]
            words = f"Put {rows.OPENING} in a list, around what is sent of each row."
            self.tell(mark.start, len(whole), words, f"[{whole}]", "Put it in a list")
        return found

    def goes_on(self, closing: str, opening: str, start: int, behind_item: bool) -> bool:
        """Reads the comma or the closing bracket; True when another item follows."""
        end_of_item = self.at
        self.skip()
        comma = self.comma(behind_item)
        other = {"}": "]", "]": "}"}[closing]
        sign = FULL_WIDTH.get(self.peek(), self.peek())
        if sign in (closing, other) or not sign:
            if comma is not None:
                self.tell(comma, 1, "JSON doesn't allow a comma after the last item.", "", "Remove the comma")
            return self.closed(sign, closing, opening, start)
        if behind_item and comma is None:
            self.tell(end_of_item, 0, "A comma is missing here.", ",", "Add a comma")
        return True

    def comma(self, behind_item: bool) -> int | None:
        """Its place. Several, or one before the first item, are told."""
        found = None
        while (sign := self.peek()) and sign in ",;，、":
            if found is not None or not behind_item:
                self.tell(self.at, 1, "There is an extra comma here.", "", "Remove the comma")
            elif sign != ",":
                self.tell(self.at, 1, f"Separate items with a comma, not “{sign}”.", ",", "Write a comma")
            found = self.at if behind_item else found
            self.at += 1
            self.skip()
        return found

    def closed(self, sign: str, closing: str, opening: str, start: int) -> bool:
        if not sign:
            line, _ = place(self.text, start)
            self.tell(len(self.text), 0, f"The “{opening}” on line {line} is never closed.", closing, f"Add {closing}")
            return False
        if sign != closing:
            self.tell(self.at, 1, f"Close “{opening}” with “{closing}”, not “{sign}”.", closing, f"Write {closing}")
        elif self.peek() != sign:
            self.tell(self.at, 1, f"“{self.peek()}” is a full-width character. Use {sign}.", sign, f"Write {sign}")
        self.at += 1
        return False

    def key(self) -> TextNode:
        if self.peek() == '"':
            found = self.string()
        elif self.peek() in CLOSING_QUOTE and self.at not in self.holes:
            found = self.wrongly_quoted()
        else:
            start = self.at
            self.at = max(self.run_end(), start + (0 if self.at in self.holes else 1))
            self.tell(
                start,
                self.at - start,
                "Put the key in double quotes.",
                self.in_quotes(start, self.mentions(start, self.at)),
                "Add quotes",
            )
            found = TextNode(tuple(self.pieces(start, self.at)))
        return TextNode(found.parts, is_key=True)

    def colon(self) -> None:
        end_of_key = self.at
        self.skip()
        sign = self.peek()
        if sign == ":":
            self.at += 1
        elif self.text.startswith("=>", self.at):
            self.tell(self.at, 2, "Put a colon between the key and its value.", ":", "Write :")
            self.at += 2
        elif sign and sign in "=;：":
            self.tell(self.at, 1, f"Put a colon between the key and its value, not “{sign}”.", ":", "Write :")
            self.at += 1
        else:
            self.tell(end_of_key, 0, "A colon is missing after the key.", ":", "Add a colon")
        self.skip()

    def member_value(self) -> Node:
        if not self.peek() or self.peek() in ",}]":
            self.tell(self.at, 0, "A value is missing here.", "null", "Write null")
            return _NOTHING
        return self.value()

    def bare(self) -> Node:
        """What stands out of quotes: a hole, a number, a word, or text that wants quotes."""
        start = self.at
        hole = self.holes.get(start)
        end = self.run_end()
        if hole and end == hole.end:
            self.at = end
            return ValueNode(hole)
        if end == start:
            self.tell(start, 1, f"“{self.peek()}” isn't allowed here.", "", "Remove it")
            self.at += 1
            return _NOTHING
        words = self.text[start:end].split()
        if len(words) > 1 and all(literals.is_literal(word) for word in words):
            end = start + len(words[0])  # a comma is missing between them
        self.at = end
        text = self.text[start:end]
        if literals.is_literal(text):
            return LiteralNode(text)
        if mentions := self.mentions(start, end):
            self.tell_mentions(start, mentions)
            return TextNode(tuple(self.pieces(start, end)))
        if meant := literals.meant(text):
            self.tell(start, len(text), f"In JSON, write {text} as {meant}.", meant, f"Write {meant}")
            return LiteralNode(meant)
        self.tell(start, end - start, self.why_not_bare(text), self.in_quotes(start), "Add quotes")
        return TextNode(tuple(self.pieces(start, end)))

    def tell_mentions(self, start: int, mentions: Sequence[Mention]) -> None:
        """Tells of columns without braces; where one is the whole value, only the user knows whether it is text."""
        first, quoted = mentions[0], self.in_quotes(start, mentions)
        words = f"“{first.written}” isn't a reference. Put the column in double braces, and in quotes if it holds text."
        edit = Edit(start, self.at - start, quoted, f"Use {quoted}" if len(mentions) == 1 else "Use the columns")
        if (first.start, first.end) == (start, self.at):
            self.add(first.problem(words, self.text, None, choices=(first.edit, edit)))
        else:
            self.add(first.problem(words, self.text, edit))

    def why_not_bare(self, text: str) -> str:
        if re.fullmatch(r"-?0[0-9]+(\.[0-9]+)?", text):
            return f"{text} has leading zeros, which a JSON number can't have. Put it in double quotes."
        if "{{" in text:
            return "Put the text around a reference in double quotes."
        return "Put text in double quotes."
