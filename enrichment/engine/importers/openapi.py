"""An operation of an OpenAPI document as the settings of a request.

Nothing is sent that nobody means: optional fields are offered, and what must be there but has no value is a
reference that leads nowhere, which the settings refuse, so that nobody overlooks it.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from enrichment.engine.importers.by_name import Columns
from enrichment.engine.importers.openapi_body import MOST_FIELDS, BodyBuilder, Offered
from enrichment.engine.importers.openapi_document import Reader, in_other_files, listed, refused
from enrichment.engine.importers.openapi_parameters import ParameterBuilder

_HOLE = re.compile(r"\{([^{}]+)\}")
_OTHER = 3  # types of a body that aren't JSON
_SIGN_INS = {
    "basic": "Basic",
    "bearer": "Bearer token",
    "digest": "Digest",
    "apikey": "API key",
    "oauth2": "OAuth 2",
    "openidconnect": "OpenID Connect",
    "mutualtls": "a client certificate, which Marl can't send",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """`config` holds method, url, query, headers and body of an HTTP column.

    `notes` say what is left to do, `offered` what can be chosen to be sent as well.
    """

    config: dict[str, Any]
    notes: tuple[str, ...]
    offered: tuple[Offered, ...]


def fill(
    document: Mapping[str, Any],
    operation: str,
    columns: Mapping[str, str],
    address: str = "",
    chosen: Collection[str] = (),
) -> Filled:
    """Returns the settings for an operation.

    `columns` holds the types of the columns by name, `address` is where the document came from, `chosen` holds ids
    of what was offered. Raises InvalidSettings.
    """
    method, _, path = operation.partition(" ")
    try:
        item = Reader(document).resolved(document["paths"].get(path))
        if isinstance(item.get(method.lower()), dict):
            return _Filling(document, columns, chosen).fill(method, path, item, address)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # A part is of another kind than OpenAPI says.
        raise refused(
            f"The document doesn't describe {operation} the way OpenAPI requires. Fill in the form by hand."
        ) from error
    raise refused("Choose an operation from the document.")


class _Filling:
    def __init__(self, document: Mapping[str, Any], columns: Mapping[str, str], chosen: Collection[str]) -> None:
        self._document = document
        self._reader = Reader(document)
        self._columns = Columns(columns)
        self._body = BodyBuilder(self._reader, self._columns, chosen)
        self._parameters = ParameterBuilder(self._reader, self._columns, chosen)

    def fill(self, method: str, path: str, item: Mapping[str, Any], address: str) -> Filled:
        operation = item[method.lower()]
        parameters = self._all_parameters(item, operation)
        url = self._server(item, operation, address) + _HOLE.sub(
            lambda found: self._parameters.in_path(found[1], parameters), path
        )
        query, headers = (self._parameters.pairs(parameters, place) for place in ("query", "header"))
        kind, media, notes = self._media(operation, parameters)
        body = self._body.text(media) if media is not None else None
        if body is not None and kind not in ("application/json", "*/*", "application/*"):
            headers.append({"name": "Content-Type", "value": kind})
        config = {"method": method, "url": url, "body": body, "query": query, "headers": headers}
        offered = [*self._body.offered.values(), *self._parameters.offered.values()]
        if url.startswith("/"):
            notes.append("The document names no server. Type the start of the address.")
        return Filled(config, (*notes, *self._notes(operation, parameters)), tuple(offered))

    def _all_parameters(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Those of the operation stand for those of its path; required ones come first."""
        given = [self._reader.resolved(one) for part in (item, operation) for one in part.get("parameters") or ()]
        known = {(one.get("name"), one.get("in")): one for one in given}
        return sorted(known.values(), key=lambda one: not one.get("required"))

    def _server(self, item: Mapping[str, Any], operation: Mapping[str, Any], address: str) -> str:
        if "swagger" in self._document:
            scheme = (operation.get("schemes") or self._document.get("schemes") or ["https"])[0]
            host = self._document.get("host")
            base = str(self._document.get("basePath", ""))
            return (f"{scheme}://{host}{base}" if host else urljoin(address, base)).rstrip("/")
        servers = operation.get("servers") or item.get("servers") or self._document.get("servers") or [{"url": "/"}]
        server = self._reader.resolved(servers[0])
        variables = server.get("variables") or {}
        start = urljoin(address, str(self._document.get("$self", "")))

        def filled(found: re.Match[str]) -> str:
            default = self._reader.resolved(variables.get(found[1])).get("default")
            return str(default) if default not in (None, "") else self._columns.hole(found[1])

        url = str(server.get("url", "/"))
        joined = url if "://" in url or url.startswith("{") else urljoin(start, url)
        return _HOLE.sub(filled, joined).rstrip("/")

    def _media(
        self, operation: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]
    ) -> tuple[str, Mapping[str, Any] | None, list[str]]:
        """The content type of the body, what describes it, and a note where a column can't send it."""
        content = dict(self._reader.resolved(operation.get("requestBody")).get("content") or {})
        consumes = operation.get("consumes") or self._document.get("consumes") or ["application/json"]
        content |= {kind: one for one in parameters if one.get("in") == "body" for kind in consumes}
        if any(one.get("in") == "formData" for one in parameters):
            content["application/x-www-form-urlencoded"] = {}
        for kind in sorted(content, key=_unlike_json):
            if _unlike_json(kind) < _OTHER:
                return kind.partition(";")[0].strip().lower(), self._reader.resolved(content[kind]), []
        words = f"The API takes {' or '.join(list(content)[:3])} here, and a column sends JSON."
        return "", None, [words] if content else []

    def _notes(self, operation: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        security = operation.get("security", self._document.get("security")) or []
        if security and {} not in security:
            yield f"The API requires a sign-in{self._kinds_of_sign_in(security)}. Choose a connection."
        if holes := [*self._parameters.holes, *self._body.holes]:
            yield f"Choose a column for {listed(holes)}."
        if self._body.samples:
            yield f"Examples of the document stand for {listed(self._body.samples)}. Replace them before you run."
        if cookies := [str(one["name"]) for one in parameters if one.get("in") == "cookie" and one.get("required")]:
            yield f"The API requires the cookie {', '.join(cookies)}, which a connection can send."
        if self._body.is_cut:
            yield f"The body has more than {MOST_FIELDS} fields. Add the others by hand."
        if self._reader.elsewhere:
            yield in_other_files(self._reader.elsewhere)

    def _kinds_of_sign_in(self, security: Sequence[Mapping[str, Any]]) -> str:
        """The ways in brackets, as connections name them."""
        known = (self._document.get("components") or {}).get("securitySchemes") or {}
        known = known or self._document.get("securityDefinitions") or {}
        schemes = [self._reader.resolved(known.get(name)) for one in security for name in one]
        words = (_SIGN_INS.get(str(one.get("scheme") or one.get("type")).lower()) for one in schemes)
        kinds = [kind for kind in dict.fromkeys(words) if kind]
        return f" ({' or '.join(kinds)})" if kinds else ""


def _unlike_json(kind: str) -> int:
    """Orders the types of a body: JSON itself, what is written as JSON, any type, the others."""
    plain = kind.partition(";")[0].strip().lower()
    if plain == "application/json":
        return 0
    if plain.endswith("+json") or plain in ("text/json", "application/x-json"):
        return 1
    return 2 if plain in ("*/*", "application/*") else _OTHER
