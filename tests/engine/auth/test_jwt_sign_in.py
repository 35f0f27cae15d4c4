import base64
import json
from typing import Any

import pytest

from enrichment.engine.auth.jwt_sign_in import JwtSignIn
from enrichment.engine.auth.token import decode, token_like, without_type
from enrichment.engine.errors import InvalidSettings, SignInError
from enrichment.engine.messages import Response

NOW = 1_800_000_000.0


def jwt(**claims: Any) -> str:
    parts = ({"alg": "HS256"}, claims)
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*texts, "c2lnbmF0dXJl"])


def sign_in(**config: Any) -> JwtSignIn:
    request = {"method": "POST", "url": "https://crm.example/login", "body": '{"p": "{{secret.password}}"}'}
    return JwtSignIn.compile({"auth_request": request, "token_path": "data.token"} | config)


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(
        status, tuple((name.replace("_", "-"), text) for name, text in headers.items()), json.dumps(value).encode()
    )


def test_secrets_are_put_in_as_data() -> None:
    assert sign_in().request({"password": 'a"b'}).body == b'{"p": "a\\"b"}'


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(SignInError, match="password"):
        sign_in().request({})


def test_a_missing_secret_of_a_header_is_named() -> None:
    request = {"url": "https://crm.example/login", "headers": [{"name": "X-Key", "value": "k {{secret.key}}"}]}
    with pytest.raises(SignInError, match="key"):
        sign_in(auth_request=request).request({"password": "x"})


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a\0b", "tökén"])
def test_a_token_that_no_header_can_hold_is_refused(token: str) -> None:
    with pytest.raises(SignInError, match="header"):
        sign_in().read(answer({"data": {"token": token}}), NOW)


def test_a_form_is_encoded_as_a_form() -> None:
    request = {
        "url": "https://crm.example/login",
        "body_format": "form",
        "body": '{"p": "{{secret.password}}", "g": "a b"}',
    }
    built = sign_in(auth_request=request).request({"password": "x&y=z"})
    assert built.body == b"p=x%26y%3Dz&g=a%20b"
    assert ("Content-Type", "application/x-www-form-urlencoded") in built.headers


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, answer({"data": {"token": "t0"}})),
        ({"token_path": "return[0].token"}, answer({"return": [{"token": "t0"}]}, 201)),
        ({"token_path": "header:X-Subject-Token"}, answer({}, x_subject_token="t0")),
        ({"token_path": "token"}, answer({"token": "Bearer t0"})),
    ],
)
def test_the_token_is_found_where_it_was_said_to_be(config: dict[str, Any], told: Response) -> None:
    assert sign_in(**config).read(told, NOW).value == "t0"


@pytest.mark.parametrize(
    ("token_type", "value"), [("Bearer", "Bearer t0"), ("JWT", "JWT t0"), ("", "t0"), (None, "Bearer t0")]
)
def test_the_token_is_sent_with_its_type(token_type: str | None, value: str) -> None:
    token = sign_in(token_type=token_type, header_name="X-Auth").read(answer({"data": {"token": "t0"}}), NOW)
    assert token.shown == f"X-Auth: {value}"


@pytest.mark.parametrize(
    ("config", "body", "expires_at"),
    [
        ({}, {"token": jwt(exp=NOW + 60)}, NOW + 60),
        ({"expires": {"path": "data.in", "unit": "seconds"}}, {"token": "t0", "in": 90}, NOW + 90),
        ({"expires": {"path": "data.in", "unit": "milliseconds"}}, {"token": "t0", "in": 90_000}, NOW + 90),
        ({"expires": {"path": "data.in", "unit": "epoch"}}, {"token": "t0", "in": NOW + 5.5}, NOW + 5.5),
        ({"expires": {"path": "data.in", "unit": "iso8601"}}, {"token": "t0", "in": "2027-01-15T08:00:30Z"}, NOW + 30),
        ({"lifetime_seconds": 300}, {"token": "t0"}, NOW + 300),
        ({}, {"token": "t0"}, None),
        ({}, {"token": jwt(exp=(NOW + 60) * 1000)}, NOW + 60),
        ({"lifetime_seconds": 300}, {"token": jwt(exp="never")}, NOW + 300),
        ({"lifetime_seconds": 300, "expires": {"path": "data.in"}}, {"token": "t0"}, NOW + 300),
        ({"expires": {"path": "data.in", "unit": "seconds"}}, {"token": "t0", "in": "90"}, NOW + 90),
        ({"expires": {"path": "data.in", "unit": "seconds"}}, {"token": "t0", "in": "NaN"}, None),
        ({"expires": {"path": "data.in", "unit": "seconds"}}, {"token": "t0", "in": NOW + 90}, NOW + 90),
        ({"expires": {"path": "data.in", "unit": "milliseconds"}}, {"token": "t0", "in": (NOW + 9) * 1e3}, NOW + 9),
        ({"expires": {"path": "data.in", "unit": "iso8601"}}, {"token": "t0", "in": 90}, None),
    ],
)
def test_the_end_of_the_token_is_known_from_what_there_is(
    config: dict[str, Any], body: dict[str, Any], expires_at: float | None
) -> None:
    assert sign_in(**config).read(answer({"data": body}), NOW).expires_at == expires_at


