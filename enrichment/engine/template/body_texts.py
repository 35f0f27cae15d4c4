"""Texts of a JSON template: in quotes of any kind, with holes in them, and with the mistakes that people make there."""

import json
import re

from enrichment.engine.template import mentions, rows
from enrichment.engine.template.body_scanner import CLOSING_QUOTE, ODD_SPACES, SPACES, Scanner
from enrichment.engine.template.body_tree import TextNode
from enrichment.engine.template.references import Hole

_INNER_QUOTE = re.compile(r'"[ \t]*[^\s",:{}\[\]][^",:{}\[\]\n]*"')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class TextReader(Scanner):
    """Reads one text from its quote to the other one, or to where that one was forgotten."""

    def string(self) -> TextNode:
        start = self.at
        self.at += 1
        parts: list[str | Hole] = []
        text: list[str] = []
        while True:
            sign = self.peek()
            if self.at in self.holes:
                hole = self.holes[self.at]
                if rows.is_mark(hole) and rows.is_opening(hole):
                    self.tell(self.at, hole.end - self.at, f"{rows.OPENING} can't stand inside quotes.")
                parts += ["".join(text), hole]
                text = []
                self.at = hole.end
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
        self.ask_about(start + 1, self.at - 1)
        return TextNode(tuple(part for part in [*parts, "".join(text)] if part != ""))

    def ask_about(self, start: int, end: int) -> None:
        """Asks whether what the text holds by habit, such as a column without braces, is meant."""
        for problem in mentions.questions(self.text, self.shape, self.finder, start, end) if self.finder else ():
            self.add(problem)

    def wrongly_quoted(self) -> TextNode:
        """Text in quotes that are not JSON's."""
        start, quote = self.at, self.peek()
        closing = CLOSING_QUOTE[quote] + '"'
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

    def ends_here(self) -> bool:
        """Whether the next line reads as JSON again, so that a quote was forgotten on this one."""
        rest = self.text[self.at :]
        return bool(re.match(r'\s*("[^"\n]*"\s*:|[}\]]|\Z)', rest)) or '"' not in rest

    def unclosed(self, start: int) -> None:
        line = self.masked[start : self.at]
        self.at = start + max(1, len(line.rstrip(SPACES).rstrip(",}]").rstrip(SPACES)))
        self.tell(self.at, 0, "This text has no closing quote.", '"', "Add a quote")

    def character(self, sign: str) -> str:
        if sign in "\n\t\r" or ord(sign) < 0x20:
            name = {"\n": "line break", "\t": "tab", "\r": "line break"}.get(
                sign, f"control character U+{ord(sign):04X}"
            )
            escaped = json.dumps(sign)[1:-1]
            self.tell(self.at, 1, f"Write a {name} inside text as {escaped}.", escaped, f"Write {escaped}")
        elif sign in ODD_SPACES:
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
