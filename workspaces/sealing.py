"""Secrets at rest: encrypted with a key from the environment."""

import base64
import json
from collections.abc import Mapping
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotOpen(Exception):
    """The key these secrets were sealed with is gone."""


def seal(secrets: Mapping[str, str]) -> str:
    """Returns the secrets encrypted with the first key of the settings."""
    return _box(tuple(settings.ENCRYPTION_KEYS)).encrypt(json.dumps(dict(secrets)).encode()).decode()


def open_sealed(sealed: str) -> dict[str, str]:
    """Returns the secrets, whichever of the keys sealed them; none of an empty text. Raises CannotOpen."""
    if not sealed:
        return {}
    try:
        opened: dict[str, str] = json.loads(_box(tuple(settings.ENCRYPTION_KEYS)).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise CannotOpen(
            "These secrets were encrypted with another key. Add that key to MARL_ENCRYPTION_KEYS, or enter them again."
        ) from error
    return opened


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"marl secrets").derive(key.encode())