def test_a_wrong_location_lists_what_looks_like_a_token() -> None:
    body = {"id": 1, "auth": {"access": jwt(exp=1), "refresh": jwt(exp=2)}, "name": "Sam"}
    with pytest.raises(SignInError, match=r"auth\.access") as caught:
        sign_in().read(answer(body), NOW)
    assert caught.value.details == ["auth.access", "auth.refresh"]


def test_an_object_at_the_location_is_an_error_with_the_texts_near_it() -> None:
    with pytest.raises(SignInError, match="an object"):
        sign_in().read(answer({"data": {"token": {"jwt": jwt(exp=1)}}}), NOW)


def test_a_refused_sign_in_says_what_the_server_said() -> None:
    with pytest.raises(SignInError, match="401 · wrong password") as caught:
        sign_in().read(answer({"message": "wrong password"}, 401), NOW)
    assert caught.value.code == "refused"


@pytest.mark.parametrize(
    ("status", "value", "words"),
    [
        (401, {"detail": "Wrong password."}, "Sign-in was refused: 401 · Wrong password."),
        (404, {}, "There is nothing at this address (404). Check the sign-in URL."),
        (
            404,
            {"detail": "No user Sam."},
            "The sign-in answered 404 · No user Sam. Check the sign-in URL and who signs in.",
        ),
        (405, {}, "This address wants another method (405)."),
    ],
)
def test_only_a_sign_in_that_was_refused_says_so(status: int, value: object, words: str) -> None:
    with pytest.raises(SignInError) as caught:
        sign_in().read(answer(value, status), NOW)
    assert str(caught.value) == words


def test_an_opaque_token_cannot_be_decoded() -> None:
    assert decode("opaque") == (None, None)
    assert decode("a.b.c") == (None, None)
    assert decode(jwt(sub="sam"))[1] == {"sub": "sam"}


@pytest.mark.parametrize("text", ["abc", '"abc"', "Bearer abc", '"Bearer abc"', " bearer  abc "])
def test_a_token_is_sent_without_the_quotes_and_the_type_it_came_with(text: str) -> None:
    assert without_type(text) == "abc"


def test_words_are_no_tokens() -> None:
    assert list(token_like({"message": "Welcome back", "city": "Utrecht"})) == []


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"token_path": ""}, "token_path"),
        ({"token_path": "a..b"}, "token_path"),
        ({"token_path": "header:"}, "token_path"),
        ({"header_name": "X Y"}, "header_name"),
        ({"header_name": "Host"}, "header_name"),
        ({"auth_request": {"url": ""}}, "auth_request.url"),
        ({"auth_request": {"url": "https://x.example", "body": "{"}}, "auth_request.body"),
        ({"auth_request": {"url": "https://x.example", "body": '{"a": "{{Company}}"}'}}, "auth_request.body"),
        ({"auth_request": {"url": "https://x.example", "body_format": "form", "body": "[1]"}}, "auth_request.body"),
        ({"expires": {"path": "a", "unit": "years"}}, "expires.unit"),
        ({"lifetime_seconds": "long"}, "lifetime_seconds"),
        ({"lifetime_seconds": -1}, "lifetime_seconds"),
    ],
)
def test_wrong_settings_are_told_at_their_field(config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        sign_in(**config)
    assert field in {problem.field for problem in caught.value.problems}
