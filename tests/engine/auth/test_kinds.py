"""Every kind of connection: what it needs, what it sends, how it comes to a token."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from enrichment.engine.auth import kinds
from enrichment.engine.auth.signing import ALGORITHMS
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import InvalidSettings, SignInError
from enrichment.engine.messages import Request, Response

NOW = 1_800_000_000.0
PLAIN = Request("GET", "https://api.example/x")


def made(kind: str, secrets: dict[str, str], **config: Any) -> Token:
    scheme = kinds.compile(kind, kinds.defaults(kind) | config)
    assert not isinstance(scheme, kinds.FROM_SERVER)
    return scheme.token(secrets, NOW)


def test_every_kind_has_settings_that_compile_but_for_what_is_empty() -> None:
    for kind in kinds.KINDS:
        given = {
            "auth_request": {"url": "https://a.example"},
            "token_path": "t",
            "token_url": "https://a.example",
            "authorize_url": "https://a.example/authorize",
            "headers": [{"name": "X-Key", "value": "{{secret.key}}"}],
        }
        scheme = kinds.compile(kind, kinds.defaults(kind) | given)
        assert scheme.shown("…").shown.endswith(("…", "(computed when the request is sent)"))


def test_a_bearer_token_is_sent_with_its_type() -> None:
    signed = made("bearer", {"token": "abc"}).apply_to(PLAIN)
    assert signed.headers == (("Authorization", "Bearer abc"),)
    assert made("bearer", {"token": "abc"}, token_type="").text == "abc"


@pytest.mark.parametrize("end", ["null", '"soon"', "[1]", "true", "1e400", "-5"])
def test_an_end_that_is_no_moment_is_told(end: str) -> None:
    with pytest.raises(SignInError, match="The claim exp isn't a moment"):
        made("signed_jwt", {"key": "k" * 40}, claims=f'{{"exp": {end}}}')


def test_an_api_key_goes_into_a_header_or_the_query() -> None:
    assert made("api_key", {"key": "k 1"}).apply_to(PLAIN).headers == (("X-API-Key", "k 1"),)
    token = made("api_key", {"key": "k 1&"}, **{"in": "query", "name": "api key"})
    assert token.apply_to(PLAIN).url == "https://api.example/x?api%20key=k%201%26"
    assert token.apply_to(Request("GET", "https://api.example/?a=1")).url.endswith("?a=1&api%20key=k%201%26")
    assert token.carried_by(token.apply_to(PLAIN))


def test_basic_is_the_pair_in_base64() -> None:
    token = made("basic", {"username": "sam", "password": "pä:ss"})
    assert base64.b64decode(token.value).decode() == "sam:pä:ss"
    assert token.text == f"Basic {token.value}"
    assert base64.b64decode(made("basic", {"username": "key"}).value) == b"key:"


@pytest.mark.parametrize(
    ("kind", "secrets", "words"),
    [
        ("bearer", {}, "token isn't set"),
        ("bearer", {"token": "a\nb"}, "line break"),
        ("api_key", {"key": " "}, "key isn't set"),
        ("basic", {"username": "a:b"}, "can't contain a colon"),
        ("signed_jwt", {}, "key isn't set"),
    ],
)
def test_a_secret_that_cannot_be_sent_is_told(kind: str, secrets: dict[str, str], words: str) -> None:
    with pytest.raises(SignInError, match=words):
        made(kind, secrets)


@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        ("bearer", {"header_name": "Host"}, "header_name"),
        ("bearer", {"header_name": "a b"}, "header_name"),
        ("api_key", {"name": "Content-Length"}, "name"),
        ("api_key", {"name": "", "in": "query"}, "name"),
        ("api_key", {"in": "body"}, "in"),
        ("oauth2_client_credentials", {"token_url": "login.example"}, "token_url"),
        ("oauth2_client_credentials", {"token_url": "https://a.example", "client_auth": "both"}, "client_auth"),
        ("signed_jwt", {"algorithm": "none"}, "algorithm"),
        ("signed_jwt", {"claims": "[1]"}, "claims"),
        ("signed_jwt", {"claims": '{"a": }'}, "claims"),
        ("signed_jwt", {"lifetime_seconds": -1}, "lifetime_seconds"),
    ],
)
def test_a_wrong_setting_is_told_at_its_field(kind: str, config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        kinds.compile(kind, kinds.defaults(kind) | config)
    assert [problem.field for problem in caught.value.problems] == [field]


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


RSA = rsa.generate_private_key(65537, 2048)
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_jwt_is_signed_with_every_algorithm(algorithm: str) -> None:
    curve = CURVES.get(algorithm)
    private = ec.generate_private_key(curve) if curve else RSA
    key = "k" * 64 if algorithm.startswith("HS") else pem(private)
    claims = '{"iss": "marl", "sub": "{{secret.account}}"}'
    secrets = {"key": key.replace("\n", "\\n"), "account": 'a"b'}
    token = made("signed_jwt", secrets, algorithm=algorithm, claims=claims, key_id="k1", lifetime_seconds=60)
    public: Any = key if algorithm.startswith("HS") else private.public_key()
    read = jwt.decode(token.value, public, [algorithm], options={"verify_exp": False, "verify_iat": False})
    assert read == {"iss": "marl", "sub": 'a"b', "iat": int(NOW), "exp": int(NOW) + 60}
    assert token.expires_at == NOW + 60
    assert token.header
    assert token.header["kid"] == "k1"


def test_a_short_key_that_the_api_chose_is_used() -> None:
    assert made("signed_jwt", {"key": "short"}).claims


def test_a_key_that_does_not_fit_is_told() -> None:
    with pytest.raises(SignInError, match="a private key in PEM form"):
        made("signed_jwt", {"key": "no key"}, algorithm="RS256")


@pytest.mark.parametrize(
    ("client_auth", "headers", "body"),
    [
        ("basic", True, b"grant_type=client_credentials&scope=a%20b"),
        ("body", False, b"grant_type=client_credentials&scope=a%20b&client_id=id%3A1&client_secret=s%26"),
    ],
)
def test_client_credentials_ask_for_a_token(client_auth: str, headers: bool, body: bytes) -> None:
    config = {"token_url": "https://login.example/token", "scope": "a b", "client_auth": client_auth}
    scheme = kinds.compile("oauth2_client_credentials", kinds.defaults("oauth2_client_credentials") | config)
    assert isinstance(scheme, kinds.SIGN_INS)
    request = scheme.request({"client_id": "id:1", "client_secret": "s&"})
    assert request.body == body
    pair = base64.b64encode(b"id%3A1:s%26").decode()
    assert (("Authorization", f"Basic {pair}") in request.headers) is headers
    answer = Response(200, (), json.dumps({"access_token": "t1", "token_type": "bearer", "expires_in": 60}).encode())
    token = scheme.read(answer, NOW)
    assert (token.text, token.expires_at) == ("Bearer t1", NOW + 60)
    with pytest.raises(SignInError, match="client_secret isn't set"):
        scheme.request({"client_id": "id"})


def test_a_refused_client_is_told_in_the_servers_words() -> None:
    scheme = kinds.compile("oauth2_client_credentials", {"token_url": "https://login.example/token"})
    assert isinstance(scheme, kinds.SIGN_INS)
    body = {"error": "invalid_client", "error_description": "Unknown client"}
    with pytest.raises(SignInError, match="Unknown client") as caught:
        scheme.read(Response(401, (), json.dumps(body).encode()), NOW)
    assert caught.value.code == "refused"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "refused"),
        (401, "refused"),
        (403, "later"),
        (408, "later"),
        (425, "later"),
        (429, "later"),
        (503, "later"),
    ],
)
def test_a_server_that_is_not_ready_has_not_refused(status: int, code: str) -> None:
    scheme = kinds.compile("oauth2_client_credentials", {"token_url": "https://login.example/token"})
    assert isinstance(scheme, kinds.SIGN_INS)
    with pytest.raises(SignInError) as caught:
        scheme.read(Response(status, (("Retry-After", "7"),), b"{}"), NOW)
    assert (caught.value.code, caught.value.details) == (code, 7.0 if code == "later" else None)


def test_a_403_that_names_no_wait_is_a_refusal() -> None:
    scheme = kinds.compile("oauth2_client_credentials", {"token_url": "https://login.example/token"})
    assert isinstance(scheme, kinds.SIGN_INS)
    with pytest.raises(SignInError) as caught:
        scheme.read(Response(403, (("RateLimit-Remaining", "9"), ("RateLimit-Reset", "7")), b"{}"), NOW)
    assert caught.value.code == "refused"


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("<html><title>Scheduled maintenance</title></html>", "later"),
        ("<!doctype html><h1>Service temporarily unavailable</h1>", "later"),
        ("<html><body>We'll be right back.</body></html>", "later"),
        ("<html><title>Wartungsarbeiten</title></html>", "later"),
        ("<html><title>Sign in</title><p>Wrong password</p></html>", "refused"),
        ("<html><title>Acme</title></html>", "refused"),
    ],
)
@pytest.mark.parametrize("kind", ["oauth2_client_credentials", "jwt"])
def test_a_page_about_maintenance_is_no_refusal(page: str, code: str, kind: str) -> None:
    config = {"token_url": "https://login.example/token"}
    if kind == "jwt":
        config = kinds.defaults("jwt") | {"auth_request": {"url": "https://login.example"}, "token_path": "token"}
    scheme = kinds.compile(kind, config)
    assert isinstance(scheme, kinds.SIGN_INS)
    with pytest.raises(SignInError) as caught:
        scheme.read(Response(200, (("Content-Type", "text/html"), ("Retry-After", "7")), page.encode()), NOW)
    assert (caught.value.code, caught.value.details) == (code, 7.0 if code == "later" else None)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("code", ["temporarily_unavailable", "server_error", "slow_down"])
def test_a_server_that_says_by_a_code_that_it_is_not_ready_has_not_refused(status: int, code: str) -> None:
    scheme = kinds.compile("oauth2_client_credentials", {"token_url": "https://login.example/token"})
    assert isinstance(scheme, kinds.SIGN_INS)
    with pytest.raises(SignInError, match=f"The sign-in server isn't ready: {status} · {code}") as caught:
        scheme.read(Response(status, (("Retry-After", "7"),), json.dumps({"error": code}).encode()), NOW)
    assert (caught.value.code, caught.value.details) == ("later", 7.0)


@pytest.mark.parametrize(
    ("claims", "expires_at"),
    [
        ({"exp": NOW + 60}, NOW + 60),
        ({"exp": NOW - 3540, "iat": NOW - 3600}, NOW + 60),  # its clock is an hour behind
        ({"exp": NOW - 3540}, None),
    ],
)
def test_a_new_token_has_not_ended_whatever_its_clock_says(claims: dict[str, float], expires_at: float | None) -> None:
    config = {"auth_request": {"url": "https://a.example/login"}, "token_path": "token"}
    scheme = kinds.compile("jwt", kinds.defaults("jwt") | config)
    assert isinstance(scheme, kinds.SIGN_INS)
    token = jwt.encode({key: int(value) for key, value in claims.items()}, "k" * 32)
    assert scheme.read(Response(200, (), json.dumps({"token": token}).encode()), NOW).expires_at == expires_at
