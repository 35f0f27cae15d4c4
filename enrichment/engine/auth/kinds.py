"""The kinds of connections by name: their settings, their secrets, and how they come to a token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from enrichment.engine.auth import key_file
from enrichment.engine.auth.authorization_code import AuthorizationCode
from enrichment.engine.auth.digest import Digest
from enrichment.engine.auth.headers import Headers
from enrichment.engine.auth.jwt_bearer import JwtBearer
from enrichment.engine.auth.jwt_sign_in import JwtSignIn
from enrichment.engine.auth.oauth2 import ClientCredentials
from enrichment.engine.auth.static import ApiKey, Basic, Bearer, SignedJwt
from enrichment.engine.errors import Problem

type Scheme = (
    JwtSignIn
    | ClientCredentials
    | JwtBearer
    | AuthorizationCode
    | Bearer
    | ApiKey
    | Headers
    | Basic
    | Digest
    | SignedJwt
)

SIGN_INS = (JwtSignIn, ClientCredentials, JwtBearer)  # they ask a server by themselves
_CHECKED = (SignedJwt, JwtBearer, AuthorizationCode, Headers)  # they may find fault with their secrets
FROM_SERVER = (*SIGN_INS, AuthorizationCode)  # a server gives their token; the others make it from what is known

_SENT: dict[str, Any] = {"token_type": "Bearer", "header_name": "Authorization"}
_OF_ALL: dict[str, Any] = {
    "renew_on": {"statuses": [401], "condition": None},
    "allowed_hosts": [],
    "rate_limit": None,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a connection of one kind consists of."""

    scheme: type[Scheme]
    settings: Mapping[str, Any] = field(default_factory=dict)  # of this kind alone, with their defaults
    secrets: tuple[str, ...] = ()  # that it cannot do without


KINDS: dict[str, Kind] = {
    "jwt": Kind(
        JwtSignIn,
        {
            "auth_request": {"method": "POST", "url": "", "headers": [], "body_format": "json", "body": ""},
            "token_path": "",
            **_SENT,
            "expires": None,
            "lifetime_seconds": None,
            "refresh": None,
        },
    ),
    "bearer": Kind(Bearer, _SENT, ("token",)),
    "api_key": Kind(ApiKey, {"in": "header", "name": "X-API-Key"}, ("key",)),
    "headers": Kind(Headers, {"headers": [], "query": []}),
    "basic": Kind(Basic, secrets=("username",)),
    "digest": Kind(Digest, secrets=("username", "password")),
    "oauth2_client_credentials": Kind(
        ClientCredentials,
        {"token_url": "", "scope": "", "client_auth": "basic", **_SENT, "lifetime_seconds": None},
        ("client_id", "client_secret"),
    ),
    "signed_jwt": Kind(
        SignedJwt, {"algorithm": "HS256", "claims": {}, "key_id": "", **_SENT, "lifetime_seconds": 300}, ("key",)
    ),
    "jwt_bearer": Kind(
        JwtBearer,
        {
            "token_url": "",
            "algorithm": "RS256",
            "claims": {},
            "key_id": "",
            "send_as": "assertion",
            "scope": "",
            **_SENT,
            "lifetime_seconds": None,
        },
        ("key",),
    ),
    "oauth2_authorization_code": Kind(
        AuthorizationCode,
        {
            "authorize_url": "",
            "token_url": "",
            "scope": "",
            "client_auth": "basic",
            "authorize_parameters": [],
            **_SENT,
            "lifetime_seconds": None,
        },
        ("client_id",),
    ),
}


def compile(kind: str, config: Mapping[str, Any]) -> Scheme:
    """Compiles the settings of a connection. Raises InvalidSettings with every problem at its field."""
    return KINDS[kind].scheme.compile(config)


def defaults(kind: str) -> dict[str, Any]:
    """Returns every setting of a kind with its default."""
    return {**KINDS[kind].settings, **_OF_ALL}


def signs_in(kind: str) -> bool:
    """Returns whether a connection of this kind asks a server for its token."""
    return issubclass(KINDS[kind].scheme, FROM_SERVER)


def complete(
    kind: str, config: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Returns settings and secrets with what a key file in place of a key holds. Raises InvalidSettings."""
    return key_file.taken_apart(config, secrets) if kind == "jwt_bearer" else (config, secrets)


def check(kind: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Problem]:
    """Returns what is wrong with the secrets of settings that compile."""
    scheme = compile(kind, config)
    return scheme.check(secrets) if isinstance(scheme, _CHECKED) else []
