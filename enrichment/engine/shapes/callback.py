"""The address at which an API posts the result of a row, and what is said of a row that waits for that."""

import json
import re

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


def timed_out(for_ms: int, first: Answer) -> str:
    """Returns what is said of a row that nobody called back for."""
    line = telling_line(Response(first.status, (), json.dumps(first.body).encode()))
    return f"No call within {duration(for_ms)}. The API had answered: {first.status} · {line}"
