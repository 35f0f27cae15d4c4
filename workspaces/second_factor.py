"""A code beside the password: from an app on the phone (TOTP, RFC 6238), or one of those for when the phone is gone."""

import base64
import secrets
import time

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction

from workspaces import attempts
from workspaces.models import SecondFactor, User, Workspace
from workspaces.refusals import Refused
from workspaces.sealing import open_sealed, seal
from workspaces.tokens import hash_token

STEP = 30  # seconds that a code is for
DIGITS = 6
RECOVERY_CODES = 10
TOO_MANY = "Too many attempts. Wait 15 minutes."
WRONG = "This isn't the code for now. Take the newest one, and check that the clock of your phone is right."


def is_on(user: User) -> bool:
    return SecondFactor.objects.filter(user=user).exists()


def is_missing(user: User, workspace: Workspace) -> bool:
    """Returns whether the workspace wants a second factor that the user has yet to set up."""
    return workspace.requires_second_factor and not is_on(user)


def new_secret() -> str:
    """Returns what the app and Marl calculate codes with, as people can type it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def picture(user: User, secret: str) -> str:
    """Returns a QR code for the app, as the address of an image."""
    address = _totp(secret).get_provisioning_uri(user.email, "Marl")
    return str(segno.make(address).svg_data_uri(scale=4, light="#fff"))


def turn_on(user: User, secret: str, code: str) -> list[str]:
    """Returns the recovery codes, which cannot be shown again. Raises Refused for a code that the app doesn't show."""
    _check_attempts(user)
    if (step := _step_of(secret, code)) is None:
        raise Refused(WRONG)
    codes = _new_codes()
    SecondFactor.objects.update_or_create(
        user=user,
        defaults={"secret": seal({"totp": secret}), "last_step": step, "recovery_hashes": _hashes(codes)},
    )
    return codes


def turn_off(user: User, text: str) -> None:
    """Raises Refused for a wrong code."""
    check(user, text)
    forget(user)


def forget(user: User) -> None:
    """Turns it off for somebody who has lost phone and recovery codes; whoever calls it knows who they are."""
    SecondFactor.objects.filter(user=user).delete()


def renew_codes(user: User, text: str) -> list[str]:
    """Returns new recovery codes; the old ones are of no use any more. Raises Refused for a wrong code."""
    check(user, text)
    codes = _new_codes()
    SecondFactor.objects.filter(user=user).update(recovery_hashes=_hashes(codes))
    return codes


def check(user: User, text: str) -> None:
    """Takes a code of the app or a recovery code, once. Raises Refused."""
    _check_attempts(user)
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user).first()
        if factor is None or not (_take_code(factor, text) or _take_recovery_code(factor, text)):
            raise Refused(WRONG)
        factor.save()


def _take_code(factor: SecondFactor, text: str) -> bool:
    step = _step_of(open_sealed(factor.secret)["totp"], text)
    if step is None or step <= factor.last_step:
        return False
    factor.last_step = step
    return True


def _take_recovery_code(factor: SecondFactor, text: str) -> bool:
    digest = hash_token(_plain(text))
    if digest not in factor.recovery_hashes:
        return False
    factor.recovery_hashes.remove(digest)
    return True


def _step_of(secret: str, code: str) -> int | None:
    """Returns the step that a code is for: this one, or one beside it, because clocks differ."""
    now, totp, given = int(time.time() // STEP), _totp(secret), _plain(code).encode()
    steps = (now, now - 1, now + 1)
    return next((step for step in steps if secrets.compare_digest(totp.generate(step * STEP), given)), None)


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP)  # noqa: S303 (what the apps know)


def _new_codes() -> list[str]:
    """Returns codes of 80 random bits, in groups of four."""
    texts = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(text[at : at + 4] for at in range(0, 16, 4)) for text in texts]


def _hashes(codes: list[str]) -> list[str]:
    return [hash_token(_plain(code)) for code in codes]


def _plain(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())


def _check_attempts(user: User) -> None:
    """From whatever address: whoever tries codes has the password already."""
    if not attempts.may_try("", f"second-factor:{user.pk}"):
        raise Refused(TOO_MANY)


def seal_anew() -> None:
    """Encrypts every secret with the first key. Raises CannotOpen."""
    for factor in SecondFactor.objects.all():
        SecondFactor.objects.filter(pk=factor.pk, secret=factor.secret).update(secret=seal(open_sealed(factor.secret)))
