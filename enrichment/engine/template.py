"""URL, query and headers with holes: where a hole stands decides how its value is encoded."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from enrichment.engine import references
from enrichment.engine.errors import Edit, InvalidSettings, Problem, RenderError
from enrichment.engine.references import Hole, Unavailable
from enrichment.engine.values import as_text, is_empty, without_surrogates

type Parts = tuple[str | Hole, ...]  # literals as they are sent, and holes

_ADDRESS = re.compile(r"\s*(?P<scheme>[^:/?#\s]*)://(?P<host>[^/?#]*)(?P<path>[^?#]*)(\?(?P<query>[^#]*))?")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUFFIX = re.compile(r"(\.[a-zA-Z0-9-]+){2,}(:\d{1,5})?")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")
REFUSED_HEADERS = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
    "proxy-authorization", "proxy-authenticate", "proxy-connection", "expect",
})  # fmt: skip
# What stays as the writer wrote it; the rest of the literal text is percent-encoded.
_PATH_KEPT = "%!$&'()*+,;=:@-._~/"
_QUERY_KEPT = _PATH_KEPT + "?[]"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of the query. `name` ends in `=`, but for a name of the address that stands alone."""

    name: Parts
    value: Parts
    shown: str
    field: str
    removable: bool  # its value is nothing but references and spaces


@dataclass(frozen=True, slots=True)
class Header:
    name: str
    value: Parts
    field: str


@dataclass(frozen=True, slots=True)
class Url:
    scheme: str  # with ://
    host_hole: Hole | None
    host: str  # what follows the hole, port included
    path: tuple[str | Parts, ...]  # literal text, and the segments that hold references
    query: tuple[Parameter, ...]

    @property
    def holes(self) -> list[Hole]:
        inside = [hole for piece in self.path if not isinstance(piece, str) for hole in holes_of(piece)]
        inside += [hole for item in self.query for hole in holes_of((*item.name, *item.value))]
        return inside + ([self.host_hole] if self.host_hole else [])


def holes_of(parts: Iterable[str | Hole]) -> list[Hole]:
    return [part for part in parts if isinstance(part, Hole)]


def compile_url(stored: str, names: Mapping[int, str], *, secrets: bool = False) -> Url:
    """Raises InvalidSettings with problems of field `url`."""
    text = references.to_shown(stored, names).rstrip()
    if not text:
        words = "Give the address to call, like https://api.example/v1/companies."
        raise InvalidSettings([Problem(words, field="url")])
    parts, problems = references.parse(text, names, secrets=secrets)
    problems = [replace(problem, field="url") for problem in problems]
    holes = {hole.start: hole for hole in holes_of(parts)}
    found = _ADDRESS.match(references.masked(text, parts))
    scheme = found["scheme"].lower() if found else ""
    if not found or scheme not in ("http", "https"):
        raise InvalidSettings([*problems, _without_scheme(text, holes)])
    hole, host = _host(text, found.span("host"), holes, problems)
    if control := _CONTROL.search(text):
        words = f"Here is a line break, a tab or another control character (U+{ord(control[0]):04X})."
        problems.append(_at(words, text, control.start(), 1, "", "Remove it"))
    if problems:
        raise InvalidSettings(problems)
    path = _path(_pieces(text, found.span("path"), holes))
    return Url(f"{scheme}://", hole, host, path, _query(_pieces(text, found.span("query"), holes)))


def _without_scheme(text: str, holes: Mapping[int, Hole]) -> Problem:
    start = len(text) - len(text.lstrip())
    if start in holes or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:/", text[start:]):
        return _at("The address starts with https:// or http://.", text, start, 0)
    return _at("The address starts with https:// or http://.", text, start, 0, "https://", "Write https:// before it")


