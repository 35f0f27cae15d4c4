"""A signed JWT is exchanged for a token: what it claims, how it is sent, which keys and key files are taken."""

import json
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from enrichment.engine.auth import kinds
from enrichment.engine.auth.jwt_bearer import JwtBearer
from enrichment.engine.errors import InvalidSettings, SignInError
from enrichment.engine.messages import Response

NOW = 1_800_000_000.0
TOKEN_URL = "https://login.example/token"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
PLAIN, PKCS8 = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8


def pem(
    key: Any, form: serialization.PrivateFormat = PKCS8, how: serialization.KeySerializationEncryption = PLAIN
) -> str:
    return str(key.private_bytes(serialization.Encoding.PEM, form, how).decode())


KEY = pem(RSA)


def scheme(**config: Any) -> JwtBearer:
    made = kinds.compile("jwt_bearer", kinds.defaults("jwt_bearer") | {"token_url": TOKEN_URL} | config)
    assert isinstance(made, JwtBearer)
    return made


def sent(of: JwtBearer, **secrets: str) -> dict[str, str]:
    """The fields of the form that signs in."""
    request = of.request({"key": KEY} | secrets)
    assert (request.method, request.url) == ("POST", TOKEN_URL)
    assert ("Content-Type", "application/x-www-form-urlencoded") in request.headers
    return {name: value for name, [value] in parse_qs((request.body or b"").decode(), strict_parsing=True).items()}


def claims_of(assertion: str, key: Any = RSA, algorithm: str = "RS256") -> dict[str, Any]:
    return dict(jwt.decode(assertion, key.public_key(), [algorithm], audience=TOKEN_URL))


def test_the_claims_left_out_are_added_anew_for_each_request() -> None:
    of = scheme(claims={"iss": "marl@project", "sub": "{{secret.person}}"})
    first, second = (claims_of(sent(of, person='sa"m')["assertion"]) for _ in range(2))
    assert (first["iss"], first["sub"], first["aud"]) == ("marl@project", 'sa"m', TOKEN_URL)
    assert first["exp"] - first["iat"] == 60
    assert first["jti"] != second["jti"]


def test_claims_of_the_template_stay_as_they_are() -> None:
    given = {"iss": "a", "aud": ["b", TOKEN_URL], "exp": 4_000_000_000, "iat": 5, "jti": "mine", "scope": "own"}
    assert claims_of(sent(scheme(claims=given, scope="other"))["assertion"]) == given


