"""Query parameters and headers with holes: where a hole stands decides how its value is encoded."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import quote

from enrichment.engine.errors import InvalidSettings, Problem, RenderError
from enrichment.engine.template import objects, references, rows
from enrichment.engine.template.references import ROWS, Hole, Unavailable
from enrichment.engine.template.rows import Rows
from enrichment.engine.template.values import as_text, is_empty, without_surrogates

type Parts = tuple[str | Hole, ...]  # literals as they are sent, and holes
type Write = Callable[[object], str]

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")
_BETWEEN = "!$'()*,;:@/?"  # what a query may hold between the rows of a batch as it is (RFC 3986)
_IN_PART_NAME = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})  # as browsers write them
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
    """One of the query or of a form. `name` is all that stands before the value: `name=`, or the header of a part."""

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
    key = quote(without_surrogates(name.strip()), safe="-._~[]") + "="
    parts = _named_value(name, stored, names, field, secrets)
    value = tuple(_in_query(part) for part in parts)
    return Parameter((key,), value, name.strip(), f"{field}.value", _is_removable(parts))


def _in_query(part: str | Hole) -> str | Hole:
    if isinstance(part, Rows):
        return part.written(encoded, lambda text: quote(without_surrogates(text), safe=_BETWEEN))
    return part if isinstance(part, Hole) else encoded(part)


def compile_part(name: str, stored: str, names: Mapping[int, str], field: str, *, secrets: bool = False) -> Parameter:
    """Compiles a text of a multipart form, behind its header. Raises InvalidSettings."""
    parts = _named_value(name, stored, names, field, secrets)
    header = f'Content-Disposition: form-data; name="{name.strip().translate(_IN_PART_NAME)}"\r\n\r\n'
    return Parameter((header,), parts, name.strip(), f"{field}.value", _is_removable(parts))


def _named_value(name: str, stored: str, names: Mapping[int, str], field: str, secrets: bool) -> Parts:
    parts, problems = _value(stored, names, field, secrets)
    kind = "field" if field.startswith("form") else "parameter"
    if not name.strip():
        problems.append(Problem(f"Enter a name for the {kind}.", field=f"{field}.name"))
    elif references.find(name):
        problems.append(Problem(f"A {kind} name can't come from a column.", field=f"{field}.name"))
    if problems:
        raise InvalidSettings(problems)
    return parts


def _is_removable(parts: Parts) -> bool:
    return not "".join(part for part in parts if isinstance(part, str)).strip()


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


class _Compile[Item](Protocol):
    def __call__(
        self, name: str, stored: str, names: Mapping[int, str], field: str, *, secrets: bool = False
    ) -> Item: ...


def compile_each[Item](
    config: Mapping[str, Any],
    field: str,
    compile_one: _Compile[Item],
    names: Mapping[int, str],
    secrets: bool,
    problems: list[Problem],
) -> tuple[Item, ...]:
    """Compiles the filled lines of a list of the settings; what is wrong with them is added to `problems`."""
    found = []
    for number, item in enumerate(config.get(field) or []):
        if not (item["name"].strip() or item["value"].strip()):
            continue  # a line of the form that nobody filled in
        try:
            found.append(compile_one(item["name"], item["value"], names, f"{field}.{number}", secrets=secrets))
        except InvalidSettings as error:
            problems += error.problems
    return tuple(found)


def _value(stored: str, names: Mapping[int, str], field: str, secrets: bool) -> tuple[Parts, list[Problem]]:
    text = references.to_shown(stored, names)
    parse = rows.parse if field.startswith("query.") else references.parse
    parts, problems = parse(text, names, secrets=secrets)
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
        """Returns what can be written as text. Raises RenderError."""
        value = self.any_value(hole, field)
        if isinstance(value, dict | list):
            raise objects.refusal(value, hole, field=field)
        return value

    def any_value(self, hole: Hole, field: str) -> object:
        """Returns the value, which may be an object or a list. Raises RenderError."""
        value = hole.value(self.values, self.secrets)
        if isinstance(value, Unavailable):
            raise row_error("input", str(value), hole, field)
        return value

    def joined(self, parts: Parts, field: str, written: Write = encoded) -> str:
        return "".join([part if isinstance(part, str) else self._written(part, field, written) for part in parts])

    def _written(self, hole: Hole, field: str, written: Write) -> str:
        if hole.column_id == ROWS:  # as it is sent already
            return str(self.values.get(ROWS, ""))
        return written(self.value(hole, field))

    def element(self, of_rows: Rows, field: str) -> str:
        """Returns what is sent of one row of a batch. Raises RenderError where that is nothing."""
        text = self.joined(of_rows.element, field)
        if not text:
            hole = next(iter(of_rows.inside), of_rows)
            raise row_error("empty_row", f"{hole.name} is empty, so nothing of this row would be sent.", hole, field)
        return text

    def parameters(
        self, items: Iterable[Parameter], removed: list[str], kind: str, *, remove_null: bool, written: Write = encoded
    ) -> list[str]:
        """Returns each as it is sent; those that removal takes out are added to `removed`."""
        sent: list[str] = []
        for item in items:
            found = self._parameter(item, remove_null, written)
            if found is None:
                removed.append(f"{kind} {item.shown}")
            else:
                sent += found
        return sent

    def _parameter(self, item: Parameter, remove_null: bool, written: Write) -> list[str] | None:
        """`name=value`, several times for a list; None when removal takes it out."""
        name = self.joined(item.name, item.field)
        if len(item.value) == 1 and isinstance(hole := item.value[0], Hole):
            value = self.any_value(hole, item.field)
            if isinstance(value, list):
                if any(isinstance(element, dict | list) for element in value):
                    raise objects.refusal(value, hole, field=item.field)
                return [name + written(element) for element in value]
        if (
            remove_null
            and item.removable
            and all(is_empty(self.value(hole, item.field)) for hole in holes_of(item.value))
        ):
            return None
        return [name + self.joined(item.value, item.field, written)]

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


def row_error(code: str, message: str, hole: Hole, field: str, text: str = "") -> RenderError:
    return RenderError(code, message, references.problem(message, hole, field, text))
