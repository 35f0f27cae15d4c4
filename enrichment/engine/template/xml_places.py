"""XML with holes: whether it is well-formed, and how a value is written where each hole stands."""

import re
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from xml.parsers.expat import errors as expat  # names alone; defusedxml does the parsing

from defusedxml import DefusedXmlException, ElementTree

from enrichment.engine.errors import Edit, InvalidSettings, Problem
from enrichment.engine.template import references
from enrichment.engine.template.references import Hole

type Write = Callable[[str], str]

_HOLE = "\ue000"  # stands for a hole while the XML is checked: allowed in text, in no name
_PIECES = re.compile(
    r"<!--.*?-->|<!\[CDATA\[(?P<cdata>.*?)\]\]>|<\?.*?\?>|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>"
    r"|</(?P<closes>[^\s>]+)\s*>|<(?P<opens>[^\s/>!?]+)(?P<inside>(?:[^'\">]|'[^']*'|\"[^\"]*\")*)>",
    re.DOTALL,
)
_LINE_END = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"")
_ENCODING = re.compile(r"\s*<\?xml[^>]*?\bencoding\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "'": "&#39;", "\t": "&#9;", "\n": "&#10;"})
_ELSEWHERE = "A reference can stand only in text and in the value of an attribute."
_WORDS = {
    expat.XML_ERROR_SYNTAX: "XML starts with a tag, such as <company>.",
    expat.XML_ERROR_UNCLOSED_TOKEN: "This is never closed.",
    expat.XML_ERROR_DUPLICATE_ATTRIBUTE: "This tag has the same attribute twice.",
    expat.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "There is something after the end of the outermost tag. Remove it.",
    expat.XML_ERROR_UNDEFINED_ENTITY: "XML doesn't know this name of a character. Write the character itself.",
    expat.XML_ERROR_UNBOUND_PREFIX: "The prefix before the colon isn't declared. Add xmlns:prefix to a tag around it.",
    expat.XML_ERROR_MISPLACED_XML_PI: "Nothing can stand before <?xml … ?>, not even a space.",
}


class ForbiddenCharacter(Exception):
    """Ends a sentence that starts with where the character stands."""


def writers(text: str, holes: Sequence[Hole]) -> Mapping[int, Write]:
    """Returns how a value is written at each hole, by its start. Raises InvalidSettings."""
    shape = references.masked(text, holes, _HOLE)
    if problem := _malformed(text, shape) or _other_encoding(text):
        raise InvalidSettings([problem])
    pieces = list(_PIECES.finditer(shape))
    found = {hole.start: _writer(hole, pieces) for hole in holes}
    if problems := [references.problem(_ELSEWHERE, hole, text=text) for hole in holes if found[hole.start] is None]:
        raise InvalidSettings(problems)
    if holes and _malformed(text, references.masked(text, holes, "")):
        words = "An empty cell would leave “]]>” here, which XML doesn't allow. Write > as &gt;."
        raise InvalidSettings([references.problem(words, holes[0], text=text)])
    return {start: write for start, write in found.items() if write}


def _writer(hole: Hole, pieces: Sequence[re.Match[str]]) -> Write | None:
    """None for a hole in a comment, or where it would change the structure."""
    at = bisect(pieces, hole.start, key=lambda piece: piece.start()) - 1
    around = pieces[at] if at >= 0 else None
    if around is None or hole.start >= around.end():
        return in_text
    if around["cdata"] is not None:
        return in_cdata
    start = around.start("inside")
    values = _VALUES.finditer(around["inside"] or "")
    is_value = any(start + value.start() < hole.start < start + value.end() for value in values)
    return in_attribute if is_value else None


def in_text(value: str) -> str:
    """Raises ForbiddenCharacter, as the others do."""
    text = _allowed(value).translate(_IN_TEXT)
    return f"{text[:-1]}&#93;" if text.endswith("]") else text  # or ]]> could come about with what stands behind it


def in_attribute(value: str) -> str:
    return _allowed(value).translate(_IN_ATTRIBUTE)


def in_cdata(value: str) -> str:
    """Closes the section around what could end it, or cannot stand in it."""
    if "]" in value or "\r" in value or value.startswith(">"):
        return f"]]>{in_text(value)}<![CDATA["
    return _allowed(value)


def _allowed(value: str) -> str:
    if forbidden := _FORBIDDEN.search(value):
        raise ForbiddenCharacter(f"contains a character that XML doesn't allow (U+{ord(forbidden[0]):04X}).")
    return value


def _malformed(text: str, shape: str) -> Problem | None:
    try:
        ElementTree.fromstring(shape)
    except ElementTree.ParseError as error:
        line, column = error.position
        offset = sum(map(len, _LINE_END.split(shape)[: line - 1])) + column
        return _problem(text, shape, min(offset, len(text)), error.code)
    except DefusedXmlException:
        at = shape.find("<!ENTITY")
        return _at(text, at, len("<!ENTITY"), "The document type can't define entities. Write their text instead.")
    return None


def _problem(text: str, shape: str, offset: int, code: int) -> Problem:
    kind = expat.messages.get(code, "")
    opened = _open_at(shape, offset)
    if kind == expat.XML_ERROR_TAG_MISMATCH and opened:
        wrong = re.compile(r"[^\s>]*").match(shape, offset)
        length = len(wrong[0]) if wrong else 0
        return _at(text, offset, length, f"<{opened}> is open here. Close it first.", opened, f"Write </{opened}>")
    if kind in (expat.XML_ERROR_NO_ELEMENTS, expat.XML_ERROR_UNCLOSED_TOKEN) and opened:
        close = f"</{opened}>"
        return _at(text, len(text), 0, f"<{opened}> is never closed.", close, f"Add {close}")
    if kind == expat.XML_ERROR_INVALID_TOKEN:
        return _invalid_token(text, shape, offset)
    return _at(text, offset, 1, _WORDS.get(kind, "XML doesn't allow what stands here."))


def _invalid_token(text: str, shape: str, offset: int) -> Problem:
    if _HOLE in shape[max(0, offset - 1) : offset + 1]:
        return _at(text, offset, 1, _ELSEWHERE)
    for at, sign, entity in ((offset - 1, "&", "&amp;"), (offset, "&", "&amp;"), (offset - 1, "<", "&lt;")):
        if shape[at : at + 1] == sign:
            return _at(text, at, 1, f"In text, write {sign} as {entity}.", entity, f"Write {entity}")
    if not shape[:offset].strip():
        return _at(text, offset, 1, _WORDS[expat.XML_ERROR_SYNTAX])
    return _at(text, offset, 1, f"“{shape[offset : offset + 1]}” can't stand here.")


def _open_at(shape: str, offset: int) -> str:
    """Returns the name of the innermost tag that is open there, empty without one."""
    opened: list[str] = []
    for piece in _PIECES.finditer(shape, 0, offset):
        if piece["opens"] and not piece["inside"].endswith("/"):
            opened.append(piece["opens"])
        elif piece["closes"] and opened:
            opened.pop()
    return opened[-1] if opened else ""


def _other_encoding(text: str) -> Problem | None:
    found = _ENCODING.match(text)
    group = next((number for number in (1, 2) if found and found[number] is not None), 0)
    if not found or not group or found[group].lower() in ("utf-8", "utf8"):
        return None
    words = f"Marl sends the body as UTF-8, not as {found[group]}."
    return _at(text, found.start(group), len(found[group]), words, "UTF-8", "Write UTF-8")


def _at(text: str, offset: int, length: int, message: str, instead: str | None = None, label: str = "") -> Problem:
    line, column = references.place(text, offset)
    edit = None if instead is None else Edit(offset, length, instead, label)
    return Problem(message, line=line, column=column, offset=offset, length=length, fix=label or None, edit=edit)
