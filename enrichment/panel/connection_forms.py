"""Between the form of a connection and the settings of the API. Field names are the paths of the settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from enrichment.engine.auth import kinds
from enrichment.engine.errors import Problem
from enrichment.panel.forms import filled, lines, number, parameters, rate_limit, text


@dataclass(frozen=True, slots=True)
class KindWords:
    """How the form calls a kind, and how the documentation of an API would put it."""

    name: str
    says: str


KINDS = {  # in the order of the form
    "jwt": KindWords("JWT sign-in", "Log in with a user name and password, then send the token you get"),
    "bearer": KindWords("Bearer token", "Send your token: Authorization: Bearer …"),
    "api_key": KindWords("API key", "Send your key in the header X-API-Key, or as ?key=…"),
    "headers": KindWords("Several headers or parameters", "Send an ID and a key: X-App-Id and X-Api-Key"),
    "basic": KindWords("Basic", "HTTP Basic authentication with a user name and password"),
    "digest": KindWords("Digest", "HTTP Digest authentication with a user name and password"),
    "oauth2_client_credentials": KindWords(
        "OAuth 2 client credentials", "Exchange a client ID and client secret at the token endpoint"
    ),
    "oauth2_authorization_code": KindWords(
        "OAuth 2 (you sign in)", "Create an app, then let it in on a consent page: “Connect”, “authorization code”"
    ),
    "jwt_bearer": KindWords(
        "JWT bearer (service account)", "Sign a JWT with a private key and exchange it for an access token"
    ),
    "signed_jwt": KindWords("Signed JWT", "Sign a JWT with your key and send it with every request"),
}

_LOGIN = '{\n  "username": "{{secret.username}}",\n  "password": "{{secret.password}}"\n}'
_PAIR = [
    {"name": "X-App-Id", "value": "{{secret.app_id}}"},
    {"name": "X-Api-Key", "value": "{{secret.api_key}}"},
]
_TEXTS = (
    "token_path",
    "token_type",
    "header_name",
    "in",
    "authorize_url",
    "token_url",
    "scope",
    "client_auth",
    "algorithm",
    "key_id",
    "send_as",
)


def settings(form: QueryDict) -> dict[str, Any]:
    """Returns a connection as the API takes it: {"name", "kind", "config", "secrets"}; a secret may be blank."""
    kind = form.get("kind", "jwt")
    known = kinds.defaults(kind) if kind in kinds.KINDS else {}
    config: dict[str, Any] = {name: text(form, name) for name in _TEXTS if name in known}
    for name, read in _READ.items():
        if name in known:
            config[name] = read(form)
    return {"name": text(form, "name"), "kind": kind, "config": config, "secrets": _secrets(form)}


def beginning(kind: str) -> tuple[dict[str, Any], dict[str, bool]]:
    """Returns the settings, and {secret: whether it is stored}, that the form of a new connection begins with."""
    config = kinds.defaults(kind)
    if kind == "jwt":
        return config | {"auth_request": config["auth_request"] | {"body": _LOGIN}}, dict.fromkeys(
            ("username", "password"), False
        )
    if kind == "headers":
        return config | {"headers": _PAIR}, dict.fromkeys(("app_id", "api_key"), False)
    return config, dict.fromkeys(kinds.KINDS[kind].secrets, False)


def _request(form: QueryDict, field: str) -> dict[str, Any]:
    return {
        "method": form.get(f"{field}.method", "POST"),
        "url": text(form, f"{field}.url"),
        "headers": parameters(form, f"{field}.headers"),
        "body_format": form.get(f"{field}.body_format", "json"),
        "body": lines(form, f"{field}.body"),
    }


def _refresh(form: QueryDict) -> dict[str, Any] | None:
    """A form without the address of the refresh has none."""
    if not text(form, "refresh.request.url"):
        return None
    paths = {name: text(form, f"refresh.{name}") for name in ("token_path", "refresh_path")}
    return {"request": _request(form, "refresh.request"), **paths}


def _expires(form: QueryDict) -> dict[str, str] | None:
    path = text(form, "expires.path")
    return {"path": path, "unit": form.get("expires.unit", "seconds")} if path else None


def _renew_on(form: QueryDict) -> dict[str, Any]:
    if "renew_on.statuses" not in form:
        return {"statuses": [401], "condition": None}
    statuses = [number(part) for part in text(form, "renew_on.statuses").replace(",", " ").split()]
    return {"statuses": statuses, "condition": lines(form, "renew_on.condition").strip() or None}


_READ: dict[str, Callable[[QueryDict], Any]] = {
    "auth_request": lambda form: _request(form, "auth_request"),
    "refresh": _refresh,
    "headers": lambda form: parameters(form, "headers"),
    "query": lambda form: parameters(form, "query"),
    "expires": _expires,
    "renew_on": _renew_on,
    "authorize_parameters": lambda form: parameters(form, "authorize_parameters"),
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
