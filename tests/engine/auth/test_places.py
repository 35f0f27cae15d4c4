"""Where sign-in answers hold tokens: paths, headers, cookies, the whole answer; and what is said when none is there."""

import json
from typing import Any

import pytest

from enrichment.engine.auth import places
from enrichment.engine.auth.jwt_sign_in import JwtSignIn
from enrichment.engine.auth.static import Bearer
from enrichment.engine.errors import InvalidSettings, SignInError
from enrichment.engine.messages import Request, Response

NOW = 1_800_000_000.0
LONG = "kf83hf-47dh2.sj39_dk20d"


def sign_in(**config: Any) -> JwtSignIn:
    request = {"url": "https://crm.example/login"}
    return JwtSignIn.compile({"auth_request": request, "token_path": "token"} | config)


def answer(body: Any, *headers: tuple[str, str], status: int = 200) -> Response:
    return Response(status, headers, body.encode() if isinstance(body, str) else json.dumps(body).encode())


def sent(scheme: JwtSignIn, told: Response) -> tuple[tuple[str, str], ...]:
    return scheme.read(told, NOW).apply_to(Request("GET", "https://crm.example/")).headers


def test_a_cookie_is_sent_back_as_it_came() -> None:
    told = answer({}, ("Set-Cookie", "theme=dark"), ("Set-Cookie", 'sid="a b"=; Path=/; Max-Age=60; HttpOnly'))
    token = sign_in(token_path="cookie:sid", lifetime_seconds=None).read(told, NOW)
    request = Request("GET", "https://crm.example/", (("Cookie", "seen=1"),))
    assert token.apply_to(request).headers == (("Cookie", 'seen=1; sid="a b"='),)
    assert token.expires_at == NOW + 60
    assert sign_in(token_path="cookie:sid").shown("…").shown == "Cookie: sid=…"


def test_a_login_form_that_redirects_with_its_cookie_has_let_us_in() -> None:
    scheme = sign_in(token_path="cookie:sid")
    told = answer(
        "", ("Location", "/home"), ("Set-Cookie", "sid=abc; Expires=Wed, 21 Oct 2099 07:28:00 GMT"), status=302
    )
    assert (scheme.follow, sign_in().follow) == ("never", "same_origin")
    assert sent(scheme, told) == (("Cookie", "sid=abc"),)
    assert scheme.read(told, NOW).expires_at == 4_096_250_880
    with pytest.raises(SignInError, match="without the cookie, and redirects to /login"):
        scheme.read(answer("", ("Location", "/login"), status=302), NOW)
    with pytest.raises(SignInError, match="refused: 401"):
        scheme.read(answer("", ("Set-Cookie", "sid=abc"), status=401), NOW)


