"""Reads a JSON template into a tree with holes and says everything that is wrong with it at once, each with its fix.

RFC 8259, and holes where a value, a part of a text or a part of a key stands. After a mistake it reads on as the
writer most likely meant it, so that one missing quote is one problem.
"""

import json
import re
from collections.abc import Mapping
from typing import Literal

from enrichment.engine.errors import Edit, Problem
from enrichment.engine.template import literals
from enrichment.engine.template.body_tree import ArrayNode, LiteralNode, Node, ObjectNode, TextNode, ValueNode
from enrichment.engine.template.references import Hole, masked, place
from enrichment.engine.template.references import parse as parse_references

MOST_PROBLEMS = 50
DEEPEST = 100


_NOTHING = LiteralNode("null")
_SPACES = " \t\r\n"
_ODD_SPACES = "\ufeff\u00a0\u200b\u200c\u200d\u2060\u202f\u2007\u2009\u200a\u2028\u2029\u3000\u1680\u2002\u2003\u00ad"
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
_CLOSING_QUOTE = {"“": "”", "”": "”", "„": "“”", "«": "»", "＂": "＂", "‘": "’", "’": "’", "'": "'", "`": "`", "‟": "”"}
_FULL_WIDTH = {"，": ",", "：": ":", "［": "[", "］": "]", "｛": "{", "｝": "}", "、": ","}
_ENDS = set('{}[]",:;=' + "".join(_FULL_WIDTH)) | set(_SPACES) | set(_ODD_SPACES) | set("“”„«＂")
_NO_JSON = re.compile(r"<[\w!?/]|[\w.%-]+=")
_HALF_REFERENCE = re.compile(r"\{[ \t]*\{([^{}\"\n,:]+)(\}[ \t]*\}?)?")
_INNER_QUOTE = re.compile(r'"[ \t]*[^\s",:{}\[\]][^",:{}\[\]\n]*"')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class _Enough(Exception):
    """More problems than anybody reads."""


def parse(template: str, names: Mapping[int, str], *, secrets: bool = False) -> tuple[Node | None, list[Problem]]:
    """The tree, or None when it cannot be told, and the problems."""
    parts, problems = parse_references(template, names, secrets=secrets)
    reader = _Reader(template, {part.start: part for part in parts if isinstance(part, Hole)}, problems)
    try:
        root: Node | None = reader.document()
    except _Enough:
        root = None
    return root, sorted(reader.problems, key=lambda problem: problem.offset or 0)[:MOST_PROBLEMS]