def test_an_assertion_is_the_grant() -> None:
    fields = sent(scheme(claims={"iss": "a"}, scope="read write", key_id="k1"))
    assert fields["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert fields["scope"] == "read write" == claims_of(fields["assertion"])["scope"]
    assert jwt.get_unverified_header(fields["assertion"])["kid"] == "k1"
    assert set(fields) == {"grant_type", "assertion", "scope"}


def test_a_client_assertion_stands_for_the_client() -> None:
    fields = sent(scheme(claims={"iss": "client-1"}, send_as="client_assertion", scope="read"))
    assert fields["grant_type"] == "client_credentials"
    assert fields["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    claims = claims_of(fields["client_assertion"])
    assert (claims["iss"], claims["sub"]) == ("client-1", "client-1")
    assert (fields["scope"], claims.get("scope")) == ("read", None)


def test_the_client_goes_along_where_it_is_given() -> None:
    fields = sent(scheme(), client_id="box", client_secret="s&")
    assert (fields["client_id"], fields["client_secret"]) == ("box", "s&")


def test_the_answer_is_read_as_for_client_credentials() -> None:
    def read(status: int, body: object, **config: Any) -> Any:
        return scheme(**config).read(Response(status, (), json.dumps(body).encode()), NOW)

    token = read(200, {"access_token": "t1", "token_type": "Bearer", "expires_in": 3600})
    assert (token.text, token.expires_at) == ("Bearer t1", NOW + 3600)
    assert read(200, {"access_token": "t1"}, lifetime_seconds=7200).expires_at == NOW + 7200
    refusal = {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}
    for status in (400, 200):
        with pytest.raises(SignInError, match=f"{status} · user hasn't approved this consumer"):
            read(status, refusal)


@pytest.mark.parametrize(
    "copied",
    [
        KEY,
        KEY.replace("\n", "\\n"),
        KEY.replace("\n", "\r\n"),
        KEY.replace("\n", " "),
        f"  {KEY}\n\n",
        pem(RSA, serialization.PrivateFormat.TraditionalOpenSSL),
    ],
)
def test_a_key_is_read_however_it_was_copied(copied: str) -> None:
    assert kinds.check("jwt_bearer", {"token_url": TOKEN_URL}, {"key": copied}) == []
    assert claims_of(sent(scheme(), key=copied)["assertion"])


@pytest.mark.parametrize("form", [PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_an_encrypted_key_needs_its_passphrase(form: serialization.PrivateFormat) -> None:
    locked = pem(RSA, form, serialization.BestAvailableEncryption(b"open sesame"))
    assert sent(scheme(), key=locked, passphrase="open sesame")["assertion"]
    for passphrase, words in (("", "Enter its passphrase"), ("wrong", "can't be opened with its passphrase")):
        [problem] = kinds.check("jwt_bearer", {"token_url": TOKEN_URL}, {"key": locked, "passphrase": passphrase})
        assert problem.field == "secrets.key"
        assert words in problem.message


PUBLIC = (
    RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


@pytest.mark.parametrize(
    ("key", "algorithm", "words"),
    [
        ("open sesame", "RS256", "RS256 needs a private key in PEM form"),
        (PUBLIC, "RS256", "This is a public key. RS256 needs the private key that belongs to it."),
        (pem(EC), "RS256", "RS256 needs an RSA key, and this is an EC key. Choose ES256."),
        (KEY, "ES256", "ES256 needs an EC key, and this is an RSA key. Choose RS256."),
        (pem(EC), "ES384", "Choose ES256."),
        (pem(RSA, serialization.PrivateFormat.OpenSSH), "RS256", "ssh-keygen"),
        (KEY, "HS256", "HS256 needs a secret text"),
        (KEY[:200] + KEY[300:], "RS256", "can't be read. Copy all of it"),
        (KEY[:900], "RS256", "RS256 needs a private key in PEM form"),
    ],
)
def test_a_key_that_does_not_fit_is_told_without_what_it_holds(key: str, algorithm: str, words: str) -> None:
    [problem] = kinds.check("jwt_bearer", {"token_url": TOKEN_URL, "algorithm": algorithm}, {"key": key})
    assert words in problem.message
    assert key[40:80] not in problem.message or key == "open sesame"


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"token_url": "login.example"}, "token_url"),
        ({"algorithm": "none"}, "algorithm"),
        ({"send_as": "grant"}, "send_as"),
        ({"claims": "[1]"}, "claims"),
        ({"lifetime_seconds": -1}, "lifetime_seconds"),
    ],
)
def test_a_wrong_setting_is_told_at_its_field(config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        scheme(**config)
    assert [problem.field for problem in caught.value.problems] == [field]


GOOGLE = {
    "type": "service_account",
    "private_key_id": "4fd0",
    "private_key": KEY,
    "client_email": "marl@project.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
}
BOX = {
    "boxAppSettings": {
        "clientID": "box-1",
        "clientSecret": "s3cret",
        "appAuth": {"publicKeyID": "p1", "privateKey": KEY, "passphrase": "sesame"},
    },
    "enterpriseID": "77",
}


def test_a_google_key_file_fills_what_is_left_out() -> None:
    config, secrets = kinds.complete("jwt_bearer", kinds.defaults("jwt_bearer"), {"key": json.dumps(GOOGLE)})
    assert (config["token_url"], config["key_id"]) == (GOOGLE["token_uri"], "4fd0")
    assert config["claims"] == {"iss": GOOGLE["client_email"]}
    assert secrets == {"key": KEY.strip()}
    given = {"token_url": TOKEN_URL, "key_id": "own", "claims": '{"sub": "sam@acme.example", "iss": "other"}'}
    config, _ = kinds.complete("jwt_bearer", given, {"key": json.dumps(GOOGLE)})
    assert (config["token_url"], config["key_id"]) == (TOKEN_URL, "own")
    assert json.loads(config["claims"]) == {"sub": "sam@acme.example", "iss": "other"}


def test_a_box_key_file_fills_its_client_too() -> None:
    config, secrets = kinds.complete("jwt_bearer", kinds.defaults("jwt_bearer"), {"key": json.dumps(BOX)})
    assert (config["token_url"], config["key_id"]) == ("https://api.box.com/oauth2/token", "p1")
    assert config["claims"] == {"iss": "box-1", "sub": "77", "box_sub_type": "enterprise"}
    assert secrets["passphrase"] == "sesame"
    assert (secrets["client_id"], secrets["client_secret"]) == ("box-1", "s3cret")


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        (json.dumps({"web": {"client_id": "a", "client_secret": "b"}}), "holds no private key"),
        (json.dumps({"boxAppSettings": 1}), "holds no private key"),
        (json.dumps(GOOGLE)[:-5], "Copy all of it"),
    ],
)
def test_a_file_without_a_key_is_told(pasted: str, words: str) -> None:
    with pytest.raises(InvalidSettings, match=words):
        kinds.complete("jwt_bearer", kinds.defaults("jwt_bearer"), {"key": pasted})