def _host(
    text: str, span: tuple[int, int], holes: Mapping[int, Hole], problems: list[Problem]
) -> tuple[Hole | None, str]:
    start, end = span
    inside = [hole for hole in holes.values() if start <= hole.start < end]
    if not inside:
        return None, _literal_host(text, start, end, problems)
    hole, suffix = inside[0], text[inside[0].end : end]
    if len(inside) > 1 or hole.start != start or not _SUFFIX.fullmatch(suffix):
        words = "Of the host, a reference can be one label before a fixed rest, like {{Sub}}.example.com."
        problems.append(_at(words, text, hole.start, hole.end - hole.start))
    return hole, suffix.lower()


def _literal_host(text: str, start: int, end: int, problems: list[Problem]) -> str:
    written = text[start:end]
    if not written:
        problems.append(_at("The address has no host.", text, start, 0))
    elif "@" in written:
        length = written.rindex("@") + 1
        words = "A user name and password do not belong into the address; use a connection."
        problems.append(_at(words, text, start, length, "", "Remove them"))
    else:
        try:
            return _ascii_host(written)
        except ValueError:
            problems.append(_at(f"“{written}” is not a host.", text, start, end - start))
    return written


def _ascii_host(written: str) -> str:
    """Raises ValueError for what is no host with an optional port."""
    name, _, port = written.rpartition(":") if re.search(r":\d*$", written) else (written, "", "")
    number = urlsplit(f"//x:{port}").port
    host = name.lower() if name.isascii() else name.encode("idna").decode()
    if not _HOST.fullmatch(host):
        raise ValueError(host)
    return f"{host}:{number}" if number is not None else host


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
    for segment in _split(pieces, "/")[1:]:
        parts = _encoded(segment, _PATH_KEPT)
        literal = "/" if holes_of(parts) else "/" + "".join(str(part) for part in parts)
        if path and isinstance(path[-1], str):
            path[-1] += literal
        else:
            path.append(literal)
        if holes_of(parts):
            path.append(parts)
    return tuple(path)


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


def _encoded(pieces: Sequence[str | Hole], kept: str) -> Parts:
    """Neighbouring literals as one, percent-encoded but for what the writer may keep."""
    found: list[str | Hole] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return tuple(part if isinstance(part, Hole) else _literal(part, kept) for part in found)


def _literal(text: str, kept: str) -> str:
    return quote(_PERCENT.sub("%25", without_surrogates(text)), safe=kept)


def compile_parameter(
    name: str, stored: str, names: Mapping[int, str], field: str, *, secrets: bool = False
) -> Parameter:
    """Raises InvalidSettings."""
    parts, problems = _value(stored, names, field, secrets)
    if not name.strip():
        problems.append(Problem("Give the parameter a name.", field=f"{field}.name"))
    elif references.find(name):
        problems.append(Problem("A parameter's name cannot come from a column.", field=f"{field}.name"))
    if problems:
        raise InvalidSettings(problems)
    key = quote(without_surrogates(name.strip()), safe="-._~[]") + "="
    removable = not "".join(part for part in parts if isinstance(part, str)).strip()
    value = tuple(part if isinstance(part, Hole) else encoded(part) for part in parts)
    return Parameter((key,), value, name.strip(), f"{field}.value", removable)


def compile_header(name: str, stored: str, names: Mapping[int, str], field: str, *, secrets: bool = False) -> Header:
    """Raises InvalidSettings."""
    parts, problems = _value(stored, names, field, secrets)
    if words := _refused(name.strip()):
        problems.append(Problem(words, field=f"{field}.name"))
    if _CONTROL.search("".join(part if isinstance(part, str) else "_" for part in parts).strip()):
        problems.append(Problem("A header's value cannot hold a line break or a tab.", field=f"{field}.value"))
    if problems:
        raise InvalidSettings(problems)
    return Header(name.strip(), parts, f"{field}.value")


def _value(stored: str, names: Mapping[int, str], field: str, secrets: bool) -> tuple[Parts, list[Problem]]:
    text = references.to_shown(stored, names)
    parts, problems = references.parse(text, names, secrets=secrets)
    return tuple(parts), [replace(problem, field=f"{field}.value") for problem in problems]


