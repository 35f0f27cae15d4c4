"""Somebody as the claims of an issuer describe them."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from workspaces.identities import Person

# Microsoft says with a claim of its own that the domain of an address is its owner's.
_VERIFIED = ("email_verified", "xms_edov")


def person_of(issuer: str, claims: Mapping[str, Any], groups_claim: str) -> Person:
    """Returns who signed in; without an address that the issuer doesn't vouch for."""
    name = claims.get("name")
    return Person(
        issuer=issuer,
        subject=claims["sub"],
        email=_email(claims) if _is_verified(claims) else "",
        name=name.strip() if isinstance(name, str) else "",
        groups=_groups(_at(claims, groups_claim)),
    )


def _is_verified(claims: Mapping[str, Any]) -> bool:
    """Some issuers write the truth as a text or as a number."""
    return any(claims.get(name) in (True, "true", "True", 1, "1") for name in _VERIFIED)


def _email(claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return str(email).lower()


def _at(claims: Mapping[str, Any], path: str) -> object:
    """Returns the claim of this name, else what stands at this path, such as `realm_access.roles`."""
    if path in claims:
        return claims[path]
    found: object = claims
    for key in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def _groups(found: object) -> frozenset[str] | None:
    if isinstance(found, str):
        return frozenset((found,))
    return frozenset(item for item in found if isinstance(item, str)) if isinstance(found, list) else None
