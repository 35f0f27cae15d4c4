"""Between the forms of the panels and the settings of the API. Field names are the paths of the settings."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from enrichment.columns import lifecycle
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template.values import as_text
from tables import columns as table_columns
from tables.models import Column, ColumnType, Row
from workspaces.refusals import Refused


@dataclass(frozen=True, slots=True)
class PanelForm:
    """What the form of a panel shows: stored settings, or those that were sent with what is wrong with them."""

    name: str
    config: Mapping[str, Any]
    notice: str = ""
    problems: Sequence[Problem] = ()
    conflict: str = ""  # why nothing was saved, if somebody else has saved meanwhile
    unsaved: bool = False
    run_id: int | None = None  # of the run that the notice tells of

    @property
    def is_refused(self) -> bool:
        return bool(self.problems or self.conflict)


def store(column: Column, name: str, config: Mapping[str, Any]) -> Column:
    """Makes or changes the column. Raises InvalidSettings or Refused."""
    if not column.pk:
        return lifecycle.create(column.table, name, column.type, config)
    lifecycle.change(column, name=name, config=dict(config))
    return column


def problems_of(error: Exception) -> list[Problem]:
    if isinstance(error, InvalidSettings):
        return error.problems
    return [Problem(str(error), field=error.field if isinstance(error, Refused) else "")]


def others(column: Column) -> list[Column]:
    """Returns the other columns of the table, in their order."""
    return [other for other in table_columns.live(column.table) if other != column]


def row_name(row: Row, column: Column) -> str:
    """Returns the value of the first column that is not computed: what people call the row."""
    first = next((other for other in others(column) if not other.is_computed), None)
    return as_text(row.values.get(str(first.pk))) if first else ""


def references(column: Column) -> str:
    """Returns the columns that the "/" menu offers, as JSON."""
    return json.dumps([{"name": other.name, "type": ColumnType(other.type).label} for other in others(column)])


def name(form: QueryDict) -> str:
    return text(form, "name")


MILLISECONDS = {"ms": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
BODY_FORMATS = (  # as they are called on the form, with what a body looks like
    ("json", "JSON", '{ "name": "{{Company}}" }'),
    ("form", "Form", ""),
    ("multipart", "Multipart form", ""),
    ("xml", "XML", "<name>{{Company}}</name>"),
    ("text", "Text", "{{Company}}"),
    ("none", "None", ""),
)
# Of the settings on the forms, as their fields are labelled there.
LABELS = {
    "url": "Endpoint URL",
    "query": "Query parameters",
    "headers": "Headers",
    "body": "Body",
    "form": "Form fields",
    "field_paths": "Field paths to return",
    "run_if": "Only run if",
    "success_if": "Success if",
    "rate_limit": "Rate limit",
    "poll": "Wait for the result",
    "pages": "Fetch all pages",
    "batch": "Many rows in one request",
    "items": "List at",
    "auth_request.url": "Sign-in URL",
    "auth_request.headers": "Sign-in headers",
    "auth_request.body": "Sign-in body",
    "token_path": "Location of JWT token in auth response",
    "authorize_url": "Authorize URL",
    "authorize_parameters": "Authorize parameters",
    "token_url": "Token URL",
    "algorithm": "Algorithm",
    "header_name": "Auth header name",
    "claims": "Claims",
}


def column_settings(form: QueryDict, base: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the config of the API over `base`.

    Numbers stay as typed: the settings themselves say what is wrong with them.
    """
    given: dict[str, Any] = {
        "connection_id": number(text(form, "connection_id")),
        "method": form.get("method", base["method"]),
        "url": text(form, "url"),
        "url_from_cell": "url_from_cell" in form,
        "query": parameters(form, "query"),
        "headers": parameters(form, "headers"),
        "body_format": form.get("body_format", base["body_format"]),
        "body": lines(form, "body") or None,
        "form": parameters(form, "form"),
        "remove_null": "remove_null" in form,
        "field_paths": filled(form, "field_paths"),
        "auto_update": "auto_update" in form,
        "keep_existing": "keep_existing" in form,
        "run_if": lines(form, "run_if"),
        "rate_limit": rate_limit(form),
        "follow_redirects": "follow_redirects" in form,
        "answer": form.get("answer", base["answer"]),
        "success_if": lines(form, "success_if"),
        "idempotency_header": text(form, "idempotency_header") or None,
        "retry": _retry(form, base["retry"]),
        **numbers(form, ("max_in_flight",)),
        **_timeout(form),
        "stop_after_failures": text(form, "stop_after_failures") or None,
        "stop_after_failure_percent": text(form, "stop_after_failure_percent").rstrip("% ") or None,
        "collapse_duplicates": "collapse_duplicates" in form,
        "cache_seconds": text(form, "cache_seconds") or 0,
    }
    if host := text(form, "confirm_host"):
        given["confirm_host"] = host
    return {**base, **given}


