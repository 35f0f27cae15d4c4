"""The words of a failed response that say most about what went wrong."""

import json
import re

from enrichment.engine.answer.markup import title_of
from enrichment.engine.messages import Response

LONGEST_LINE = 300
_DEEPEST = 6  # levels that are searched
_FIELDS = frozenset({"loc", "field", "param", "parameter", "pointer", "target", "path", "property", "propertyname"})
_WHOLE = frozenset({"#", "body", "query", "data", "attributes"})  # where fields are, which says nothing
_MESSAGES = ("message", "msg", "detail", "description", "title", "error")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_REASONS = {
    400: "bad request",
    401: "not signed in",
    403: "not allowed",
    404: "not found",
    405: "method not allowed",
    408: "timeout",
    409: "conflict",
    410: "gone",
    413: "too large",
    415: "unsupported type",
    422: "not accepted",
    429: "too many requests",
    500: "server error",
    502: "bad gateway",
    503: "not available",
    504: "gateway timeout",
}
_TELLING = (
    "message",
    "detail",
    "error_description",
    "error",
    "title",
    "errors",
    "reason",
    "description",
    "msg",
    "code",
)


def telling_line(response: Response) -> str:
    """Returns the words of the response that say most about what went wrong, in one line."""
    text = response.text.strip()
    line = ""
    if text:
        try:
            body = json.loads(text)
            line = _fault(body) or _telling(body)
        except (ValueError, RecursionError):
            line = title_of(text)
    line = " ".join(_UNPRINTABLE.sub(" ", line).split())[:LONGEST_LINE]
    return _without_status(line, response.status) or _REASONS.get(response.status, "no reason given")


def words_of(error: object) -> str:
    """Returns the words of a part of an answer that say most about what went wrong, in one line; "" without any."""
    line = _fault(error) or _telling(error, 1)
    return " ".join(_UNPRINTABLE.sub(" ", line).split())[:LONGEST_LINE]


def _without_status(line: str, status: int) -> str:
    """Returns “Not Found” of “404 Not Found”: wherever the line is shown, the status stands before it."""
    return re.sub(rf"^(HTTP |Error |HTTP Error )?{status}(\s*[:·–-]\s*|\s+(?=[A-Z])|$)", "", line)


def _fault(value: object, depth: int = 0) -> str:
    """Returns “field: message” of the first error that names the field at fault, empty where none does.

    So do FastAPI, RFC 9457, ASP.NET, JSON:API, Stripe, Google, OData and GraphQL, each in its own words.
    """
    if depth > _DEEPEST:
        return ""
    if isinstance(value, list):
        return next((line for line in (_fault(item, depth + 1) for item in value[:10]) if line), "")
    if not isinstance(value, dict):
        return ""
    field, message = _field(value), _message(value)
    if field and message:
        return message if field in message else f"{field}: {message}"
    by_field = next((item for key, item in value.items() if key.lower() == "errors" and isinstance(item, dict)), {})
    for name, messages in by_field.items():
        if line := _telling(messages, depth + 1):
            return f"{name}: {line}"
    return next((line for line in (_fault(item, depth + 1) for item in value.values()) if line), "")


def _field(error: dict[str, object]) -> str:
    source = error.get("source")
    places = {**error, **source} if isinstance(source, dict) else error
    for key, place in places.items():
        if key.lower() not in _FIELDS:
            continue
        parts = place.split("/") if isinstance(place, str) and key == "pointer" else place
        if isinstance(parts, list):
            return ".".join(str(part) for part in parts if part and part not in _WHOLE)
        if isinstance(parts, str) and not parts.startswith("/"):
            return parts
    return ""


def _message(error: dict[str, object]) -> str:
    for name in _MESSAGES:
        for key, item in error.items():
            if key.lower() == name and isinstance(item, str):
                return item
    return ""


def _telling(value: object, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > _DEEPEST:
        return ""
    if isinstance(value, list):
        return next((line for line in (_telling(item, depth + 1) for item in value[:10]) if line), "")
    if isinstance(value, dict):
        for name in _TELLING:
            for key, item in value.items():
                if key.lower() == name and (line := _telling(item, depth + 1)):
                    return line
        for key, item in value.items():
            if line := _telling(item, depth + 1):
                return f"{key}: {line}"
    if isinstance(value, bool) and depth:
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) and depth else ""
