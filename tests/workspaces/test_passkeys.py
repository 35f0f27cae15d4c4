"""Passkeys, with a device of software: who signs in, and what is refused."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from workspaces.models import Passkey, User, Workspace

pytestmark = pytest.mark.django_db

ORIGIN = "http://testserver"
KNOWN = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV  # somebody is there, and it knows who
PRESENT = AuthenticatorData.FLAG.UP


@dataclass
class Device:
    """What a phone does, when it is asked at an origin."""

    origin: str = ORIGIN
    flags: AuthenticatorData.FLAG = KNOWN
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    identifier: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        key = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(Aaguid.NONE, self.identifier, key)
        flags = self.flags | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(sha256(options["rp"]["id"].encode()), flags, 0, credential)
        return self._answer("webauthn.create", options, attestationObject=AttestationObject.create("none", data, {}))

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        data = AuthenticatorData.create(sha256(options["rpId"].encode()), self.flags, 0)
        signed = data + sha256(self._client_data("webauthn.get", options))
        signature = self.key.sign(signed, ec.ECDSA(SHA256()))
        return self._answer("webauthn.get", options, authenticatorData=data, signature=signature)

    def _client_data(self, kind: str, options: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(kind, websafe_decode(options["challenge"]), self.origin)

    def _answer(self, kind: str, options: dict[str, Any], **response: bytes) -> dict[str, Any]:
        response["clientDataJSON"] = self._client_data(kind, options)
        identifier = websafe_encode(self.identifier)
        encoded = {name: websafe_encode(value) for name, value in response.items()}
        return {"id": identifier, "rawId": identifier, "type": "public-key", "response": encoded}


def post(client: Client, path: str, answer: Any) -> Any:
    return client.post(path, json.dumps(answer), content_type="application/json")


def added(client: Client, device: Device) -> Any:
    return post(client, "/settings/passkeys", device.make(client.get("/settings/passkeys").json()))


def sign_in(client: Client, device: Device, path: str = "/sign-in/passkey") -> Any:
    return post(client, path, device.sign(client.get("/sign-in/passkey").json()))


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/account").status_code == 200


@pytest.fixture
def device(viewer: User, client_for: Callable[[User], Client]) -> Device:
    """A phone whose passkey the viewer has added."""
    device = Device()
    assert added(client_for(viewer), device).json() == {"next": "/settings/account"}
    return device


def test_a_passkey_signs_in_without_password_and_code(client: Client, device: Device, workspace: Workspace) -> None:
    Workspace.objects.update(requires_second_factor=True)
    assert sign_in(client, device, "/sign-in/passkey?next=/settings/members").json() == {"next": "/settings/members"}
    assert client.get("/settings/members").status_code == 200
    assert Passkey.objects.get().last_used_at


def test_nobody_is_led_to_another_site(client: Client, device: Device) -> None:
    assert sign_in(client, device, "/sign-in/passkey?next=https://evil.example/").json() == {"next": "/"}


def test_an_answer_is_good_once_and_in_its_own_browser(client: Client, device: Device) -> None:
    answer = device.sign(client.get("/sign-in/passkey").json())
    other = Client()
    assert "comes too late, or twice" in post(other, "/sign-in/passkey", answer).json()["error"]["message"]
    other.get("/sign-in/passkey")
    assert "Wrong challenge" in post(other, "/sign-in/passkey", answer).json()["error"]["message"]
    assert post(client, "/sign-in/passkey", answer).status_code == 200
    client.post("/sign-out")
    assert post(client, "/sign-in/passkey", answer).status_code == 422
    assert not is_signed_in(client)
    assert not is_signed_in(other)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"origin": "https://marl.evil.example"}, "Invalid origin"),
        ({"flags": PRESENT}, "User verification required"),
        ({"key": ec.generate_private_key(ec.SECP256R1())}, "Invalid signature"),
        ({"identifier": b"unknown"}, "Nobody here has this passkey"),
    ],
)
def test_what_another_site_or_device_signed_is_refused(
    change: dict[str, Any], told: str, client: Client, device: Device
) -> None:
    for name, value in change.items():
        setattr(device, name, value)
    answer = sign_in(client, device)
    assert answer.status_code == 403
    assert told in answer.json()["error"]["message"]
    assert not is_signed_in(client)


@pytest.mark.parametrize("change", [{"origin": "https://marl.evil.example"}, {"flags": PRESENT}])
def test_a_passkey_of_another_site_or_without_verification_is_not_added(
    change: dict[str, Any], viewer: User, client_for: Callable[[User], Client]
) -> None:
    assert added(client_for(viewer), Device(**change)).status_code == 422
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("answer", [[], {}, {"id": 7}, {"id": "x", "response": {}}, "no JSON"])
def test_an_answer_that_is_none_is_refused(answer: Any, client: Client, viewer: User) -> None:
    client.get("/sign-in/passkey")
    assert post(client, "/sign-in/passkey", answer).status_code in (403, 422)
    client.force_login(viewer)
    client.get("/settings/passkeys")
    assert post(client, "/settings/passkeys", answer).status_code == 422


def test_a_passkey_belongs_to_one_person(
    device: Device, viewer: User, editor: User, client_for: Callable[[User], Client]
) -> None:
    theirs = client_for(editor)
    assert added(theirs, device).status_code == 409
    passkey = Passkey.objects.get()
    assert theirs.post(f"/settings/passkeys/{passkey.pk}").status_code == 404
    ours = client_for(viewer)
    assert "Made with" in ours.get("/settings/account").content.decode()
    assert [one["id"] for one in ours.get("/settings/passkeys").json()["excludeCredentials"]] == [passkey.identifier]
    ours.post(f"/settings/passkeys/{passkey.pk}")
    assert not Passkey.objects.exists()


def test_a_closed_account_has_no_passkey(client: Client, device: Device) -> None:
    User.objects.update(is_active=False)
    assert sign_in(client, device).status_code == 403
