"""The ID token (OpenID Connect Core 1.0, 3.1.3.7): who signed in, said by the issuer, for us, now."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jwk import KeySet

from single_sign_on.issuer import Issuer
from workspaces.refusals import Refused

LEEWAY = 60  # seconds by which clocks may disagree
SUBJECT_AT_MOST = 255  # characters, as the standard says
_WRONG = {
    "iss": "it comes from another issuer",
    "aud": "it is for another application",
    "azp": "it is for another application",
    "nonce": "it belongs to another sign-in",
    "at_hash": "it belongs to another access token",
}


def verify(
    text: str, keys: Mapping[str, Any], issuer: Issuer, *, client_id: str, nonce: str, access_token: str, now: float
) -> dict[str, Any]:
    """Returns the claims of an ID token. Raises Refused, also where the clocks disagree."""
    try:
        token = jwt.decode(text, _usable(keys), algorithms=issuer.algorithms)
        claims = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"essential": True, "value": issuer.name}, "aud": {"essential": True, "value": client_id}},
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )
        claims.validate(now=int(now), leeway=LEEWAY)
    except ClaimError as error:
        raise _refused(error.claim, token.claims, now) from error
    except (JoseError, ValueError) as error:
        raise Refused(f"{_UNPROVEN}: its signature can't be checked ({error}). {_ASK}") from error
    if not 0 < len(claims["sub"]) <= SUBJECT_AT_MOST:
        raise Refused(f"{_UNPROVEN}: it names nobody. {_ASK}")
    return dict(claims)


_UNPROVEN = "The issuer's ID token doesn't prove who you are"
_ASK = "Nobody was signed in. Try again; if it goes on, tell whoever runs this server."


def _usable(keys: Mapping[str, Any]) -> KeySet:
    """Returns the keys that sign; an issuer may list others, of kinds that nobody here knows."""
    listed = keys.get("keys")
    signing = [
        key
        for key in (listed if isinstance(listed, list) else [])
        if isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP")
    ]
    if not signing:
        raise ValueError("the issuer lists no key that signs")
    return KeySet.import_key_set({"keys": signing})


def _refused(claim: str, claims: Mapping[str, Any], now: float) -> Refused:
    if claim in ("exp", "iat", "nbf") and isinstance(moment := claims.get(claim), int | float):
        word = "ended" if claim == "exp" else "begins"
        words = f"it {word} at {_time(moment)}, and the clock of this server says {_time(now)}"
        return Refused(
            f"{_UNPROVEN}: {words}. Nobody was signed in. Whoever runs this server has to set its clock (NTP)."
        )
    return Refused(f"{_UNPROVEN}: {_WRONG.get(claim, f'its claim {claim} is missing or wrong')}. {_ASK}")


def _time(moment: float) -> str:
    try:
        return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return "a time that no clock has"
