"""The whole request of an HTTP column: compiled once, rendered per row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from enrichment.engine.errors import InvalidSettings, Problem, RenderError
from enrichment.engine.messages import Request
from enrichment.engine.template import body_formats, habits, parameters, url
from enrichment.engine.template.body import Body
from enrichment.engine.template.body_formats import Content
from enrichment.engine.template.parameters import Filling, Header, Parameter, encoded, holes_of
from enrichment.engine.template.references import CALLBACK_URL, CURSOR, ROWS, Hole
from enrichment.engine.template.rows import Rows
from enrichment.engine.template.url import Url

LONGEST_ADDRESS = 65_536  # characters: httpx takes no more
_UNWRITABLE = "A value is nested too deeply, or contains a number that can't be written."


@dataclass(frozen=True, slots=True)
class Rendered:
    request: Request
    removed: list[str]  # what the removal of nulls took out


@dataclass(frozen=True)
class RequestTemplate:
    method: str
    url: Url
    query: tuple[Parameter, ...]
    headers: tuple[Header, ...]
    body: Content | None
    remove_null: bool
    questions: tuple[Problem, ...] = ()  # about texts that may be meant as references

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is no mistake but may surprise."""
        of_body = [replace(problem, field="body") for problem in self.body.warnings] if self.body else []
        return (*self.questions, *of_body)

    @cached_property
    def placed(self) -> list[tuple[str, Hole]]:
        """Every hole with its field; what stands between the marks of a batch is one hole."""
        found = [("url", hole) for hole in self.url.holes]
        found += [(item.field, hole) for item in self.query for hole in holes_of(item.value)]
        found += [(item.field, hole) for item in self.headers for hole in holes_of(item.value)]
        return found + [("body", hole) for hole in (self.body.holes if self.body else ())]

    @property
    def holes(self) -> list[Hole]:
        return [hole for _, hole in self.placed]

    @cached_property
    def rows(self) -> list[tuple[str, Rows]]:
        """The places of the rows of a batch, with their fields."""
        return [(field, hole) for field, hole in self.placed if isinstance(hole, Rows)]

    @cached_property
    def column_ids(self) -> frozenset[int]:
        inside = [hole for _, of_rows in self.rows for hole in of_rows.inside]
        return frozenset(hole.column_id for hole in (*self.holes, *inside) if hole.column_id and hole.column_id > 0)

    @cached_property
    def takes_cursor(self) -> bool:
        """Whether the cursor of a page stands in it."""
        return self._takes(CURSOR)

    @cached_property
    def takes_callback_url(self) -> bool:
        return self._takes(CALLBACK_URL)

    def _takes(self, what: int) -> bool:
        return any(hole.column_id == what for hole in self.holes)

    def element(self, values: Mapping[int, object]) -> str:
        """Returns what is sent of one row of a batch. Raises RenderError."""
        [(field, of_rows)] = self.rows
        try:
            if field == "body" and isinstance(self.body, Body):
                return self.body.element(values, remove_null=self.remove_null)
            return Filling(values, {}).element(of_rows, field)
        except (RecursionError, ValueError) as error:
            raise RenderError("value", _UNWRITABLE) from error

    def batch_of(self, elements: Sequence[str]) -> Mapping[int, object]:
        """Returns the values that render the request for so many rows."""
        [(_, of_rows)] = self.rows
        return {ROWS: of_rows.separator.join(elements)}

    def render(self, values: Mapping[int, object], secrets: Mapping[str, str] | None = None) -> Rendered:
        """Raises RenderError: then nothing is to be sent."""
        filling = Filling(values, secrets or {})
        removed: list[str] = []
        try:
            address = self._address(filling, removed)
            headers = self._headers(filling, removed)
            content, taken_out = self._content(values, secrets)
        except (RecursionError, ValueError) as error:
            raise RenderError("value", _UNWRITABLE) from error
        named = {name.lower() for name, _ in headers}
        if self.body and content is not None and "content-type" not in named:
            headers.append(("Content-Type", self.body.media_type(content)))
        if "accept" not in named:
            headers.append(("Accept", "application/json"))
        return Rendered(Request(self.method, address, tuple(headers), content), removed + taken_out)

    def _address(self, filling: Filling, removed: list[str]) -> str:
        address, own = self.url.fill(filling)
        items = (*self.url.query, *self.query)
        query = [own] if own else []
        query += filling.parameters(items, removed, "query", remove_null=self.remove_null)
        whole = address + (f"?{'&'.join(query)}" if query else "")
        if len(whole) > LONGEST_ADDRESS:
            words = f"The address would be {len(whole):,} characters long, and it can have {LONGEST_ADDRESS:,}."
            raise RenderError("url", f"{words} Send long values in the body.")
        return whole

    def _headers(self, filling: Filling, removed: list[str]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for item in self.headers:
            header = filling.header(item, remove_null=self.remove_null)
            if header is None:
                removed.append(f"header {item.name}")
            else:
                found.append(header)
        return found

    def _content(
        self, values: Mapping[int, object], secrets: Mapping[str, str] | None
    ) -> tuple[bytes | None, list[str]]:
        if self.body is None:
            return None, []
        return self.body.render(values, secrets, remove_null=self.remove_null)


def compile(config: Mapping[str, Any], names: Mapping[int, str], *, secrets: bool = False) -> RequestTemplate:
    """`config` holds method, url, url_from_cell, query, headers, body_format, body, form, remove_null.

    Raises InvalidSettings with every problem.
    """
    problems: list[Problem] = []
    address = None
    from_cell = bool(config.get("url_from_cell"))
    try:
        address = url.compile(config["url"], names, secrets=secrets, from_cell=from_cell)
    except InvalidSettings as error:
        problems += error.problems
    query = parameters.compile_each(config, "query", parameters.compile_parameter, names, secrets, problems)
    headers = parameters.compile_each(config, "headers", parameters.compile_header, names, secrets, problems)
    content = body_formats.compile(config, names, problems, secrets=secrets)
    questions = [] if secrets else habits.questions(config, names)
    if problems or address is None:
        raise InvalidSettings(problems + questions)
    remove_null = bool(config.get("remove_null"))
    return RequestTemplate(config["method"], address, query, headers, content, remove_null, tuple(questions))


def form_body(fields: Mapping[str, object]) -> bytes:
    """`application/x-www-form-urlencoded`."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in fields.items()).encode()
