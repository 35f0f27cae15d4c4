"""The words of a failed response that say most about what went wrong."""

import json
import re
from xml.parsers.expat import ExpatError

import xmltodict

from enrichment.engine.answer.markup import is_page, title_of
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
# Names are compared without case and signs: errorMessage is error_message.
_TELLING = (
    *("message", "messages", "detail", "errordescription", "errormessage", "errormessages", "errormsg", "errmsg"),
    *("faultstring", "error", "errors", "fault", "exception", "title", "reason", "description", "msg"),
    *("text", "value", "code", "errorcode", "errcode"),
)
_AROUND = ("envelope", "body", "response", "result", "data", "errorresponse")  # of what tells more; no part of a line
_ERRORS = frozenset({"error", "errors", "errormessage", "errormessages", "errormsg", "errmsg", "errorcode", "errcode"})
_ERRORS |= {"fault", "faultstring", "exception"}
_NO_ERROR = re.compile(r"|0|ok|success|no errors?", re.IGNORECASE)
_BAD = re.compile("denied|error|expired|fail|invalid|limit", re.IGNORECASE)
_GOOD_WHEN_TRUE = frozenset({"ok", "success", "succeeded", "issuccess"})
_XML = re.compile(r"<(\?xml\b|\w+:\w+[\s>]|(error|fault|response|result)\w*[\s>])", re.IGNORECASE)
_LONGEST_XML = 100_000  # characters of an answer that are read for its words


def telling_line(response: Response) -> str:
    """Returns the words of the response that say most about what went wrong, in one line."""
    text = response.text.strip()
    line = ""
    if text:
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = _xml(text)
        line = title_of(text) if body is None and text != "null" else _fault(body) or _telling(body)
    line = _tidy(line)
    return _without_status(line, response.status) or _REASONS.get(response.status, "no reason given")


def words_of(error: object) -> str:
    """Returns the words of a part of an answer that say most about what went wrong, in one line; "" without any."""
    return _tidy(_fault(error) or _telling(error, 1))


def error_of(answer: object) -> str:
    """Returns what an answer with a good status says that went wrong, "" where it says nothing of that."""
    if not isinstance(answer, dict):
        return ""
    errors = {key: value for key, value in answer.items() if _bare(key) in _ERRORS and _is_error(value)}
    status = answer.get("status")
    bad = status if isinstance(status, str) and _BAD.search(status) else ""
    untrue = next((key for key, value in answer.items() if _bare(key) in _GOOD_WHEN_TRUE and _is_false(value)), "")
    if not (errors or bad or untrue):
        return ""
    texts = {key: value for key, value in errors.items() if not isinstance(value, bool | int)}
    said = _fault(texts) or _named(texts, 1) or _named({**answer, **texts}, 1)
    return _tidy(said) or bad or (f"“{untrue}” is false" if untrue else "an error")


def _is_error(value: object) -> bool:
    return bool(value) and not (isinstance(value, str | int) and _NO_ERROR.fullmatch(str(value).strip()))


def _is_false(value: object) -> bool:
    return value is False or value == "false"


def _tidy(line: str) -> str:
    return " ".join(_UNPRINTABLE.sub(" ", line).split())[:LONGEST_LINE]


def _bare(name: str) -> str:
    return re.sub("[^a-z]", "", name.rpartition(":")[2].lower())


def _xml(text: str) -> object:
    """Returns XML that isn't a page as objects, None for any other text."""
    if len(text) > _LONGEST_XML or not _XML.match(text) or is_page(text, ""):
        return None
    try:
        return xmltodict.parse(text, xml_attribs=False)
    except (ExpatError, ValueError):
        return None


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
    if field and depth > 1 and isinstance(code := value.get("code"), str):  # as GitHub's
        return f"{field}: {code}"
    if isinstance(name := value.get("name"), str) and isinstance(why := value.get("reason"), str) and not message:
        return f"{name}: {why}"  # of RFC 9457's examples
    by_field = next((item for key, item in value.items() if _bare(key) == "errors" and isinstance(item, dict)), {})
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
    names = {_bare(key): item for key, item in error.items() if isinstance(item, str)}
    return next((item for name in _MESSAGES if (item := names.get(name))), "")


def _telling(value: object, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > _DEEPEST:
        return ""
    if isinstance(value, list):
        return next((line for line in (_telling(item, depth + 1) for item in value[:10]) if line), "")
    if isinstance(value, dict):
        if line := _named(value, depth):
            return line
        around = [item for key, item in value.items() if _bare(key) in _AROUND]
        if line := next((line for item in around if (line := _telling(item, depth + 1))), ""):
            return line
        return next((f"{key}: {line}" for key, item in value.items() if (line := _telling(item, depth + 1))), "")
    if isinstance(value, bool) and depth:
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) and depth else ""


def _named(value: dict[str, object], depth: int) -> str:
    """Returns the words at the first of the names that has a sentence; where none has, at the first that has any."""
    found = [(_bare(key), item) for key, item in value.items()]
    lines = [_telling(item, depth + 1) for name in _TELLING for key, item in found if key == name]
    lines = [line for line in lines if line]
    return next((line for line in lines if " " in line.strip()), next(iter(lines), ""))
