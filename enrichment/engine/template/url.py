"""The address of a request with holes: checked when it is saved, filled per row.

A hole's place decides what it may hold. Only where a column allows it may the host, or all of it, come from a cell.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

from enrichment.engine import web_address
from enrichment.engine.errors import Edit, InvalidSettings, Problem
from enrichment.engine.template import references, rows
from enrichment.engine.template.mentions import Finder
from enrichment.engine.template.parameters import Filling, Parameter, Parts, holes_of, row_error
from enrichment.engine.template.references import MISPLACED, Hole
from enrichment.engine.template.rows import Rows
from enrichment.engine.template.values import as_text, without_surrogates

_ADDRESS = re.compile(r"\s*(?P<scheme>[^:/?#\s]*)://(?P<host>[^/?#]*)(?P<path>[^?#]*)(\?(?P<query>[^#]*))?")
_BEHIND = re.compile(r"(?P<path>(/[^?#]*)?)(\?(?P<query>[^#]*))?(#.*)?", re.DOTALL)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUFFIX = re.compile(r"(\.[a-zA-Z0-9-]+){2,}(:\d{1,5})?")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# What stays as the writer wrote it; the rest of the literal text is percent-encoded.
_PATH_KEPT = "%!$&'()*+,;=:@-._~/"
_QUERY_KEPT = _PATH_KEPT + "?[]"


@dataclass(frozen=True, slots=True)
class Url:
    start: str | Hole  # the scheme with ://, or the reference that all before the path comes from
    label: Hole | None  # the first label of the host
    host: str | Parts  # the rest of it, port included; parts where it comes from a cell
    path: tuple[str | Parts, ...]  # literal text, and the segments that hold references
    query: tuple[Parameter, ...]

    @property
    def holes(self) -> list[Hole]:
        inside = [hole for piece in self.path if not isinstance(piece, str) for hole in holes_of(piece)]
        inside += [hole for item in self.query for hole in holes_of((*item.name, *item.value))]
        outside = [] if isinstance(self.host, str) else holes_of(self.host)
        return inside + outside + [hole for hole in (self.start, self.label) if isinstance(hole, Hole)]

    @property
    def fixed_host(self) -> str:
        """Without the port; `*.example.com` behind a label from a cell; empty when a cell says it."""
        if not isinstance(self.host, str):
            return ""
        host = self.host.rpartition(":")[0] if re.search(r":\d+$", self.host) else self.host
        return f"*{host}" if self.label else host.strip("[]")

    def fill(self, filling: Filling) -> tuple[str, str]:
        """The address without the query, and the query that the cell brought along. Raises RenderError."""
        path = "".join([piece if isinstance(piece, str) else _segment(piece, filling) for piece in self.path])
        if isinstance(self.start, Hole):
            return _whole(self.start, path, filling)
        host = self.host if isinstance(self.host, str) else _host_of_row(self.host, filling)
        label = "" if self.label is None else _label_of_row(self.label, filling)
        return f"{self.start}{label}{host}{path or '/'}", ""


def compile(stored: str, names: Mapping[int, str], *, secrets: bool = False, from_cell: bool = False) -> Url:
    """Raises InvalidSettings with problems of field `url`."""
    text = references.to_shown(stored, names).rstrip()
    if not text:
        words = "Enter the address to call, such as https://api.example/v1/companies."
        raise InvalidSettings([Problem(words, field="url")])
    parts, problems = rows.parse(text, names, secrets=secrets)
    problems = [replace(problem, field="url") for problem in problems]
    holes = {hole.start: hole for hole in holes_of(parts)}
    for control in _CONTROLS.finditer(text):
        words = (
            f"An address can't contain a line break, a tab or another control character (U+{ord(control[0][0]):04X})."
        )
        problems.append(_at(words, text, control.start(), len(control[0]), "", "Remove it"))
    shape = references.masked(text, parts)
    start = holes.get(len(text) - len(text.lstrip()))
    if from_cell and start and not isinstance(start, Rows):
        made = _from_cell(text, shape, start, holes, problems)
    else:
        made = _written(text, shape, holes, problems, from_cell, Finder.of(names))
    if problems or made is None:
        raise InvalidSettings(problems)
    return made


def _from_cell(text: str, shape: str, start: Hole, holes: Mapping[int, Hole], problems: list[Problem]) -> Url | None:
    found = _BEHIND.fullmatch(shape, start.end)
    if found is None:
        words = "After a reference to the whole address, write a path or a query, such as {{Website}}/about."
        problems.append(_at(words, text, start.end, 1))
        return None
    path, query = _pieces(text, found.span("path"), holes), _pieces(text, found.span("query"), holes)
    return Url(start, None, "", _path(path), _query(query))


def _written(
    text: str,
    shape: str,
    holes: Mapping[int, Hole],
    problems: list[Problem],
    from_cell: bool,
    finder: Finder | None,
) -> Url | None:
    found = _ADDRESS.match(shape)
    scheme = found["scheme"].lower() if found else ""
    if not found or scheme not in ("http", "https"):
        problems.append(_without_scheme(text, shape, holes, finder))
        return None
    label, host = _host(text, found.span("host"), holes, problems, from_cell)
    path, query = _pieces(text, found.span("path"), holes), _pieces(text, found.span("query"), holes)
    return Url(f"{scheme}://", label, host, _path(path), _query(query))


def _without_scheme(text: str, shape: str, holes: Mapping[int, Hole], finder: Finder | None) -> Problem:
    start = len(text) - len(text.lstrip())
    if finder and (mention := finder.at(shape, start)):
        return replace(mention.told(text), field="url")
    words = "Start the address with https:// or http://"
    if start in holes:
        words += ". To take the whole address from a cell, turn on “Address from a cell”."
        return _at(words, text, start, 0)
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:/", text[start:]):
        return _at(words, text, start, 0)
    return _at(words, text, start, 0, "https://", "Add https://")


def _host(
    text: str, span: tuple[int, int], holes: Mapping[int, Hole], problems: list[Problem], from_cell: bool
) -> tuple[Hole | None, str | Parts]:
    start, end = span
    inside = [hole for hole in holes.values() if start <= hole.start < end]
    if not inside:
        return None, _literal_host(text, start, end, problems)
    problems += [references.problem(MISPLACED, hole, "url", text) for hole in inside if isinstance(hole, Rows)]
    if from_cell:
        return None, _host_from_cell(text, span, holes, problems)
    hole, suffix = inside[0], text[inside[0].end : end]
    if len(inside) > 1 or hole.start != start or not _SUFFIX.fullmatch(suffix):
        words = (
            "In the host, a reference can only be the first label, such as {{Sub}}.example.com. "
            "To take more of the host from a cell, turn on “Address from a cell”."
        )
        problems.append(_at(words, text, hole.start, hole.end - hole.start))
    return hole, suffix.lower()


def _host_from_cell(text: str, span: tuple[int, int], holes: Mapping[int, Hole], problems: list[Problem]) -> Parts:
    parts = _joined(_pieces(text, span, holes))
    try:
        web_address.authority("".join("x" if isinstance(part, Hole) else part for part in parts))
    except ValueError:
        problems.append(
            _at("Around a reference, a host can contain only letters, digits, dots and a port.", text, *_size(span))
        )
    return parts


def _size(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], span[1] - span[0]


def _literal_host(text: str, start: int, end: int, problems: list[Problem]) -> str:
    written = text[start:end]
    if not written:
        problems.append(_at("The address has no host.", text, start, 0))
    elif "@" in written:
        length = written.rindex("@") + 1
        words = "Don't put a user name and password in the address. Use a connection."
        problems.append(_at(words, text, start, length, "", "Remove them"))
    else:
        try:
            return web_address.authority(written)
        except ValueError:
            problems.append(_at(f"“{written}” isn't a valid host name.", text, start, end - start))
    return written


def _pieces(text: str, span: tuple[int, int], holes: Mapping[int, Hole]) -> list[str | Hole]:
    """Single signs and holes."""
    found: list[str | Hole] = []
    position, end = span
    while 0 <= position < end:
        hole = holes.get(position)
        found.append(hole or text[position])
        position = hole.end if hole else position + 1
    return found


def _split(pieces: Sequence[str | Hole], sign: str, most: int = -1) -> list[list[str | Hole]]:
    found: list[list[str | Hole]] = [[]]
    for piece in pieces:
        if piece == sign and len(found) - 1 != most:
            found.append([])
        else:
            found[-1].append(piece)
    return found


def _path(pieces: Sequence[str | Hole]) -> tuple[str | Parts, ...]:
    path: list[str | Parts] = []
    for segment in _without_dots(_split(pieces, "/")[1:]):
        parts = _encoded(segment, _PATH_KEPT)
        literal = "/" if holes_of(parts) else "/" + "".join(str(part) for part in parts)
        if path and isinstance(path[-1], str):
            path[-1] += literal
        else:
            path.append(literal)
        if holes_of(parts):
            path.append(parts)
    return tuple(path)


def _without_dots(segments: Sequence[list[str | Hole]]) -> list[list[str | Hole]]:
    """Resolves `.` and `..` where they are written out, as browsers do."""
    kept: list[list[str | Hole]] = []
    for place, segment in enumerate(segments):
        steps = 0 if holes_of(segment) else web_address.dots("".join(map(str, segment)))
        if steps == 2:
            kept = kept[:-1]
        if steps == 0:
            kept.append(segment)
        elif place == len(segments) - 1:
            kept.append([])
    return kept


def _query(pieces: Sequence[str | Hole]) -> tuple[Parameter, ...]:
    found = []
    for item in _split(pieces, "&"):
        name, *value = _split(item, "=", most=1)
        if not item:
            continue
        parts = _encoded([*name, "="] if value else name, _QUERY_KEPT)
        shown = "".join(piece if isinstance(piece, str) else piece.name for piece in name)
        given = _encoded(value[0], _QUERY_KEPT) if value else ()
        found.append(Parameter(parts, given, shown, "url", bool(given) and len(holes_of(given)) == len(given)))
    return tuple(found)


def _joined(pieces: Sequence[str | Hole]) -> Parts:
    """Neighbouring literals as one."""
    found: list[str | Hole] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return tuple(found)


def _encoded(pieces: Sequence[str | Hole], kept: str) -> Parts:
    """Percent-encoded but for what the writer may keep."""

    literal = partial(_literal, kept=kept)
    joined = (part.written(literal, literal) if isinstance(part, Rows) else part for part in _joined(pieces))
    return tuple(part if isinstance(part, Hole) else literal(part) for part in joined)


def _literal(text: str, kept: str) -> str:
    return quote(_PERCENT.sub("%25", without_surrogates(text)), safe=kept)


def _segment(parts: Parts, filling: Filling) -> str:
    text = filling.joined(parts, "url")
    if not text or web_address.dots(text):
        holes = holes_of(parts)
        names = " and ".join(hole.name for hole in holes)
        what = "is empty" if not text else f"is “{text}”"
        raise row_error("path", f"{names} {what}, so the address would lead somewhere else.", holes[0], "url")
    return text


def _label_of_row(hole: Hole, filling: Filling) -> str:
    label = as_text(filling.value(hole, "url")).strip().lower()
    if not _LABEL.fullmatch(label):
        raise row_error("host", f"{hole.name} is “{label[:60]}”, which can't be part of a host name.", hole, "url")
    return label


def _host_of_row(parts: Parts, filling: Filling) -> str:
    text = "".join(part if isinstance(part, str) else as_text(filling.value(part, "url")).strip() for part in parts)
    try:
        return web_address.authority(text)
    except ValueError as error:
        words = f"The host would be “{text[:80]}”, which isn't a valid host name."
        raise row_error("host", words, holes_of(parts)[0], "url") from error


def _whole(hole: Hole, path: str, filling: Filling) -> tuple[str, str]:
    text = as_text(filling.value(hole, "url")).strip()
    if not text:
        raise row_error("url", f"{hole.name} is empty, so there is no address to call.", hole, "url")
    try:
        scheme, host, own_path, query = _read(text)
    except ValueError as error:
        raise row_error("url", f"{hole.name} is “{text[:80]}”, {error}.", hole, "url") from error
    before = own_path.rstrip("/") if path else own_path
    return f"{scheme}://{host}{before}{path}" if before or path else f"{scheme}://{host}/", query


def _read(text: str) -> tuple[str, str, str, str]:
    """Scheme, host, path and query of an address in a cell. Raises ValueError, whose words end a sentence."""
    if _SPACE.search(text):
        raise ValueError("which contains a space or a control character")
    has_scheme = _SCHEME.match(text) or text.startswith("//")
    found = _ADDRESS.match(text if _SCHEME.match(text) else f"https://{text.removeprefix('//')}")
    if not found or found["scheme"].lower() not in ("http", "https"):
        raise ValueError("which isn't a web address: it must start with https:// or http://")
    if "@" in found["host"]:
        raise ValueError("which contains a user name; put credentials in a connection")
    try:
        host = web_address.authority(found["host"])
    except ValueError:
        host = ""
    if not host or not (has_scheme or "." in host or host.startswith("[")):
        raise ValueError("which isn't a web address")
    return (
        found["scheme"].lower(),
        host,
        web_address.without_dots(_literal(found["path"], _PATH_KEPT)),
        _literal(found["query"] or "", _QUERY_KEPT),
    )


def matches(host: str, allowed: Collection[str]) -> bool:
    """Whether the host is one of these; `*.example.com` stands for every host below it."""
    host = host.lower().removesuffix(".")
    above = (host[place:] for place, sign in enumerate(host) if sign == ".")
    return host in allowed or any(f"*{rest}" in allowed for rest in above)


def _at(message: str, text: str, offset: int, length: int, instead: str | None = None, label: str = "") -> Problem:
    line, column = references.place(text, offset)
    edit = None if instead is None else Edit(offset, length, instead, label)
    return Problem(
        message, field="url", line=line, column=column, offset=offset, length=length, fix=label or None, edit=edit
    )
