"""Between the forms of the panel and the settings of the API. Field names are the paths of the settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from enrichment.engine.errors import Problem

SCOPES: dict[str, object] = {"first": {"first": 10}, "missing": "missing", "all": "all"}


def column_settings(form: QueryDict, base: Mapping[str, Any]) -> dict[str, Any]:
    """The config of the API over `base`. Numbers stay as typed: the settings themselves say what is wrong with them."""
    limit = {"requests": _text(form, "rate_limit.requests"), "duration_ms": _text(form, "rate_limit.duration_ms")}
    given: dict[str, Any] = {
        "connection_id": _number(_text(form, "connection_id")),
        "method": form.get("method", base["method"]),
        "url": _text(form, "url"),
        "url_from_cell": "url_from_cell" in form,
        "query": parameters(form, "query"),
        "headers": parameters(form, "headers"),
        "body": _lines(form, "body") or None,
        "remove_null": "remove_null" in form,
        "field_paths": _filled(form, "field_paths"),
        "auto_update": "auto_update" in form,
        "run_if": _lines(form, "run_if"),
        "rate_limit": limit if any(limit.values()) else None,
        "follow_redirects": "follow_redirects" in form,
        "idempotency_header": _text(form, "idempotency_header") or None,
        "retry": _retry(form, base["retry"]),
        **_numbers(form, ("timeout_ms", "max_in_flight")),
        "stop_after_failures": _text(form, "stop_after_failures") or None,
    }
    if host := _text(form, "confirm_host"):
        given["confirm_host"] = host
    return {**base, **given}


def _retry(form: QueryDict, base: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {**base, "unsafe_methods": "retry.unsafe_methods" in form}
    if most := _text(form, "retry.max_retries"):
        given["max_retries"] = most
    if "retry.statuses" in form:
        given["statuses"] = _text(form, "retry.statuses").replace(",", " ").split()
    return given


def connection_settings(form: QueryDict) -> dict[str, Any]:
    """A connection as the API takes it: {"name", "kind", "config", "secrets"}; a secret may be blank."""
    expires = {"path": _text(form, "expires.path"), "unit": form.get("expires.unit", "seconds")}
    config = {
        "auth_request": {
            "method": form.get("auth_request.method", "POST"),
            "url": _text(form, "auth_request.url"),
            "headers": parameters(form, "auth_request.headers"),
            "body_format": form.get("auth_request.body_format", "json"),
            "body": _lines(form, "auth_request.body"),
        },
        "token_path": _text(form, "token_path"),
        "token_type": _text(form, "token_type"),
        "header_name": _text(form, "header_name"),
        "expires": expires if expires["path"] else None,
        "lifetime_seconds": _number(_text(form, "lifetime_seconds")),
        "renew_on": {
            "statuses": [_number(text) for text in _text(form, "renew_on.statuses").replace(",", " ").split()],
            "condition": _text(form, "renew_on.condition") or None,
        },
        "allowed_hosts": _filled(form, "allowed_hosts"),
    }
    return {"name": _text(form, "name"), "kind": "jwt", "config": config, "secrets": _secrets(form)}


def _secrets(form: QueryDict) -> dict[str, str]:
    pairs = zip(form.getlist("secret.name"), form.getlist("secret.value"), strict=False)
    return {name.strip(): value for name, value in pairs if name.strip()}


def changed_secrets(given: Mapping[str, str], stored: Mapping[str, bool]) -> dict[str, str]:
    """Blank keeps what is stored; a stored secret that is no longer on the form is taken away (an empty text)."""
    return {name: value for name, value in given.items() if value} | {name: "" for name in stored if name not in given}


def number_problems(config: Mapping[str, Any]) -> list[Problem]:
    """What was typed where a connection needs a number."""
    problems = []
    if isinstance(config["lifetime_seconds"], str):
        problems.append(Problem("Give a whole number of seconds.", field="lifetime_seconds"))
    if any(not isinstance(status, int) or not 100 <= status <= 599 for status in config["renew_on"]["statuses"]):
        problems.append(Problem("Give statuses like 401, 403.", field="renew_on.statuses"))
    return problems


def parameters(form: QueryDict, field: str) -> list[dict[str, str]]:
    """The filled rows of a list of names and values."""
    names, values = form.getlist(f"{field}.name"), form.getlist(f"{field}.value")
    rows = [(name.strip(), value.strip()) for name, value in zip(names, values, strict=False)]
    return [{"name": name, "value": value} for name, value in rows if name or value]


def split_host(problems: Sequence[Problem]) -> tuple[Problem | None, list[Problem]]:
    """The question whether a new host may get the credentials, and the other problems."""
    asked = next((problem for problem in problems if problem.field == "confirm_host"), None)
    return asked, [problem for problem in problems if problem is not asked]


def row_number(form: QueryDict) -> int:
    """The chosen row, counted from 1."""
    text = form.get("row", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 13 else 1


def _text(form: QueryDict, field: str) -> str:
    return form.get(field, "").strip()


def _lines(form: QueryDict, field: str) -> str:
    """Text of several lines as people see it: browsers post \\r\\n."""
    text = form.get(field, "").replace("\r\n", "\n")
    return text if text.strip() else ""


def _filled(form: QueryDict, field: str) -> list[str]:
    return [text.strip() for text in form.getlist(field) if text.strip()]


def _number(text: str) -> int | str | None:
    return int(text) if text.isdecimal() else text or None


def _numbers(form: QueryDict, fields: Sequence[str]) -> dict[str, str]:
    return {field: text for field in fields if (text := _text(form, field))}
