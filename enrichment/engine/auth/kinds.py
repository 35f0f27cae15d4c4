"""The kinds of connections by name: their settings, their secrets, and how they come to a token."""

from collections.abc import Mapping
from typing import Any

from enrichment.engine.auth.jwt_sign_in import JwtSignIn
from enrichment.engine.auth.oauth2 import ClientCredentials
from enrichment.engine.auth.static import ApiKey, Basic, Bearer, SignedJwt

type Scheme = JwtSignIn | ClientCredentials | Bearer | ApiKey | Basic | SignedJwt

SIGN_INS = (JwtSignIn, ClientCredentials)  # they ask a server; the others make the token from what is known

_KINDS: dict[str, type[Scheme]] = {
    "jwt": JwtSignIn,
    "bearer": Bearer,
    "api_key": ApiKey,
    "basic": Basic,
    "oauth2_client_credentials": ClientCredentials,
    "signed_jwt": SignedJwt,
}
_SENT: dict[str, Any] = {"token_type": "Bearer", "header_name": "Authorization"}
_OF_ALL: dict[str, Any] = {
    "renew_on": {"statuses": [401], "condition": None},
    "allowed_hosts": [],
    "rate_limit": None,
}
_OWN: dict[str, dict[str, Any]] = {
    "jwt": {
        "auth_request": {"method": "POST", "url": "", "headers": [], "body_format": "json", "body": ""},
        "token_path": "",
        **_SENT,
        "expires": None,
        "lifetime_seconds": None,
    },
    "bearer": _SENT,
    "api_key": {"in": "header", "name": "X-API-Key"},
    "basic": {},
    "oauth2_client_credentials": {
        "token_url": "",
        "scope": "",
        "client_auth": "basic",
        **_SENT,
        "lifetime_seconds": None,
    },
    "signed_jwt": {"algorithm": "HS256", "claims": {}, "key_id": "", **_SENT, "lifetime_seconds": 300},
}
SECRETS: dict[str, tuple[str, ...]] = {  # that a kind cannot do without
    "jwt": (),
    "bearer": ("token",),
    "api_key": ("key",),
    "basic": ("username",),
    "oauth2_client_credentials": ("client_id", "client_secret"),
    "signed_jwt": ("key",),
}


def compile(kind: str, config: Mapping[str, Any]) -> Scheme:
    """Compiles the settings of a connection. Raises InvalidSettings with every problem at its field."""
    return _KINDS[kind].compile(config)


def defaults(kind: str) -> dict[str, Any]:
    """Returns every setting of a kind with its default."""
    return {**_OWN[kind], **_OF_ALL}
