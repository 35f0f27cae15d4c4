"""What the issuer says of itself (OpenID Connect Discovery 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache

from single_sign_on.asking import check_secure, fetch
from workspaces.refusals import Refused

KNOWN_FOR = 300  # seconds: so that visitors of the sign-in page cannot make Marl ask without end
SIGNED_WITH = frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"))


@dataclass(frozen=True, slots=True)
class Issuer:
    name: str  # as it stands in its tokens
    authorize_url: str
    token_url: str
    keys_url: str
    claims_url: str  # empty where it has none
    client_auth: str  # basic or body
    algorithms: tuple[str, ...]


def discover() -> Issuer:
    """Returns the issuer that the settings name. Raises Refused where it can't be used."""
    address = f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration"
    known = cache.get(address)
    if isinstance(known, Issuer):
        return known
    issuer = _read(fetch(address))
    cache.set(address, issuer, KNOWN_FOR)
    return issuer


def _read(document: Mapping[str, Any]) -> Issuer:
    name = _text(document, "issuer")
    if name.rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
        words = f"The issuer calls itself {name[:200] or 'nothing'}, but MARL_OIDC_ISSUER is {settings.OIDC_ISSUER}."
        raise Refused(f"{words} Whoever runs this server has to set it to what the issuer calls itself.")
    offered = document.get("id_token_signing_alg_values_supported") or ["RS256"]
    issuer = Issuer(
        name,
        _text(document, "authorization_endpoint"),
        _text(document, "token_endpoint"),
        _text(document, "jwks_uri"),
        _text(document, "userinfo_endpoint"),
        _client_auth(document),
        tuple(sorted(SIGNED_WITH.intersection(offered))),
    )
    for url in (issuer.authorize_url, issuer.token_url, issuer.keys_url):
        check_secure(url)
    return issuer


def _client_auth(document: Mapping[str, Any]) -> str:
    """Returns the header, which is the default of the standard, unless the issuer takes the body alone."""
    methods = document.get("token_endpoint_auth_methods_supported") or []
    return "body" if "client_secret_post" in methods and "client_secret_basic" not in methods else "basic"


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
