"""The words of a command as bash splits it, and what cmd and PowerShell write at the ends of lines."""

import re
from dataclasses import dataclass

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|.)", re.DOTALL)
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_VARIABLE = r"\$(?:(?P<{0}>[A-Za-z_]\w*)|\{{(?P<{0}_in_braces>[A-Za-z_]\w*)\}})"
_PIECES = re.compile(
    r"(?P<continued>\\[ \t]*\r?\n|\\$)"
    r"|(?P<gap>(?:[\^`]\r?\n|\s)+)"
    r"|(?P<comment>(?<!\S)#[^\n]*)"
    r"|\$'(?P<ansi>(?:[^'\\]|\\.)*)'"
    r"|'(?P<single>[^']*)'"
    r'|\$?"(?P<double>(?:[^"\\]|\\.)*)"'
    r"|(?P<runs>\$\(|`)"
    rf"|{_VARIABLE.format('variable')}"
    r"|(?P<place><[A-Za-z_][\w-]*>)"
    r"|(?P<end>\d?>|&>|<|\||&&|[&;](?=\s|$))"
    r"|\\(?P<escaped>.)"
    r"|(?P<open>['\"])"
    r"|(?P<plain>[^\s'\"\\$`^<>|&;\d#]+|.)",
    re.DOTALL,
)
_STARTS_AS_CMD = re.compile(r"[^'\"]*\^\"")
_OF_CMD = re.compile(r"\^(\r?\n|.)", re.DOTALL)
_FED = re.compile(
    r"<<<[ \t]*(?P<words>[^\n]+)"
    r"|<<(?P<tabs>-?)[ \t]*(?P<quote>['\"]?)(?P<mark>\w+)(?P=quote)[^\n]*\n"
    r"(?P<text>.*?)\n[ \t]*(?P=mark)[ \t]*(?:\n|$)",
    re.DOTALL,
)
_INSIDE = re.compile(
    rf'\\(?P<escaped>[$`"\\])|(?P<continued>\\\r?\n)|(?P<runs>\$\(|`)|{_VARIABLE.format("variable")}', re.DOTALL
)


class UnreadableCommandError(Exception):
    """Says in words for people why the command can't be split."""


@dataclass(frozen=True, slots=True)
class Command:
    """`passed_over` is what stands behind the command: a pipe, a file to write to, another command.

    `fed` is the text that the shell gives the command to read, of `<<EOF` and `<<<`.

    In the words, a variable of the shell is `\\ue000NAME\\ue001`: what is quoted has lost its quotes by then.
    """

    words: tuple[str, ...]
    passed_over: str
    fed: str | None = None


def split(text: str) -> Command:
    """Raises UnreadableCommandError."""
    if _STARTS_AS_CMD.match(text):  # which escapes each quotation mark by a caret
        text = _OF_CMD.sub(lambda found: found[1].strip("\r\n"), text)
    words: list[str] = []
    word: str | None = None
    for found in _PIECES.finditer(text):
        kind = found.lastgroup
        if kind == "end":
            return _followed(_ended(words, word), text[found.start() :].strip())
        if kind == "gap":
            words, word = [*_ended(words, word)], None
        elif kind not in ("continued", "comment"):
            word = (word or "") + _meaning(found, kind)
    return Command(_ended(words, word), "")


def _followed(words: tuple[str, ...], rest: str) -> Command:
    fed = _FED.match(rest)
    if fed is None:
        return Command(words, rest)
    if fed["words"]:
        inner = split(fed["words"])
        return Command((*words, *inner.words[1:]), inner.passed_over, inner.words[0])
    text = re.sub(r"(?m)^\t+", "", fed["text"]) if fed["tabs"] else fed["text"]
    return Command(words, rest[fed.end() :].strip(), text if fed["quote"] else _filled(text))


def _ended(words: list[str], word: str | None) -> tuple[str, ...]:
    return (*words, *([] if word is None else [word]))


def _meaning(found: re.Match[str], kind: str | None) -> str:
    if kind == "open":
        raise UnreadableCommandError("A quotation mark is never closed.")
    if kind == "runs":
        raise UnreadableCommandError("The command runs another one inside of it. Paste what that one prints instead.")
    if kind == "ansi":
        return _unescaped(found["ansi"])
    if kind == "double":
        return _filled(found["double"])
    if kind in ("variable", "variable_in_braces"):
        return f"\ue000{found[kind]}\ue001"
    if kind == "place":
        return f"\ue000{found['place'][1:-1]}\ue001"
    return "" if kind == "continued" else found[kind or 0]


def _filled(text: str) -> str:
    """What a text means where the shell fills in variables."""
    return _INSIDE.sub(lambda inner: _meaning(inner, inner.lastgroup), text)


def _unescaped(text: str) -> str:
    """What the inside of $'…' means; browsers write 😀 as the two halves of its pair."""

    def one(found: re.Match[str]) -> str:
        sign = found[1]
        if len(sign) > 1 and sign[0] in "xuU":
            return chr(min(int(sign[1:], 16), 0x10FFFF))
        if sign[0] in "01234567":
            return chr(int(sign, 8))
        return _SIGNS.get(sign, sign)

    return _ESCAPE.sub(one, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