def rate_limit(form: QueryDict) -> dict[str, str] | None:
    """Reads "15 requests per 1 second"; without a number of requests there is no limit."""
    requests = text(form, "rate_limit.requests")
    if not requests:
        return None
    unit = MILLISECONDS.get(form.get("rate_limit.unit", ""), 1000)
    return {"requests": requests, "duration_ms": milliseconds(text(form, "rate_limit.duration"), unit)}


def _timeout(form: QueryDict) -> dict[str, str]:
    seconds = text(form, "timeout_s")
    return {"timeout_ms": milliseconds(seconds, 1000)} if seconds else {}


def in_seconds(milliseconds: object) -> str:
    """Returns the number for the form; what is not a number stays as typed."""
    text = str(milliseconds)
    return f"{(Decimal(text) / 1000).normalize():f}" if text.isdecimal() else text


def in_minutes(milliseconds: object) -> str:
    """Returns the number for the form, with three decimals at most; what is not a number stays as typed."""
    text = str(milliseconds)
    return f"{round(Decimal(text) / 60_000, 3).normalize():f}" if text.isdecimal() else text


def milliseconds(duration: str, unit: int) -> str:
    """A duration that is not a number stays as typed: the settings say what is wrong with it."""
    if not re.fullmatch(r"\d{1,9}(\.\d{1,3})?", duration):
        return duration
    return f"{(Decimal(duration) * unit).normalize():f}"


def limit_sentence(limit: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parts of "15 requests per 1 second", in the largest unit that needs no fraction."""
    given = limit or {"requests": "", "duration_ms": 1000}
    duration, unit = str(given["duration_ms"] or ""), "second"
    if duration.isdecimal() and int(duration):
        unit, size = next(item for item in reversed(MILLISECONDS.items()) if int(duration) % item[1] == 0)
        duration = str(int(duration) // size)
    return {"requests": given["requests"], "duration": duration, "unit": unit, "units": list(MILLISECONDS)}


def _retry(form: QueryDict, base: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {**base, "unsafe_methods": "retry.unsafe_methods" in form}
    if most := text(form, "retry.max_retries"):
        given["max_retries"] = most
    if "retry.statuses" in form:
        given["statuses"] = text(form, "retry.statuses").replace(",", " ").split()
    return given


def parameters(form: QueryDict, field: str) -> list[dict[str, str]]:
    """Returns the filled rows of a list of names and values."""
    names, values = form.getlist(f"{field}.name"), form.getlist(f"{field}.value")
    rows = [(name.strip(), value.strip()) for name, value in zip(names, values, strict=False)]
    return [{"name": name, "value": value} for name, value in rows if name or value]


def new_fields(form: QueryDict) -> list[dict[str, str]]:
    """Returns the columns that are to be made of the answer's fields: {"path", "name"}."""
    pairs = zip(form.getlist("new_fields.path"), form.getlist("new_fields.name"), strict=False)
    return [{"path": path, "name": name.strip() or path} for path, name in pairs]


def split_host(problems: Sequence[Problem]) -> tuple[Problem | None, list[Problem]]:
    """Returns the question whether a new host may receive the credentials, and the other problems."""
    new_host = next((problem for problem in problems if problem.field == "confirm_host"), None)
    return new_host, [problem for problem in problems if problem is not new_host]


def fix_first(problems: Sequence[Problem]) -> str:
    """Names the setting that keeps a test from being sent, by its label on the form."""
    for problem in problems:
        for field, label in LABELS.items():
            if f"{problem.field}.".startswith(f"{field}."):
                return f"Fix “{label}” above first. Nothing was sent."
    return "Fix the marked settings first. Nothing was sent."


def row_number(form: QueryDict, field: str = "row") -> int:
    """Returns the chosen row, counted from 1."""
    text = form.get(field, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 13 else 1


def text(form: QueryDict, field: str) -> str:
    return form.get(field, "").strip()


def formula(form: QueryDict, field: str) -> str:
    """Returns a text of several lines as people see it: browsers post \\r\\n."""
    return form.get(field, "").replace("\r\n", "\n")


def lines(form: QueryDict, field: str) -> str:
    """Returns a text of several lines, empty when there is nothing in them."""
    text = formula(form, field)
    return text if text.strip() else ""


def filled(form: QueryDict, field: str) -> list[str]:
    return [text.strip() for text in form.getlist(field) if text.strip()]


def number(text: str) -> int | str | None:
    return int(text) if text.isdecimal() else text or None


def numbers(form: QueryDict, fields: Sequence[str]) -> dict[str, str]:
    return {field: typed for field in fields if (typed := text(form, field))}
