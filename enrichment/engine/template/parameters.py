"""Query parameters and headers with holes: where a hole stands decides how its value is encoded."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from enrichment.engine.errors import InvalidSettings, Problem, RenderError
from enrichment.engine.template import references
from enrichment.engine.template.references import Hole, Unavailable
from enrichment.engine.template.values import as_text, is_empty, without_surrogates

type Parts = tuple[str | Hole, ...]  # literals as they are sent, and holes

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")
REFUSED_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "proxy-authorization",
        "proxy-authenticate",
        "proxy-connection",
        "expect",
    }
)


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


def holes_of(parts: Iterable[str | Hole]) -> list[Hole]:
    return [part for part in parts if isinstance(part, Hole)]


def compile_parameter(
    name: str, stored: str, names: Mapping[int, str], field: str, *, secrets: bool = False
) -> Parameter:
    """Raises InvalidSettings."""
    parts, problems = _value(stored, names, field, secrets)
    if not name.strip():
        problems.append(Problem("Enter a name for the parameter.", field=f"{field}.name"))
    elif references.find(name):
        problems.append(Problem("A parameter name can't come from a column.", field=f"{field}.name"))
    if problems:
        raise InvalidSettings(problems)
    key = quote(without_surrogates(name.strip()), safe="-._~[]") + "="
    removable = not "".join(part for part in parts if isinstance(part, str)).strip()
    value = tuple(part if isinstance(part, Hole) else encoded(part) for part in parts)
    return Parameter((key,), value, name.strip(), f"{field}.value", removable)


def compile_header(name: str, stored: str, names: Mapping[int, str], field: str, *, secrets: bool = False) -> Header:
    """Raises InvalidSettings."""
    parts, problems = _value(stored, names, field, secrets)
    if words := refused_name(name.strip()):
        problems.append(Problem(words, field=f"{field}.name"))
    if _CONTROL.search("".join(part if isinstance(part, str) else "_" for part in parts).strip()):
        problems.append(Problem("A header value can't contain a line break or a tab.", field=f"{field}.value"))
    if problems:
        raise InvalidSettings(problems)
    return Header(name.strip(), parts, f"{field}.value")


def _value(stored: str, names: Mapping[int, str], field: str, secrets: bool) -> tuple[Parts, list[Problem]]:
    text = references.to_shown(stored, names)
    parts, problems = references.parse(text, names, secrets=secrets)
    return tuple(parts), [replace(problem, field=f"{field}.value") for problem in problems]


def refused_name(header: str) -> str | None:
    """Why a header cannot be called that."""
    if not header:
        return "Enter a name for the header."
    if references.find(header):
        return "A header name can't come from a column."
    if not _HEADER_NAME.fullmatch(header):
        return f"“{header}” isn't a valid header name. Use letters, digits and hyphens."
    if header.lower() in REFUSED_HEADERS:
        return f"Marl sets {header} itself. Remove this header."
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
            raise row_error("input", str(value), hole, field)
        return value

    def joined(self, parts: Parts, field: str) -> str:
        return "".join([part if isinstance(part, str) else encoded(self.value(part, field)) for part in parts])

    def parameter(self, item: Parameter, *, remove_null: bool) -> list[str] | None:
        """`name=value`, several times for a list; None when removal takes it out."""
        name = self.joined(item.name, item.field)
        if len(item.value) == 1 and isinstance(hole := item.value[0], Hole):
            value = self.value(hole, item.field)
            if isinstance(value, list):
                return [name + encoded(element) for element in value]
        if (
            remove_null
            and item.removable
            and all(is_empty(self.value(hole, item.field)) for hole in holes_of(item.value))
        ):
            return None
        return [name + self.joined(item.value, item.field)]

    def header(self, item: Header, *, remove_null: bool) -> tuple[str, str] | None:
        value = "".join(
            [part if isinstance(part, str) else as_text(self.value(part, item.field)) for part in item.value]
        ).strip()
        if remove_null and not value:
            return None
        if control := _CONTROL.search(value):
            words = f"The header {item.name} would contain a control character (U+{ord(control[0]):04X})."
            raise row_error("header", words, holes_of(item.value)[0], item.field)
        return item.name, without_surrogates(value)


def row_error(code: str, message: str, hole: Hole, field: str) -> RenderError:
    problem = Problem(
        message,
        field=field,
        offset=hole.start,
        length=hole.end - hole.start,
        reference=hole.name,
    )
    return RenderError(code, message, problem)
