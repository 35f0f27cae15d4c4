"""The content types that an OpenAPI operation takes: which of them a column sends, and as which format of a body."""

from collections.abc import Mapping, Sequence
from typing import Any

from enrichment.engine.importers import openapi_form
from enrichment.engine.importers.openapi_body import BodyBuilder
from enrichment.engine.importers.openapi_document import Reader

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_ANY = ("*/*", "application/*")
_JSON = ("text/json", "application/x-json")
_LIKED = ("json", "+json", "any", "form", "multipart", "xml", "text")
_NAMED = {"form": FORM, "multipart": MULTIPART, "xml": "application/xml", "text": "text/plain"}  # without being told
_DELIMITERS = {"ssv": "spaceDelimited", "pipes": "pipeDelimited"}


def of_operation(
    reader: Reader, operation: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Returns what describes the body, by content type; Swagger 2 has it among the parameters."""
    content = dict(reader.resolved(operation.get("requestBody")).get("content") or {})
    consumes = operation.get("consumes") or reader.document.get("consumes") or []
    content |= {kind: one for one in parameters if one.get("in") == "body" for kind in consumes or ["application/json"]}
    if fields := [one for one in parameters if one.get("in") == "formData"]:
        has_file = any(one.get("type") == "file" for one in fields)
        is_multipart = has_file or (MULTIPART in consumes and FORM not in consumes)
        content[MULTIPART if is_multipart else FORM] = _form(fields)
    return content


def _form(fields: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters of a form as a schema with an encoding, as OpenAPI 3 has them."""
    of_parameters = ("name", "in", "required")
    properties = {
        str(one.get("name")): {key: value for key, value in one.items() if key not in of_parameters} for one in fields
    }
    required = [str(one.get("name")) for one in fields if one.get("required")]
    formats = {str(one.get("name")): str(one.get("collectionFormat") or "csv") for one in fields}
    encoding = {
        name: {"style": _DELIMITERS.get(how, "form"), "explode": how == "multi"} for name, how in formats.items()
    }
    return {"schema": {"type": "object", "properties": properties, "required": required}, "encoding": encoding}


def chosen(content: Mapping[str, Any]) -> str | None:
    """Returns the content type that a column sends best; None where it can send none of them."""
    kinds = [kind for kind in content if _kind(kind)]
    return min(kinds, key=lambda kind: _LIKED.index(_kind(kind)), default=None)


def _kind(content_type: str) -> str:
    """Empty for what a column cannot send."""
    plain = _plain(content_type)
    if plain == "application/json":
        return "json"
    if plain.endswith("+json") or plain in _JSON:
        return "+json"
    if plain in _ANY:
        return "any"
    if plain in (FORM, MULTIPART):
        return "form" if plain == FORM else "multipart"
    if plain.endswith(("/xml", "+xml")) and plain != "image/svg+xml":
        return "xml"
    return "text" if plain.startswith("text/") else ""


def _plain(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def filled(content_type: str, media: Mapping[str, Any], builder: BodyBuilder) -> dict[str, Any]:
    """Returns the settings of the body."""
    kind = _kind(content_type)
    settings: dict[str, Any] = {"body_format": kind if kind in _NAMED else "json", "body": None, "form": []}
    if kind in ("form", "multipart"):
        given = media.get("encoding")
        encoding = given if isinstance(given, dict) else {}
        return settings | {"form": openapi_form.pairs(builder.form(media), encoding, builder.hole)}
    if kind in ("xml", "text"):
        return settings | {"body": builder.plain_text(media, kind)}
    return settings | {"body": builder.text(media)}


def header(content_type: str, body: Mapping[str, Any]) -> list[dict[str, str]]:
    """Returns the header that names the type, where a column would send another one."""
    plain, kind = _plain(content_type), _kind(content_type)
    is_sent = body["body"] is not None or body["form"]
    if not is_sent or kind in ("json", "any") or plain == _NAMED.get(kind):
        return []
    return [{"name": "Content-Type", "value": plain}]
