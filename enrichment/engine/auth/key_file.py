"""The key files that providers hand out as JSON, taken apart into settings and secrets."""

import json
from collections.abc import Mapping
from typing import Any

from enrichment.engine.errors import InvalidSettings, Problem

BOX_TOKEN_URL = "https://api.box.com/oauth2/token"  # noqa: S105


def taken_apart(config: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Returns settings and secrets with what the file in `secrets.key` holds, where they are left out.

    A key that is no such file stays as it is. Raises InvalidSettings for a file without a private key.
    """
    file = _file(secrets.get("key", ""))
    if file is None:
        return dict(config), dict(secrets)
    from_file, own_secrets, claims = _box(file) if "boxAppSettings" in file else _google(file)
    if not own_secrets["key"]:
        words = "This file holds no private key. Paste the key file of a service account, or the key itself."
        raise InvalidSettings([Problem(words, field="secrets.key")])
    left_out = {name: value for name, value in from_file.items() if value and not config.get(name)}
    found_secrets = {name: value for name, value in own_secrets.items() if value}
    return {**config, **left_out, "claims": _with_claims(config.get("claims"), claims)}, {**secrets, **found_secrets}


def _file(text: str) -> dict[str, Any] | None:
    if not text.strip().startswith("{"):
        return None
    try:
        file = json.loads(text)
    except ValueError as error:
        words = "This isn't a whole key file: its JSON can't be read. Copy all of it."
        raise InvalidSettings([Problem(words, field="secrets.key")]) from error
    return file if isinstance(file, dict) else None


type _Parts = tuple[dict[str, str], dict[str, str], dict[str, str]]  # settings, secrets, claims


def _google(file: Mapping[str, Any]) -> _Parts:
    settings = {"token_url": _text(file, "token_uri"), "key_id": _text(file, "private_key_id")}
    return settings, {"key": _text(file, "private_key")}, {"iss": _text(file, "client_email")}


def _box(file: Mapping[str, Any]) -> _Parts:
    app = file["boxAppSettings"] if isinstance(file["boxAppSettings"], dict) else {}
    auth = app["appAuth"] if isinstance(app.get("appAuth"), dict) else {}
    settings = {"token_url": BOX_TOKEN_URL, "key_id": _text(auth, "publicKeyID")}
    secrets = {"key": _text(auth, "privateKey"), "passphrase": _text(auth, "passphrase")}
    secrets |= {"client_id": _text(app, "clientID"), "client_secret": _text(app, "clientSecret")}
    claims = {"iss": _text(app, "clientID"), "sub": _text(file, "enterpriseID"), "box_sub_type": "enterprise"}
    return settings, secrets, claims


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return str(value).strip() if isinstance(value, str | int) else ""


def _with_claims(given: object, found: Mapping[str, str]) -> object:
    """Returns the claims, as text where they were text, with those of the file that they leave out."""
    try:
        claims = json.loads(given or "{}") if isinstance(given, str) else dict(given) if given else {}  # type: ignore[call-overload]
    except (ValueError, TypeError):
        return given  # the claims themselves are told to be wrong
    if not isinstance(claims, dict):
        return given
    merged = {name: value for name, value in found.items() if value} | claims
    return json.dumps(merged, indent=2) if isinstance(given, str) else merged
