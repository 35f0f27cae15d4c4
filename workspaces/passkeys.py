"""Signing in with a passkey (WebAuthn): the device asks who you are, so that it is both factors at once."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from workspaces.models import Passkey, User
from workspaces.refusals import Refused

MOST = 20  # for one person
_VERIFIED = UserVerificationRequirement.REQUIRED


def registration(user: User, origin: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the options for the browser, and what has to be kept until it answers."""
    known = [AttestedCredentialData(bytes(passkey.credential)) for passkey in user.passkeys.all()]
    person = PublicKeyCredentialUserEntity(id=str(user.pk).encode(), name=user.email, display_name=str(user))
    options, state = _server(origin).register_begin(person, known, ResidentKeyRequirement.REQUIRED, _VERIFIED)
    return dict(options)["publicKey"], state


def register(user: User, origin: str, state: Mapping[str, Any], answer: Mapping[str, Any], name: str) -> Passkey:
    """Stores the passkey that the browser made. Raises Refused for an answer that doesn't belong to the question."""
    if user.passkeys.count() >= MOST:
        raise Refused(f"You have {MOST} passkeys already. Remove one first.", code="conflict")
    try:
        made = _server(origin).register_complete(state, answer).credential_data
        assert made is not None
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"The passkey can't be used: {error} Try again.") from error
    identifier = websafe_encode(made.credential_id)
    if Passkey.objects.filter(identifier=identifier).exists():
        raise Refused("This passkey is in use already.", code="conflict")
    return Passkey.objects.create(user=user, identifier=identifier, credential=bytes(made), name=name)


def question(origin: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the options for a browser where somebody signs in, and what has to be kept until it answers."""
    options, state = _server(origin).authenticate_begin(None, _VERIFIED)
    return dict(options)["publicKey"], state


def user_of(origin: str, state: Mapping[str, Any], answer: Mapping[str, Any]) -> User:
    """Returns whose passkey it is that signed the question. Raises Refused."""
    passkey = Passkey.objects.filter(identifier=str(answer.get("id"))).select_related("user").first()
    if passkey is None or not passkey.user.is_active:
        raise Refused("Nobody here has this passkey. It may have been removed: sign in another way.", code="forbidden")
    try:
        _server(origin).authenticate_complete(state, [AttestedCredentialData(bytes(passkey.credential))], answer)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"The passkey didn't sign you in: {error} Try again.", code="forbidden") from error
    Passkey.objects.filter(pk=passkey.pk).update(last_used_at=timezone.now())
    return passkey.user


def _server(origin: str) -> Fido2Server:
    """Takes answers that were given at this origin alone: phishing pages have another one."""
    host = urlsplit(origin).hostname or ""
    return Fido2Server(PublicKeyCredentialRpEntity(name="Marl", id=host), verify_origin=lambda given: given == origin)
