"""Between the form of a connection and the settings of the API. Field names are the paths of the settings."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from enrichment.engine.auth import kinds
from enrichment.engine.errors import Problem
from enrichment.models import Connection
from enrichment.panel.forms import filled, lines, number, parameters, rate_limit, text

_TEXTS = (
    "token_path",
    "token_type",
    "header_name",
    "in",
    "token_url",
    "scope",
    "client_auth",
    "algorithm",
    "key_id",
)


def settings(form: QueryDict) -> dict[str, Any]:
    """Returns a connection as the API takes it: {"name", "kind", "config", "secrets"}; a secret may be blank."""
    kind = form.get("kind", "jwt")
    known = kinds.defaults(kind) if kind in Connection.Kind.values else {}
    config: dict[str, Any] = {name: text(form, name) for name in _TEXTS if name in known}
    for name, read in _READ.items():
        if name in known:
            config[name] = read(form)
    return {"name": text(form, "name"), "kind": kind, "config": config, "secrets": _secrets(form)}


def _auth_request(form: QueryDict) -> dict[str, Any]:
    return {
        "method": form.get("auth_request.method", "POST"),
        "url": text(form, "auth_request.url"),
        "headers": parameters(form, "auth_request.headers"),
        "body_format": form.get("auth_request.body_format", "json"),
        "body": lines(form, "auth_request.body"),
    }


def _expires(form: QueryDict) -> dict[str, str] | None:
    path = text(form, "expires.path")
    return {"path": path, "unit": form.get("expires.unit", "seconds")} if path else None


def _renew_on(form: QueryDict) -> dict[str, Any]:
    if "renew_on.statuses" not in form:
        return {"statuses": [401], "condition": None}
    statuses = [number(part) for part in text(form, "renew_on.statuses").replace(",", " ").split()]
    return {"statuses": statuses, "condition": lines(form, "renew_on.condition").strip() or None}


_READ: dict[str, Callable[[QueryDict], Any]] = {
    "auth_request": _auth_request,
    "expires": _expires,
    "renew_on": _renew_on,
    "name": lambda form: text(form, "name_of_key"),
    "claims": lambda form: lines(form, "claims"),
    "lifetime_seconds": lambda form: number(text(form, "lifetime_seconds")),
    "rate_limit": rate_limit,
    "allowed_hosts": lambda form: filled(form, "allowed_hosts"),
}


def _secrets(form: QueryDict) -> dict[str, str]:
    pairs = zip(form.getlist("secret.name"), form.getlist("secret.value"), strict=False)
    return {name.strip(): value for name, value in pairs if name.strip()}


def changed_secrets(typed: Mapping[str, str], stored: Mapping[str, bool]) -> dict[str, str]:
    """Blank keeps what is stored; a stored secret that is no longer on the form is removed (an empty text)."""
    return {name: value for name, value in typed.items() if value} | {name: "" for name in stored if name not in typed}


def number_problems(config: Mapping[str, Any]) -> list[Problem]:
    """Returns what is wrong where a connection needs a number."""
    if isinstance(config.get("lifetime_seconds"), str):
        return [Problem("Enter a whole number of seconds.", field="lifetime_seconds")]
    return []