def _refused(header: str) -> str | None:
    if not header:
        return "Give the header a name."
    if references.find(header):
        return "A header's name cannot come from a column."
    if not _HEADER_NAME.fullmatch(header):
        return f"“{header}” is not a header name: use letters, digits and hyphens."
    if header.lower() in REFUSED_HEADERS:
        return f"{header} is set by Marl itself: remove this header."
    return None


def encoded(value: object) -> str:
    """Everything but letters, digits and `-._~` as percent signs."""
    text = as_text(value)
    return text if _UNRESERVED.fullmatch(text) else quote(without_surrogates(text), safe="")


@dataclass(frozen=True, slots=True)
class Filling:
    """One row's values for holes outside the body."""

    values: Mapping[int, object]
    secrets: Mapping[str, str]

    def value(self, hole: Hole, field: str) -> object:
        value = hole.value(self.values, self.secrets)
        if isinstance(value, Unavailable):
            raise _error("input", f"{value.column} {value.reason}", hole, field)
        return value

    def _joined(self, parts: Parts, field: str) -> str:
        return "".join([part if isinstance(part, str) else encoded(self.value(part, field)) for part in parts])

    def url(self, url: Url) -> str:
        """Without the query."""
        host = url.host if url.host_hole is None else self._label(url.host_hole) + url.host
        path = "".join([piece if isinstance(piece, str) else self._segment(piece) for piece in url.path])
        return f"{url.scheme}{host}{path or '/'}"

    def _label(self, hole: Hole) -> str:
        label = as_text(self.value(hole, "url")).strip().lower()
        if not _LABEL.fullmatch(label):
            raise _error("host", f"{hole.name} is “{label[:60]}”, which cannot be part of a host name.", hole, "url")
        return label

    def _segment(self, parts: Parts) -> str:
        text = self._joined(parts, "url")
        if text.replace("%2E", ".").replace("%2e", ".") in ("", ".", ".."):
            holes = holes_of(parts)
            names = " and ".join(hole.name for hole in holes)
            what = "is empty" if not text else f"is “{text}”"
            raise _error("path", f"{names} {what}: the address would lead somewhere else.", holes[0], "url")
        return text

    def parameter(self, item: Parameter, *, remove_null: bool) -> list[str] | None:
        """`name=value`, several times for a list; None when removal takes it out."""
        name = self._joined(item.name, item.field)
        if len(item.value) == 1 and isinstance(hole := item.value[0], Hole):
            value = self.value(hole, item.field)
            if isinstance(value, list):
                return [name + encoded(element) for element in value]
        if remove_null and item.removable and all(
            is_empty(self.value(hole, item.field)) for hole in holes_of(item.value)
        ):  # fmt: skip
            return None
        return [name + self._joined(item.value, item.field)]

    def header(self, item: Header, *, remove_null: bool) -> tuple[str, str] | None:
        value = "".join(
            [part if isinstance(part, str) else as_text(self.value(part, item.field)) for part in item.value]
        ).strip()
        if remove_null and not value:
            return None
        if control := _CONTROL.search(value):
            words = f"The header {item.name} would hold a control character (U+{ord(control[0]):04X})."
            raise _error("header", words, holes_of(item.value)[0], item.field)
        return item.name, without_surrogates(value)


def _error(code: str, message: str, hole: Hole, field: str) -> RenderError:
    problem = Problem(
        message, field=field, offset=hole.start, length=hole.end - hole.start, reference=hole.name,
    )  # fmt: skip
    return RenderError(code, message, problem)


def _at(message: str, text: str, offset: int, length: int, instead: str | None = None, label: str = "") -> Problem:
    line, column = references.place(text, offset)
    edit = None if instead is None else Edit(offset, length, instead, label)
    return Problem(
        message, field="url", line=line, column=column, offset=offset, length=length, fix=label or None, edit=edit
    )
