"""The way of somebody to the issuer and back. What is needed on the way back waits in their session, for one use."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from enrichment.engine.auth.authorization_code import AuthorizationCode
from enrichment.engine.auth.oauth2 import body_of, error_of
from enrichment.engine.errors import InvalidSettings
from enrichment.engine.messages import Response
from single_sign_on import id_token, issuer
from single_sign_on.asking import fetch, said, send, unexpected
from single_sign_on.issuer import Issuer
from workspaces.refusals import Refused

OPEN_FOR = 600  # seconds
KEPT_AS = "single_sign_on"  # in the session
_CLIENT_REFUSED = frozenset(("invalid_client", "unauthorized_client"))


@dataclass(frozen=True, slots=True)
class Journey:
    """What only we and the browser that set out know."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    next: str  # the page to show after it
    began: float  # seconds since 1970


def begin(session: SessionBase, redirect_uri: str, next_page: str, *, anew: bool = False) -> str:
    """Returns the address at the issuer where somebody signs in, `anew` also if they are already signed in there.

    Raises Refused.
    """
    state, nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    journey = Journey(state, nonce, verifier, redirect_uri, next_page, time.time())
    scheme = _scheme(issuer.discover(), {"nonce": nonce} | ({"prompt": "login"} if anew else {}))
    session[KEPT_AS] = asdict(journey)
    return scheme.consent_url(_own(), redirect_uri=redirect_uri, state=state, verifier=verifier)


def take(session: SessionBase, state: str) -> Journey:
    """Returns the journey that this browser set out on, once. Raises Refused for any other state."""
    kept = session.pop(KEPT_AS, None)
    journey = Journey(**kept) if kept else None
    if journey is None or time.time() - journey.began > OPEN_FOR:
        raise Refused("This way back is good once, for ten minutes after you set out, in the same browser. Try again.")
    if not secrets.compare_digest(journey.state.encode(), state.encode()):
        raise Refused("You came back from a sign-in that didn't begin here, so nobody was signed in. Try again.")
    return journey


def claims(journey: Journey, code: str) -> tuple[Issuer, dict[str, Any]]:
    """Returns what the issuer proves of whoever brought the code. Raises Refused."""
    of = issuer.discover()
    scheme = _scheme(of, {})
    request = scheme.exchange(_own(), code=code, verifier=journey.verifier, redirect_uri=journey.redirect_uri)
    tokens = send(request, _own(), lambda answer: _tokens(answer, journey.redirect_uri))
    access_token = str(tokens.get("access_token") or "")
    proven = id_token.verify(
        tokens["id_token"],
        fetch(of.keys_url),
        of,
        client_id=settings.OIDC_CLIENT_ID,
        nonce=journey.nonce,
        access_token=access_token,
        now=time.time(),
    )
    return of, _with_more(proven, of, access_token)


def _with_more(proven: dict[str, Any], of: Issuer, access_token: str) -> dict[str, Any]:
    """Returns the claims with those that the issuer keeps out of its ID tokens."""
    wanted = {"email", *([settings.OIDC_GROUPS_CLAIM] if settings.OIDC_ROLES else [])}
    if wanted <= proven.keys() or not (of.claims_url and access_token):
        return proven
    more = fetch(of.claims_url, token=access_token)
    if more.get("sub") != proven["sub"]:
        raise Refused("The issuer told of someone else than who signed in, so nobody was signed in. Try again.")
    return more | proven


def _scheme(of: Issuer, parameters: Mapping[str, str]) -> AuthorizationCode:
    config = {
        "authorize_url": of.authorize_url,
        "token_url": of.token_url,
        "scope": settings.OIDC_SCOPE,
        "client_auth": of.client_auth if settings.OIDC_CLIENT_SECRET else "none",
        "authorize_parameters": [{"name": name, "value": value} for name, value in parameters.items()],
    }
    try:
        return AuthorizationCode.compile(config)
    except InvalidSettings as error:
        raise Refused(f"The issuer's own addresses can't be used: {error}") from error


def _own() -> dict[str, str]:
    own = {"client_id": settings.OIDC_CLIENT_ID, "client_secret": settings.OIDC_CLIENT_SECRET}
    return {name: value for name, value in own.items() if value}


def _tokens(answer: Response, redirect_uri: str) -> dict[str, Any]:
    body, error, name = body_of(answer), error_of(answer), settings.OIDC_NAME
    if error in _CLIENT_REFUSED or (answer.status == 401 and not error):
        words = f"{name} doesn't accept Marl itself ({said(answer)}), so nobody can sign in with it."
        raise unexpected(
            f"{words} Whoever runs this server has to check MARL_OIDC_CLIENT_ID and MARL_OIDC_CLIENT_SECRET."
        )
    if error == "invalid_grant":
        raise unexpected(f"{name} doesn't accept the code that you came back with: {said(answer)}. Try again.")
    if error or answer.status != 200:
        words = f"{name} gave no token: {said(answer)}."
        raise unexpected(f"{words} Whoever runs this server can compare the callback address there, {redirect_uri}.")
    if not isinstance(body.get("id_token"), str):
        words = f"{name} gave no ID token, so it doesn't speak OpenID Connect here."
        raise unexpected(f"{words} Whoever runs this server has to allow the scope openid there.")
    return body
