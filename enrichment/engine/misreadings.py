"""What people write in formulas by the habits of other tools, told with what they mean.

`/Column` and `{Column}`, an expression inside the braces, cells such as A1, and functions that are misspelt.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from enrichment.engine.errors import Edit, Problem
from enrichment.engine.template import references
from enrichment.engine.template.mentions import HOLE, Finder, Mention
from enrichment.engine.template.references import Hole

_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"|' r"'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`", re.DOTALL)
_SEARCH = re.compile(r"/(?![*/])(?:\\.|[^/\\\n])+/[dgimsuvy]*(?=\s*[.,)])")
_CELL = re.compile(r"\$?[A-Z]{1,3}\$?[1-9][0-9]{0,6}")
_OPERATION = re.compile(r"\s*(\|\||&&|\?\?|[=!]==?|[<>]=?|[-+*/%?])(?!\.)\s*(\S.*)", re.DOTALL)
_MEMBER = re.compile(r"\s*(\?\.|\.(?=\s*[\w$]+\s*\()|\[)")
_CALL = re.compile(r"([\w$.]+)\((.*)\)", re.DOTALL)

_BEFORE_VALUES = frozenset(  # the words that a value follows
    ["and", "or", "not", "is", "of", "to", "than", "with", "equal", "equals", "contain", "contains", "in", "typeof"]
)

# Functions of spreadsheets that would be something else here, and what to do instead.
_ELSEWHERE = {
    "ARRAYFORMULA": "A formula is calculated for each row by itself.",
    "FORMULATEXT": "",
    "GOOGLEFINANCE": "Use an HTTP API column.",
    "GOOGLETRANSLATE": "Use an HTTP API column.",
    "HYPERLINK": "Use the address itself.",
    "IMAGE": "Use the address itself.",
    "IMPORTDATA": "Use an HTTP API column.",
    "IMPORTRANGE": "Use an HTTP API column.",
    "IMPORTXML": "Use an HTTP API column.",
    "INDIRECT": "Use a reference, such as {{Name}}.",
    "LAMBDA": "Write a function as x => x + 1.",
    "LET": "Put each step in its own column.",
    "OFFSET": "A formula sees only its own row.",
    "QUERY": "A formula sees only its own row.",
    "SORTN": "",
    "WEBSERVICE": "Use an HTTP API column.",
    "XMATCH": "Use MATCH.",
}


def habits(shown: str, names: Mapping[int, str], holes: Sequence[Hole]) -> list[Problem]:
    """Returns a problem for each `/Column` and `{Column}` that stands where a value is expected."""
    shape = references.masked(shown, holes, HOLE)
    texts = [found.span() for pattern in (_STRING, _SEARCH) for found in pattern.finditer(shape)]
    finder = Finder.of(names)
    return [
        mention.told(shown)
        for mention in (finder.in_code(shape) if finder else ())
        if not any(start <= mention.start < end for start, end in texts) and not _divides(shape, mention)
    ]


def _divides(shape: str, mention: Mention) -> bool:
    """Whether the slash stands behind a value: `{{Revenue}} /Employees`."""
    before = shape[: mention.start].rstrip()
    if mention.written[0] != "/" or not before:
        return False
    word = re.search(r"[\w$]*$", before)
    return before[-1] in f"{HOLE})]\"'`" or bool(word and word[0] and word[0].casefold() not in _BEFORE_VALUES)


def questions(shown: str, names: Mapping[int, str], holes: Sequence[Hole]) -> list[Problem]:
    """Returns a question for each text in the formula that names a column as no path would: `"Hello /Company"`."""
    shape, finder = references.masked(shown, holes, HOLE), Finder.of(names)
    asked = []
    for text in _STRING.finditer(shape) if finder else ():
        found = finder.within(shape, text.start() + 1, text.end() - 1) if finder else []
        if meant := [mention for mention in found if mention.is_unlike_a_path]:
            asked.append(meant[0].asked(shown, _filled_in(shown, text.span(), meant)))
    return asked


def _filled_in(shown: str, place: tuple[int, int], mentions: Sequence[Mention]) -> Edit:
    """Returns the edit that fills these columns into a text, which then stands in backticks."""
    (start, end), first = place, mentions[0]
    if (first.start, first.end) == (start + 1, end - 1) and shown[start] != "`":
        return Edit(start, end - start, first.reference, first.edit.label)
    written, position = "", start + 1
    for mention in mentions:
        written += shown[position : mention.start] + "${" + mention.reference + "}"
        position = mention.end
    return Edit(start, end - start, f"`{written}{shown[position : end - 1]}`", first.edit.label)


def outside_the_braces(problem: Problem, shown: str, names: Mapping[int, str]) -> Problem:
    """Returns the problem of a reference with the fix where an expression is inside the braces: `{{Name || "x"}}`."""
    written = _moved_out(problem.reference or "", names)
    if written is None or problem.offset is None:
        return problem
    message = "Only a column goes between the braces. Put the rest after them."
    edit = Edit(problem.offset, problem.length, written, f"Use {written}" if len(written) < 40 else "Move it out")
    return replace(problem, message=message, edit=edit, fix=edit.label)


def called_inside(shown: str, holes: Sequence[Hole], names: Mapping[int, str]) -> list[Problem]:
    """Returns a problem for each reference whose path ends like a call: `{{Name.trim()}}` would be nothing."""
    calls = [hole for hole in holes if hole.path is not None and hole.name.endswith(")") and "(" in hole.name]
    unclear = [replace(_at("", shown, hole.start, hole.end - hole.start, None), reference=hole.name) for hole in calls]
    return [problem for one in unclear if (problem := outside_the_braces(one, shown, names)).edit]


def _moved_out(inner: str, names: Mapping[int, str]) -> str | None:
    for name in sorted(names.values(), key=len, reverse=True):
        rest = inner.removeprefix(name)
        reference = "{{" + references.escaped(name) + "}}"
        if rest != inner and (operation := _OPERATION.fullmatch(rest)):
            return f"({reference} {operation[1]} {operation[2]})"
        if rest != inner and _MEMBER.match(rest):
            return reference + rest.lstrip()
        call = _CALL.fullmatch(inner)
        if call and call[2].strip() == name:
            return f"{call[1]}({reference})"
    return None


def unknown(
    name: str, called: bool, start: int, names: Mapping[int, str], known: Sequence[str]
) -> tuple[str, Edit | None]:
    """Returns the words about a name that means nothing here, and its fix where there is only one likely meaning."""
    message = f"“{name}” isn't a column or function."
    columns = {column.casefold(): column for column in names.values()}
    if not called and name.casefold() in columns:
        written = "{{" + references.escaped(columns[name.casefold()]) + "}}"
        return f"{message} Put a column in double braces.", Edit(start, len(name), written, f"Write {written}")
    if not called and _CELL.fullmatch(name):
        example = "{{" + references.escaped(next(iter(names.values()), "Name")) + "}}"
        return f"“{name}” isn't known. Cells are named by their column, such as {example}.", None
    if called and name.upper() in _ELSEWHERE:
        return f"{name} isn't available. {_ELSEWHERE[name.upper()]}".rstrip(), None
    return _misspelt(name, called, start, message, known)


def _misspelt(name: str, called: bool, start: int, message: str, known: Sequence[str]) -> tuple[str, Edit | None]:
    folded = {other.casefold(): other for other in known}
    near = get_close_matches(name.casefold(), folded, 1, 0.75 if called else 0.85)
    if near and (len(name) > 3 or near[0] == name.casefold()):
        meant = folded[near[0]]
        is_sure = near[0] == name.casefold() or bool(get_close_matches(name.casefold(), near, 1, 0.86))
        edit = Edit(start, len(name), meant, f"Use {meant}") if is_sure else None
        return f"{message} Did you mean {meant}?", edit
    if called:
        return message, None
    return f"{message} Put text in quotes.", Edit(start, len(name), f'"{name}"', "Add quotes")


def _at(message: str, shown: str, start: int, length: int, edit: Edit | None) -> Problem:
    line, column = references.place(shown, start)
    fix = edit.label if edit else None
    return Problem(message, "", line, column, start, length, fix=fix, edit=edit)
