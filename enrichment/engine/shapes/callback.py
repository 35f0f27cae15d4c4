"""The address at which an API posts the result of a row, and what is said of a row that waits for that."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from email import message_from_bytes
from urllib.parse import parse_qsl

from enrichment.engine.answer.telling import telling_line
from enrichment.engine.messages import Response
from enrichment.engine.shapes.progress import Answer
from enrichment.engine.shapes.words import duration

ADDRESS = "/api/v1/callbacks/"  # followed by the secret
PREFIX = "mcb_"  # of secrets, so that they can be told from other text
SECRET = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
SAMPLE = PREFIX + 43 * "0"
WAITS = "Waits for the API to call back"
STATUS = 200  # of a call, for conditions: it has none of its own


def without_form(posted: Response) -> Response:
    """Returns what was posted as a form, in either of the ways in which forms come, as an object of its fields.

    A name that is there several times has a list. Anything else stays as it is.
    """
    kind = next((text for name, text in posted.headers if name.lower() == "content-type"), "")
    way = kind.partition(";")[0].strip().lower()
    try:
        if way == "application/x-www-form-urlencoded":
            fields = _object(parse_qsl(posted.body.decode(), keep_blank_values=True))
        elif way == "multipart/form-data":
            fields = _object(_parts(kind, posted.body))
        else:
            return posted
    except ValueError:  # a file that is no text
        return posted
    others = tuple(item for item in posted.headers if item[0].lower() != "content-type")
    return replace(posted, headers=(*others, ("Content-Type", "application/json")), body=json.dumps(fields).encode())


def _parts(kind: str, body: bytes) -> Iterable[tuple[str, str]]:
    """Raises ValueError where a part is no text."""
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    for part in whole.walk():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            yield name, payload.decode()


def _object(fields: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for name, text in fields:
        by_name[name].append(text)
    return {name: texts if texts[1:] else texts[0] for name, texts in by_name.items()}


def timed_out(for_ms: int, first: Answer) -> str:
    """Returns what is said of a row that nobody called back for."""
    line = telling_line(Response(first.status, (), json.dumps(first.body).encode()))
    return f"No call within {duration(for_ms)}. The API had answered: {first.status} · {line}"
