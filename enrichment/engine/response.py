"""What becomes of a cell after a response."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from enrichment.engine.answer.telling import LONGEST_LINE, telling_line
from enrichment.engine.answer.value import Kind, Unreadable, loses_characters, value_of
from enrichment.engine.answer.wait import asked_wait, earliest_retry
from enrichment.engine.errors import RowError
from enrichment.engine.messages import Outcome, Response
from enrichment.engine.template.paths import MISSING, Path, pick
from enrichment.engine.template.values import as_json, as_text

GUESSED = "guessed_letters"  # of a result whose letters may be others
REPLACED = "replaced_characters"  # of a result with U+FFFD for what no database stores
_PROBLEM = re.compile(r"\s*application/problem\+(json|xml)\b", re.IGNORECASE)  # RFC 9457: this is no result
_CANNOT_BE_STORED = "U+0000, or half of a character such as 😀, can't be stored: “�” stands for it here."


def read(
    response: Response,
    field_paths: Sequence[Path] = (),
    *,
    answer: Kind = "auto",
    is_success: bool | None = None,
    unclear: str = "",
    retry_statuses: Collection[int] = frozenset(),
    may_repeat: bool = True,
) -> Outcome:
    """Returns what becomes of the cell: of 2xx the value, or what is at the paths; else the status and `telling_line`.

    `answer` says what the body is, `is_success` what the column's own condition says of a response that `is_good`,
    `unclear` why it can't say that, and `may_repeat` whether the request may be sent again though it arrived.
    """
    status = response.status
    if is_good(response):
        return _value(response, field_paths, answer, is_success, unclear)
    line = telling_line(response)
    now = datetime.now(UTC)
    wait = asked_wait(response, now)
    # Where it asks to wait, the server did not do it: then any request may be repeated.
    undone = status == 503 or wait is not None
    return Outcome(
        "failed",
        error_code=f"http_{status}",
        error_message=f"{status} · {line}",
        http_status=status,
        retryable=status in retry_statuses and (undone or may_repeat),
        wait=wait if wait or status != 429 or status in retry_statuses else None,
        is_too_fast=wait is not None and status in (403, 429),
        earliest=earliest_retry(response, now) if wait is None else 0.0,
    )


def is_good(response: Response) -> bool:
    """Whether the status says that there is a result, or none that is new."""
    return 200 <= response.status < 300 or response.status == 304


def _value(
    response: Response, field_paths: Sequence[Path], answer: Kind, is_success: bool | None, unclear: str
) -> Outcome:
    if unclear:
        words = f"{response.status} · {telling_line(response)} · “Success if” fails: {unclear}"
        return _failed(response.status, "no_verdict", words)
    if is_success is False:
        return _failed(response.status, "no_success", f"{response.status} · {telling_line(response)}")
    try:
        value = value_of(response, answer)
        if is_success is None and _is_refusal(value):
            raise Unreadable("graphql", telling_line(response))
        if is_success is None and _PROBLEM.match(response.header("content-type") or ""):
            raise Unreadable("problem", telling_line(response))
    except Unreadable as error:
        return _failed(response.status, error.code, f"{response.status} · {error}")
    outcome = of_value(response.status, value, field_paths)
    return marked(outcome, response.decoded.guess, loses_characters=loses_characters(response))


def marked(outcome: Outcome, guess: str, *, loses_characters: bool) -> Outcome:
    """Returns the outcome with a mark where its letters were read with a guess of their encoding, or replaced."""
    if not (guess or loses_characters) or outcome.state != "done":
        return outcome
    marks = {}
    if guess:
        marks[GUESSED] = f"The server doesn't say how its letters are encoded. They were read as {guess}: check them."
    if loses_characters:
        marks[REPLACED] = _CANNOT_BE_STORED
    marks = {code: words for code, words in marks.items() if may_concern(code, outcome.value)}
    code = next(iter(marks), "")
    return replace(outcome, error_code=code, error_message=" ".join(marks.values()))


def may_concern(code: str, value: object) -> bool:
    """Whether a mark on the characters of an answer may be about this part of it."""
    text = as_json(value)
    return (code == GUESSED and not text.isascii()) or (code == REPLACED and "\ufffd" in text)


def of_value(status: int | None, value: object, field_paths: Sequence[Path]) -> Outcome:
    """Returns what becomes of the cell with this value, the last part of which came with this status."""
    try:
        picked = pick(value, field_paths) if field_paths else value
    except RowError as error:
        return _failed(status, error.code, error.message)
    if picked is MISSING and value and value != "null" and not isinstance(value, dict | list):
        shown = " ".join(as_text(value).split())[:LONGEST_LINE]
        return _failed(status, "no_fields", f"{status} · The answer is only “{shown}”, without the fields to keep.")
    return _ended(status, picked)


def _ended(status: int | None, value: object) -> Outcome:
    if value is MISSING or value is None or value in ("", [], {}):
        return Outcome("no_data", http_status=status)
    return Outcome("done", value, http_status=status)


def _failed(status: int | None, code: str, message: str) -> Outcome:
    return Outcome("failed", error_code=code, error_message=message, http_status=status)


def _is_refusal(value: object) -> bool:
    """GraphQL answers 200 whatever happens: without data, its errors are the answer. Beside results, as HubSpot has
    them for some of many, they are not.
    """
    if not isinstance(value, dict) or value.get("data") is not None:
        return False
    if any(isinstance(part, list) and part for name, part in value.items() if name != "errors"):
        return False
    errors = value.get("errors")
    return bool(isinstance(errors, list) and errors and isinstance(errors[0], dict) and "message" in errors[0])
