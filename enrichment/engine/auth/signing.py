"""JWTs that are signed here: their claims, and the key with the algorithm that it is for."""

import json
import re
import warnings
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from enrichment.engine.errors import InvalidSettings, Problem, RenderError, SignInError
from enrichment.engine.template import body
from enrichment.engine.template.body import Body

type Key = str | RSAPrivateKey | EllipticCurvePrivateKey

ALGORITHMS = tuple(f"{family}{size}" for family in ("HS", "RS", "ES", "PS") for size in (256, 384, 512))
_CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def check_algorithm(name: object, problems: list[Problem]) -> None:
    """Adds a problem for what is not the name of an algorithm."""
    if name not in ALGORITHMS:
        problems.append(Problem(f"Choose one of {', '.join(ALGORITHMS)}.", field="algorithm"))


def compile_claims(given: object, problems: list[Problem]) -> Body | None:
    """Compiles the claims from JSON as text with `{{secret.name}}`, or from an object."""
    text = given if isinstance(given, str) else json.dumps(given or {})
    try:
        found = body.compile(text if text.strip() else "{}", {}, secrets=True)
    except InvalidSettings as error:
        problems += [Problem(problem.message, "claims", problem.line, problem.column) for problem in error.problems]
        return None
    if not text.strip().startswith("{") and text.strip():
        problems.append(Problem("Write the claims as a JSON object.", field="claims"))
    return found


def fill_claims(claims: Body, secrets: Mapping[str, str]) -> dict[str, Any]:
    """Returns the claims with their secrets filled in. Raises SignInError."""
    try:
        filled: dict[str, Any] = json.loads(claims.render({}, secrets)[0])
    except RenderError as error:
        raise SignInError("claims", f"The claims can't be filled in: {error.message}") from error
    return filled


def key_of(secrets: Mapping[str, str], algorithm: str) -> Key:
    """Returns the key among the secrets. Raises SignInError when it is missing or does not fit."""
    if not (text := secrets.get("key", "").strip()):
        raise SignInError("secret_missing", "The secret key isn't set.")
    return load_key(text, algorithm, secrets.get("passphrase", ""))


def key_problems(secrets: Mapping[str, str], algorithm: str) -> list[Problem]:
    """Returns what is wrong with the key among the secrets."""
    try:
        key_of(secrets, algorithm)
    except SignInError as error:
        return [Problem(error.message, field="secrets.key")]
    return []


def load_key(text: str, algorithm: str, passphrase: str = "") -> Key:
    """Returns the key that signs with the algorithm.

    Raises SignInError of code `key` that says what is wrong with it, and never what it holds.
    """
    if algorithm.startswith("HS"):
        if text.startswith("-----BEGIN"):
            raise _no_key(f"{algorithm} needs a secret text, and this is a key in PEM form. Choose RS256 or ES256.")
        return text
    label, pem = _as_pem(text, algorithm)
    key = _loaded(pem, passphrase)
    if algorithm in _CURVES:
        _check_curve(key, algorithm)
    elif not isinstance(key, RSAPrivateKey):
        raise _no_key(f"{algorithm} needs an RSA key, and this is {_kind(key, label)}.")
    assert isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey)
    return key


def sign(claims: Mapping[str, Any], key: Key, algorithm: str, key_id: str = "") -> str:
    """Returns the JWT. Raises SignInError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)  # the API chose the key
            return jwt.encode(dict(claims), key, algorithm, {"kid": key_id} if key_id else None)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise _no_key(f"The key doesn't work with {algorithm}.") from error


def _as_pem(text: str, algorithm: str) -> tuple[str, str]:
    """Returns what the key calls itself, and the key with its line breaks: they are often lost in copying."""
    found = _PEM.search(text.replace("\\r", "").replace("\\n", "\n"))
    if found is None:
        words = f"{algorithm} needs a private key in PEM form, from -----BEGIN PRIVATE KEY----- to its END line."
        raise _no_key(words)
    label, content = found[1], found[2]
    if not label.endswith("PRIVATE KEY"):
        raise _no_key(f"This is a {label.lower()}. {algorithm} needs the private key that belongs to it.")
    if label.startswith("OPENSSH"):
        raise _no_key("This key is in OpenSSH form. Convert it to PEM with: ssh-keygen -p -m PEM -f FILE")
    if ":" not in content:  # the older encrypted form has headers
        joined = "".join(content.split())
        content = "\n" + "\n".join(joined[start : start + 64] for start in range(0, len(joined), 64)) + "\n"
    return label, f"-----BEGIN {label}-----{content}-----END {label}-----\n"


def _loaded(pem: str, passphrase: str) -> object:
    encrypted = "ENCRYPTED" in pem
    if encrypted and not passphrase:
        raise _no_key("This key is encrypted. Enter its passphrase too.")
    try:
        return load_pem_private_key(pem.encode(), passphrase.encode() if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted:
            raise _no_key("This key can't be opened with its passphrase.") from error
        raise _no_key("This private key can't be read. Copy all of it, from its BEGIN to its END line.") from error


def _check_curve(key: object, algorithm: str) -> None:
    if not isinstance(key, EllipticCurvePrivateKey):
        raise _no_key(f"{algorithm} needs an EC key, and this is {_kind(key, '')}.")
    if key.curve.name != _CURVES[algorithm]:
        fitting = next((name for name, curve in _CURVES.items() if curve == key.curve.name), "")
        words = f"This key is for another curve than that of {algorithm}."
        raise _no_key(f"{words} Choose {fitting}." if fitting else words)


def _kind(key: object, label: str) -> str:
    if isinstance(key, RSAPrivateKey):
        return "an RSA key. Choose RS256"
    if isinstance(key, EllipticCurvePrivateKey):
        fitting = next((name for name, curve in _CURVES.items() if curve == key.curve.name), "")
        return f"an EC key. Choose {fitting}" if fitting else "an EC key"
    return f"another kind of key ({label.lower()})" if label else "another kind of key"


def _no_key(words: str) -> SignInError:
    return SignInError("key", words)