class _Reader:
    def __init__(self, text: str, holes: Mapping[int, Hole], problems: list[Problem]) -> None:
        self.text = text
        self.holes = holes
        self.masked = masked(text, holes.values())
        self.problems = problems
        self.at = 0
        self.depth = 0

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

    def tell(
        self,
        offset: int,
        length: int,
        message: str,
        text: str | None = None,
        label: str = "",
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        line, column = place(self.text, offset)
        edit = None if text is None else Edit(offset, length, text, label)
        self.problems.append(
            Problem(
                message,
                line=line,
                column=column,
                offset=offset,
                length=length,
                fix=label or None,
                edit=edit,
                severity=severity,
            )
        )
        if len(self.problems) >= MOST_PROBLEMS:
            raise _Enough

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def skip(self) -> None:
        """Spaces, and what looks like them or is no JSON: odd spaces, comments."""
        while sign := self.peek():
            if sign in _SPACES:
                self.at += 1
            elif sign in _ODD_SPACES:
                kind = "an invisible character" if sign in _INVISIBLE else "a special space"
                instead = "" if sign in _INVISIBLE else " "
                self.tell(self.at, 1, f"JSON doesn't allow {kind} (U+{ord(sign):04X}) here.", instead, "Remove it")
                self.at += 1
            elif comment := re.compile(r"//[^\n]*|/\*.*?(\*/|\Z)|#[^\n]*", re.DOTALL).match(self.text, self.at):
                self.tell(self.at, len(comment[0]), "JSON doesn't allow comments.", "", "Remove it")
                self.at = comment.end()
            else:
                return

    def value(self) -> Node:
        sign = self.peek()
        if self.at in self.holes:
            return self.bare()
        if half := _HALF_REFERENCE.match(self.masked, self.at):
            return self.half_reference(half)
        if sign in ("{", "｛"):
            return self.object()
        if sign in ("[", "［"):
            return self.array()
        if sign == '"':
            return self.string()
        if sign in _CLOSING_QUOTE:
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
            raise _Enough

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
                self.tell(
                    key_at,
                    self.at - key_at,
                    f"The key {literal} appears twice. Only the last one counts.",
                    severity="warning",
                )
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
            items.append(self.value())
        self.depth -= 1
        return ArrayNode(tuple(items))

    def goes_on(self, closing: str, opening: str, start: int, behind_item: bool) -> bool:
        """Reads the comma or the closing bracket; True when another item follows."""
        end_of_item = self.at
        self.skip()
        comma = self.comma(behind_item)
        other = {"}": "]", "]": "}"}[closing]
        sign = _FULL_WIDTH.get(self.peek(), self.peek())
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
        elif self.peek() in _CLOSING_QUOTE and self.at not in self.holes:
            found = self.wrongly_quoted()
        else:
            start = self.at
            self.at = max(self.run_end(), start + (0 if self.at in self.holes else 1))
            self.tell(start, self.at - start, "Put the key in double quotes.", self.in_quotes(start), "Add quotes")
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
        if meant := literals.meant(text):
            self.tell(start, len(text), f"In JSON, write {text} as {meant}.", meant, f"Write {meant}")
            return LiteralNode(meant)
        self.tell(start, end - start, self.why_not_bare(text), self.in_quotes(start), "Add quotes")
        return TextNode(tuple(self.pieces(start, end)))

    def why_not_bare(self, text: str) -> str:
        if re.fullmatch(r"-?0[0-9]+(\.[0-9]+)?", text):
            return f"{text} has leading zeros, which a JSON number can't have. Put it in double quotes."
        if "{{" in text:
            return "Put the text around a reference in double quotes."
        return "Put text in double quotes."

    def run_end(self) -> int:
        """The end of words and holes that belong together, on this line."""
        at = end = self.at
        while at < len(self.text):
            if at in self.holes:
                at = end = self.holes[at].end
            elif self.text[at] in " \t":
                at += 1
                if at < len(self.text) and at not in self.holes and self.text[at] in _ENDS - set(" \t"):
                    break
            elif self.text[at] in _ENDS or self.text.startswith(("//", "/*"), at):
                break
            else:
                at += 1
                end = at
        return end

    def in_quotes(self, start: int) -> str:
        inner = self.text[start : self.at]
        return (
            '"'
            + "".join(
                self.text[part.start : part.end]
                if isinstance(part, Hole)
                else json.dumps(part, ensure_ascii=False)[1:-1]
                for part in self.pieces(start, start + len(inner))
            )
            + '"'
        )

    def pieces(self, start: int, end: int) -> list[str | Hole]:
        found: list[str | Hole] = []
        position = start
        for at in sorted(self.holes):
            if start <= at < end:
                found += [self.text[position:at], self.holes[at]]
                position = self.holes[at].end
        found.append(self.text[position:end])
        return [piece for piece in found if piece != ""]

    def wrongly_quoted(self) -> TextNode:
        """Text in quotes that are not JSON's."""
        start, quote = self.at, self.peek()
        closing = _CLOSING_QUOTE[quote] + '"'
        at = start + 1
        while at < len(self.text) and self.text[at] != "\n":
            if at in self.holes:
                at = self.holes[at].end
            elif self.text[at] in closing:
                break
            else:
                at += 1
        closed = at < len(self.text) and self.text[at] in closing
        inner = tuple(self.pieces(start + 1, at))
        self.at = at
        fixed = self.in_quotes(start + 1)
        self.at = at + closed
        message = "JSON uses straight double quotes." if closed else "This quote is never closed."
        self.tell(start, self.at - start, message, fixed, "Use straight quotes")
        return TextNode(inner)

    def string(self) -> TextNode:
        start = self.at
        self.at += 1
        parts: list[str | Hole] = []
        text: list[str] = []
        while True:
            sign = self.peek()
            if self.at in self.holes:
                parts += ["".join(text), self.holes[self.at]]
                text = []
                self.at = self.holes[self.at].end
            elif sign == '"' and self.at > start and _INNER_QUOTE.match(self.masked, self.at):
                self.tell(self.at, 1, 'Write a quote inside text as \\".', '\\"', 'Write \\"')
                text.append(self.character(sign))
            elif sign == '"':
                self.at += 1
                break
            elif not sign or (sign == "\n" and self.ends_here()):
                self.unclosed(start)
                break
            elif sign == "\\":
                text.append(self.escape())
            else:
                text.append(self.character(sign))
        return TextNode(tuple(part for part in [*parts, "".join(text)] if part != ""))

    def ends_here(self) -> bool:
        """Whether the next line reads as JSON again, so that a quote was forgotten on this one."""
        rest = self.text[self.at :]
        return bool(re.match(r'\s*("[^"\n]*"\s*:|[}\]]|\Z)', rest)) or '"' not in rest

    def unclosed(self, start: int) -> None:
        line = self.masked[start : self.at]
        self.at = start + max(1, len(line.rstrip(_SPACES).rstrip(",}]").rstrip(_SPACES)))
        self.tell(self.at, 0, "This text has no closing quote.", '"', "Add a quote")

    def character(self, sign: str) -> str:
        if sign in "\n\t\r" or ord(sign) < 0x20:
            name = {"\n": "line break", "\t": "tab", "\r": "line break"}.get(
                sign, f"control character U+{ord(sign):04X}"
            )
            escaped = json.dumps(sign)[1:-1]
            self.tell(self.at, 1, f"Write a {name} inside text as {escaped}.", escaped, f"Write {escaped}")
        elif sign in _ODD_SPACES:
            self.tell(
                self.at,
                1,
                f"The text contains a special space (U+{ord(sign):04X}).",
                " ",
                "Use a plain space",
                "warning",
            )
        self.at += 1
        return sign

    def escape(self) -> str:
        follows = self.text[self.at + 1 : self.at + 2]
        if follows in _ESCAPES and follows:
            self.at += 2
            return _ESCAPES[follows]
        if code := re.compile(r"\\u([0-9a-fA-F]{4})").match(self.text, self.at):
            self.at = code.end()
            return chr(int(code[1], 16))
        self.tell(
            self.at, 1, f"“\\{follows}” isn't a JSON escape. Write a backslash as \\\\.", "\\\\", "Double the backslash"
        )
        self.at += 1
        return "\\"
