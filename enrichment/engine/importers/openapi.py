"""An operation of an OpenAPI document as the settings of a request.

Nothing is sent that nobody means: optional fields are offered, and what must be there but has no value is a
reference that leads nowhere, which the settings refuse, so that nobody overlooks it.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from enrichment.engine.importers import openapi_media
from enrichment.engine.importers.by_name import Columns
from enrichment.engine.importers.openapi_body import MOST_FIELDS, BodyBuilder, Offered
from enrichment.engine.importers.openapi_document import Reader, in_other_files, listed, refused
from enrichment.engine.importers.openapi_examples import NOTHING
from enrichment.engine.importers.openapi_parameters import ParameterBuilder
from enrichment.engine.template.values import as_text

_HOLE = re.compile(r"\{([^{}]+)\}")
_SHOWN = 40  # characters of an example
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
    """`config` holds method, url, query, headers and the body of an HTTP column, in its format.

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
        content = openapi_media.of_operation(self._reader, operation, parameters)
        kind = openapi_media.chosen(content)
        body: dict[str, Any] = {"body_format": "json", "body": None, "form": []}
        if kind is not None:
            body = openapi_media.filled(kind, self._reader.resolved(content[kind]), self._body)
            headers += openapi_media.header(kind, body)
        config = {"method": method, "url": url, **body, "query": query, "headers": headers}
        offered = [*self._body.offered.values(), *self._parameters.offered.values()]
        notes = list(self._notes(operation, parameters))
        if content and kind is None:
            notes.insert(0, f"The API takes {' or '.join(list(content)[:3])} here, which a column can't send.")
        if url.startswith("/"):
            notes.insert(0, "The document names no server. Type the start of the address.")
        return Filled(config, tuple(notes), tuple(offered))

    def _all_parameters(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Those of the operation stand for those of its path; required ones come first."""
        given = [self._reader.resolved(one) for part in (item, operation) for one in part.get("parameters") or ()]
        known = {(one.get("name"), one.get("in")): one for one in given}
        return sorted(known.values(), key=lambda one: not one.get("required"))

    def _server(self, item: Mapping[str, Any], operation: Mapping[str, Any], address: str) -> str:
        if "swagger" in self._document:
            schemes = operation.get("schemes") or self._document.get("schemes") or ["https"]
            scheme = "https" if "https" in schemes else schemes[0]
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

    def _notes(self, operation: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        security = operation.get("security", self._document.get("security")) or []
        if security and {} not in security:
            yield f"The API requires a sign-in{self._kinds_of_sign_in(security)}. Choose a connection."
        if holes := self._parameters.holes | self._body.holes:
            yield f"Choose a column for {listed(_with_example(*hole) for hole in holes.items())}."
        for name, separator in self._parameters.joined.items():
            yield f"{name} is a list that the API takes as one text, joined by “{separator}”. Choose a column of these."
        if self._body.files:
            yield f"Files were left out, because a column can't send them: {listed(self._body.files)}."
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
        ways = (self._sign_in([self._reader.resolved(known.get(name)) for name in one]) for one in security)
        kinds = [kind for kind in dict.fromkeys(ways) if kind]
        return f" ({' or '.join(kinds)})" if kinds else ""

    def _sign_in(self, schemes: Sequence[Mapping[str, Any]]) -> str:
        """What an API wants together, such as an ID and a key, one connection has to send."""
        if len(schemes) > 1 and all(one.get("type") == "apiKey" for one in schemes):
            return "Several headers or parameters"
        words = (_SIGN_INS.get(str(one.get("scheme") or one.get("type")).lower()) for one in schemes)
        return " and ".join(dict.fromkeys(word for word in words if word))


def _with_example(name: str, example: object) -> str:
    """The document's example is shown here and nowhere else: it is not what the person means to send."""
    text = "" if example is NOTHING else as_text(example)
    return f"{name} (such as {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''})" if text else name