@pytest.mark.parametrize(
    "text", ["sid=; Path=/", 'sid=""', "sid=abc; Max-Age=0", "sid=a; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_a_cookie_that_is_removed_is_no_token(text: str) -> None:
    with pytest.raises(SignInError):
        sign_in(token_path="cookie:sid").read(answer({}, ("Set-Cookie", text)), NOW)


@pytest.mark.parametrize(
    "told",
    [
        answer("t0k3n\n", ("Content-Type", "text/plain")),
        answer('"t0k3n"', ("Content-Type", "text/plain")),
        answer('"t0k3n"', ("Content-Type", "application/json")),
        answer("Bearer t0k3n", ("Content-Type", "text/html")),
        answer("t0k3n"),
    ],
)
def test_the_whole_answer_is_the_token(told: Response) -> None:
    assert sent(sign_in(token_path="$"), told) == (("Authorization", "Bearer t0k3n"),)


@pytest.mark.parametrize("text", ["Bearer abc", "bearer  abc", '"abc"', "'Bearer abc'", "abc", " abc\n"])
def test_a_type_or_quotes_around_a_token_are_sent_once(text: str) -> None:
    pasted = Bearer.compile({}).token({"token": text}, NOW)
    assert pasted.text == "Bearer abc"
    assert sent(sign_in(), answer({"token": text})) == (("Authorization", "Bearer abc"),)


def test_without_a_type_a_token_is_sent_as_it_came() -> None:
    assert Bearer.compile({"token_type": ""}).token({"token": "Token abc"}, NOW).text == "Token abc"
    assert sent(sign_in(token_type=""), answer({"token": "Bearer abc"})) == (("Authorization", "Bearer abc"),)


@pytest.mark.parametrize("body", [{"status": "error", "message": "invalid user"}, "invalid user"])
def test_a_200_without_a_token_is_told_in_the_servers_words(body: Any) -> None:
    with pytest.raises(SignInError) as caught:
        sign_in().read(answer(body), NOW)
    assert caught.value.message == "The sign-in answered 200, without a token: invalid user"
    assert caught.value.code == "refused"  # not tried again: the account could be locked


@pytest.mark.parametrize(
    "told",
    [
        Response(200, (("Content-Type", "text/plain"),), f"session={LONG}&user=sam".encode()),
        Response(200, (("Content-Type", "text/plain"),), f"Your session {LONG} has begun".encode()),
        answer({"result": "5f2b91c07d"}),
        answer({"message": f"Welcome. {LONG}"}),
    ],
)
def test_a_token_that_stands_elsewhere_is_not_told_among_the_servers_words(told: Response) -> None:
    with pytest.raises(SignInError) as caught:
        sign_in(token_path="access_token").read(told, NOW)
    assert LONG not in caught.value.message
    assert "5f2b91c07d" not in caught.value.message


def test_a_form_in_the_answer_is_read_as_its_fields() -> None:
    told = Response(
        200, (("Content-Type", "application/x-www-form-urlencoded"),), b"access_token=t0k3n%2B&expires_in=9"
    )
    config = {"token_path": "access_token", "expires": {"path": "expires_in", "unit": "seconds"}}
    token = sign_in(**config).read(told, NOW)
    assert (token.value, token.expires_at) == ("t0k3n+", NOW + 9)


def test_headers_and_cookies_that_look_like_a_token_are_offered_too() -> None:
    headers = (
        ("X-Auth-Token", LONG),
        ("ETag", LONG),
        ("WWW-Authenticate", f"Token {LONG}"),
        ("Set-Cookie", f"connect.sid={LONG}"),
    )
    told = answer({"data": {"access_token": LONG}}, *headers)
    with pytest.raises(SignInError, match="possible tokens at data") as caught:
        sign_in().read(told, NOW)
    assert caught.value.details == ["data.access_token", "header:X-Auth-Token", "cookie:connect.sid"]
    for place in ("data.access_token", "header:x-auth-token", "cookie:connect.sid"):
        assert sign_in(token_path=place).read(told, NOW).value == LONG


@pytest.mark.parametrize("text", ["cookie:", "cookie:a b", "cookie:a=b", "header:", "header:a b", "a..b"])
def test_a_place_that_nothing_can_be_at_is_refused(text: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        sign_in(token_path=text)
    assert [problem.field for problem in caught.value.problems] == ["token_path"]


@pytest.mark.parametrize(
    ("told", "code", "words", "field"),
    [
        (
            answer("<h1>404 Not Found</h1>", status=404),
            "nothing_there",
            "There is nothing at this address (404)",
            "url",
        ),
        (answer({"detail": "Not Found"}, status=404), "nothing_there", "There is nothing at this address", "url"),
        (answer("Cannot POST /login", status=404), "nothing_there", "There is nothing at this address", "url"),
        (answer({"message": "User sam not found"}, status=404), "refused", "404 · User sam not found", None),
        (answer("", ("Allow", "PUT"), status=405), "method", "wants another method (405): PUT", "method"),
        (answer({"message": "wrong password"}, status=401), "refused", "refused: 401 · wrong password", None),
    ],
)
def test_an_address_without_a_sign_in_has_not_refused(told: Response, code: str, words: str, field: str | None) -> None:
    with pytest.raises(SignInError) as caught:
        sign_in().read(told, NOW)
    assert (caught.value.code, words in caught.value.message) == (code, True)
    assert (caught.value.problem and caught.value.problem.field) == (field and f"auth_request.{field}")


REFRESH = {
    "request": {
        "url": "https://crm.example/refresh",
        "body": '{"refresh": "{{token.refresh}}", "app": "{{secret.app}}"}',
    },
    "refresh_path": "refresh",
}


def test_a_refresh_sends_the_refresh_token_and_keeps_it_until_there_is_a_new_one() -> None:
    scheme = sign_in(refresh=REFRESH)
    first = scheme.read(answer({"token": "t1", "refresh": 'r"1'}), NOW)
    request = scheme.refresh_request(first, {"app": "marl"})
    assert request
    assert (request.method, request.body) == ("POST", b'{"refresh": "r\\"1", "app": "marl"}')
    second = scheme.read_refreshed(answer({"token": "t2"}), NOW, first)
    assert (second.value, second.refresh) == ("t2", 'r"1')
    assert scheme.read_refreshed(answer({"token": "t3", "refresh": "r2"}), NOW, second).refresh == "r2"


def test_the_token_of_a_refresh_may_be_elsewhere_and_its_parts_in_cookies_and_forms() -> None:
    request = {
        "url": "https://crm.example/refresh",
        "body_format": "form",
        "body": '{"grant": "x", "old": "{{token.access}}"}',
    }
    request["headers"] = [{"name": "Cookie", "value": "rt={{token.refresh}}"}]  # type: ignore[assignment]
    scheme = sign_in(refresh={"request": request, "token_path": "data.new", "refresh_path": "cookie:rt"})
    first = scheme.read(answer({"token": "t1"}, ("Set-Cookie", "rt=r1; HttpOnly")), NOW)
    sent_request = scheme.refresh_request(first, {})
    assert sent_request
    assert sent_request.body == b"grant=x&old=t1"
    assert ("Cookie", "rt=r1") in sent_request.headers
    assert scheme.read_refreshed(answer({"data": {"new": "t2"}}), NOW, first).value == "t2"


def test_without_a_refresh_token_there_is_no_refresh() -> None:
    assert sign_in(refresh=REFRESH).refresh_request(sign_in().read(answer({"token": "t1"}), NOW), {}) is None
    assert (
        sign_in().refresh_request(sign_in(refresh=REFRESH).read(answer({"token": "t", "refresh": "r"}), NOW), {})
        is None
    )


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"refresh": REFRESH | {"refresh_path": ""}}, "refresh.refresh_path"),
        ({"refresh": REFRESH | {"token_path": "a..b"}}, "refresh.token_path"),
        ({"refresh": REFRESH | {"request": {"url": "crm.example"}}}, "refresh.request.url"),
        ({"auth_request": {"url": "https://a.example", "body": '{"r": "{{token.refresh}}"}'}}, "auth_request.body"),
        ({"auth_request": {"url": "https://a.example", "body_format": "yaml"}}, "auth_request.body_format"),
        ({"auth_request": {"url": "https://a.example", "body_format": "form", "body": "[]"}}, "auth_request.body"),
    ],
)
def test_what_is_wrong_with_the_requests_is_told_at_its_field(config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        sign_in(**config)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_cookies_are_read_as_browsers_read_them() -> None:
    told = answer(
        {},
        ("set-cookie", "a=1=2; Secure"),
        ("Set-Cookie", "a=3"),
        ("Set-Cookie", "b"),
        ("Set-Cookie", "c=4; Max-Age=x"),
    )
    assert {name: cookie.text for name, cookie in places.cookies_of(told, NOW).items()} == {"a": "3", "c": "4"}
