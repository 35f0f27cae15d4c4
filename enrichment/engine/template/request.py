"""The whole request of an HTTP column: compiled once, rendered per row."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from enrichment.engine.errors import InvalidSettings, Problem, RenderError
from enrichment.engine.messages import Request
from enrichment.engine.template import body, parameters, url
from enrichment.engine.template.body import Body
from enrichment.engine.template.parameters import Filling, Header, Parameter, encoded, holes_of
from enrichment.engine.template.references import Hole
from enrichment.engine.template.url import Url


@dataclass(frozen=True, slots=True)
class Rendered:
    request: Request
    removed: list[str]  # what the removal of nulls took out


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    method: str
    url: Url
    query: tuple[Parameter, ...]
    headers: tuple[Header, ...]
    body: Body | None
    remove_null: bool

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is no mistake but may surprise."""
        return tuple(replace(problem, field="body") for problem in self.body.warnings) if self.body else ()

    @property
    def holes(self) -> list[Hole]:
        values = [item.value for item in self.query] + [item.value for item in self.headers]
        outside = self.url.holes + [hole for value in values for hole in holes_of(value)]
        return outside + list(self.body.holes if self.body else ())

    @property
    def column_ids(self) -> frozenset[int]:
        return frozenset(hole.column_id for hole in self.holes if hole.column_id is not None)

    def render(self, values: Mapping[int, object], secrets: Mapping[str, str] | None = None) -> Rendered:
        """Raises RenderError: then nothing is to be sent."""
        filling = Filling(values, secrets or {})
        removed: list[str] = []
        try:
            address = self._address(filling, removed)
            headers = self._headers(filling, removed)
        except (RecursionError, ValueError) as error:
            words = "A value is nested too deeply, or contains a number that can't be written."
            raise RenderError("value", words) from error
        content = None
        if self.body:
            content, taken_out = self.body.render(values, secrets, remove_null=self.remove_null)
            removed += taken_out
        return Rendered(Request(self.method, address, headers, content), removed)

    def _address(self, filling: Filling, removed: list[str]) -> str:
        address, own = self.url.fill(filling)
        query = [own] if own else []
        for item in (*self.url.query, *self.query):
            found = filling.parameter(item, remove_null=self.remove_null)
            if found is None:
                removed.append(f"query {item.shown}")
            else:
                query += found
        return address + (f"?{'&'.join(query)}" if query else "")

    def _headers(self, filling: Filling, removed: list[str]) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        for item in self.headers:
            header = filling.header(item, remove_null=self.remove_null)
            if header is None:
                removed.append(f"header {item.name}")
            else:
                found.append(header)
        given = {name.lower() for name, _ in found}
        if self.body and "content-type" not in given:
            found.append(("Content-Type", "application/json"))
        if "accept" not in given:
            found.append(("Accept", "application/json"))
        return tuple(found)


def compile(config: Mapping[str, Any], names: Mapping[int, str], *, secrets: bool = False) -> RequestTemplate:
    """`config` holds method, url, url_from_cell, query, headers, body, remove_null.

    Raises InvalidSettings with every problem.
    """
    problems: list[Problem] = []
    address = None
    from_cell = bool(config.get("url_from_cell"))
    try:
        address = url.compile(config["url"], names, secrets=secrets, from_cell=from_cell)
    except InvalidSettings as error:
        problems += error.problems
    query = _each(config, "query", parameters.compile_parameter, names, secrets, problems)
    headers = _each(config, "headers", parameters.compile_header, names, secrets, problems)
    content = _body(config.get("body"), names, problems, secrets=secrets)
    if problems or address is None:
        raise InvalidSettings(problems)
    return RequestTemplate(config["method"], address, query, headers, content, bool(config.get("remove_null")))


class _Compile[Item](Protocol):
    def __call__(
        self, name: str, stored: str, names: Mapping[int, str], field: str, *, secrets: bool = False
    ) -> Item: ...


def _each[Item](
    config: Mapping[str, Any],
    field: str,
    compile_one: _Compile[Item],
    names: Mapping[int, str],
    secrets: bool,
    problems: list[Problem],
) -> tuple[Item, ...]:
    found = []
    for number, item in enumerate(config.get(field) or []):
        if not (item["name"].strip() or item["value"].strip()):
            continue  # a line of the form that nobody filled in
        try:
            found.append(compile_one(item["name"], item["value"], names, f"{field}.{number}", secrets=secrets))
        except InvalidSettings as error:
            problems += error.problems
    return tuple(found)


def _body(text: str | None, names: Mapping[int, str], problems: list[Problem], *, secrets: bool) -> Body | None:
    if text is None or not text.strip():
        return None
    try:
        return body.compile(text, names, secrets=secrets)
    except InvalidSettings as error:
        problems += [replace(problem, field="body") for problem in error.problems]
        return None


def form_body(fields: Mapping[str, object]) -> bytes:
    """`application/x-www-form-urlencoded`."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in fields.items()).encode()
