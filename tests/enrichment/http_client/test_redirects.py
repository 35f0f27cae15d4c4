"""Redirects: what is followed, what goes along, and what a broken one is called. `httpx.MockTransport` answers."""

from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SendError
from enrichment.engine.messages import Request, Response
from enrichment.engine.redirects import Hop, NotFollowed
from enrichment.http_client import client
from enrichment.http_client.addresses import AddressRefused

API = "https://api.example"
WRITES = ["POST", "PUT", "PATCH", "DELETE"]
JSON = (("Content-Type", "application/json"), ("Accept", "application/json"))


class Api:
    """Redirects /old with a status and a Location, and answers anything else; keeps the requests."""

    def __init__(self, status: int, location: str | bytes | None) -> None:
        self.redirect = httpx.Response(status, headers=[] if location is None else [(b"Location", _bytes(location))])
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.redirect if request.url.path == "/old" else httpx.Response(200, json={"ok": True})

    async def send(self, request: Request, **options: Any) -> Response:
        return await client.send(httpx.MockTransport(self), request, timeout_ms=5000, **options)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def old(method: str = "GET", headers: tuple[tuple[str, str], ...] = (), body: bytes | None = None) -> Request:
    return Request(method, f"{API}/old", headers, body)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_get_is_followed(status: int) -> None:
    api = Api(status, "/new?a=%20")
    response = await api.send(old())
    assert (response.status, response.url) == (200, f"{API}/new?a=%20")
    assert response.hops == (Hop(status, "GET", f"{API}/new?a=%20", credentials=None),)


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("https://straße.example/a/%2e%2e/b", "https://xn--strae-oqa.example/b"),
        ("https://Example.COM", "https://example.com/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("../x/./y", f"{API}/x/y"),
    ],
)
async def test_a_redirect_leads_where_browsers_go(location: str, address: str) -> None:
    api = Api(302, location)
    response = await api.send(old())
    assert response.url == address
    assert str(api.requests[-1].url) == address


@pytest.mark.parametrize("method", WRITES)
async def test_after_303_the_result_of_a_write_is_read(method: str) -> None:
    api = Api(303, "/result/7")
    response = await api.send(old(method, JSON, b"{}"))
    _, read = api.requests
    assert (read.method, str(read.url), read.content) == ("GET", f"{API}/result/7", b"")
    assert "content-type" not in read.headers
    assert response.hops == (Hop(303, "GET", f"{API}/result/7", credentials=None),)


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("status", [307, 308])
async def test_307_and_308_keep_method_and_body(status: int, method: str) -> None:
    api = Api(status, "new")
    await api.send(old(method, JSON, b'{"a": 1}'))
    _, there = api.requests
    assert (there.method, str(there.url), there.content) == (method, f"{API}/new", b'{"a": 1}')
    assert there.headers["content-type"] == "application/json"


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("status", [301, 302])
async def test_a_write_never_becomes_a_get_without_a_word(status: int, method: str) -> None:
    api = Api(status, f"{API}/old/")
    response = await api.send(old(method, body=b"{}"))
    words = f"The API moved this address to {API}/old/. A {method} would arrive there as a GET without its body."
    assert response.not_followed == NotFollowed("moved", words, f"{API}/old/")
    assert (response.status, len(api.requests)) == (status, 1)


async def test_a_redirect_may_be_left_to_the_user() -> None:
    response = await Api(302, "/new").send(old(), follow="never")
    assert (response.status, response.hops, response.not_followed) == (302, (), None)


ELSEWHERE = ["https://other.example/new", "http://api.example/new", "https://api.example:8443/new"]
CREDENTIALS = ["X-Auth", "Cookie", "Authorization", "X-Api-Key", "PRIVATE-TOKEN"]
OTHERS = ["X-Other", "Idempotency-Key", "Accept"]


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("status", [302, 307])
async def test_credentials_do_not_follow_to_another_origin(status: int, target: str) -> None:
    api = Api(status, target)
    headers = tuple((name, "1") for name in CREDENTIALS + OTHERS)
    response = await api.send(old("GET", headers), token=Token.in_header("1", "X-Auth"))
    first, second = (set(request.headers) for request in api.requests)
    assert first - second == {name.lower() for name in CREDENTIALS}
    assert response.hops[0].credentials is False


async def test_credentials_follow_within_an_origin() -> None:
    token = Token.in_header("1", "X-Auth")
    response = await Api(302, "https://API.example:443/new").send(token.apply_to(old()), token=token)
    assert response.hops[0].credentials is True


async def test_a_key_of_the_query_that_the_redirect_leaves_out_is_lost() -> None:
    token = Token.in_query("k3y", "key")
    request = token.apply_to(old())
    assert (await Api(302, "/new").send(request, token=token)).hops[0].credentials is False
    assert (await Api(302, "/new?key=k3y").send(request, token=token)).hops[0].credentials is True


async def test_a_token_in_the_redirect_of_a_server_goes_to_allowed_hosts_alone() -> None:
    token = Token.in_query("k3y", "key")
    api = Api(302, "https://other.example/new?key=k3y")
    with pytest.raises(SendError) as caught:
        await api.send(token.apply_to(old()), token=token, allowed_hosts={"api.example"})
    assert (caught.value.code, caught.value.sent, len(api.requests)) == ("host_not_allowed", True, 1)


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_request_that_holds_secrets_stays_in_its_origin(status: int) -> None:
    request = old("GET" if status == 302 else "POST", body=b'{"password": "open sesame"}')
    api = Api(status, "https://other.example/login")
    response = await api.send(request, follow="same_origin")
    assert response.not_followed
    assert (response.not_followed.code, len(api.requests)) == ("redirect", 1)
    assert (await Api(status, "/login").send(request, follow="same_origin")).status == 200


BROKEN = {
    None: "The API redirects without saying where.",
    " ": "The API redirects without saying where.",
    "ftp://files.example/": "The API redirects to “ftp://files.example/”, which isn't a web address.",
    "file:///etc/passwd": "The API redirects to “file:///etc/passwd”, which isn't a web address.",
    "javascript:1": "The API redirects to “javascript:1”, which isn't a web address.",
    "http://[nonsense": "The API redirects to “http://[nonsense”, which isn't a web address.",
    "http:///x": "The API redirects to “http:///x”, which isn't a web address.",
    "http://a b/": "The API redirects to “http://a b/”, which isn't a web address.",
    "http://x.example:99999/": "The API redirects to “http://x.example:99999/”, which isn't a web address.",
    "/\x01": "The API redirects to “/\ufffd”, which isn't a web address.",
    "https://sam:pw@other.example/": "The API redirects to an address with a user name, which Marl doesn't send.",
    b"/gr\xf6n": "The API redirects to “/gr\ufffdn”, which contains characters that an address can't contain.",
    "https:\\\\other.example\\": (
        "The API redirects to “https:\\\\other.example\\”, which contains characters that an address can't contain."
    ),
}


@pytest.mark.parametrize("location", BROKEN)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_broken_redirect_is_the_fault_of_the_server(method: str, location: str | bytes | None) -> None:
    api = Api(302, location)
    response = await api.send(old(method))
    assert response.not_followed == NotFollowed("redirect", BROKEN[location])
    assert len(api.requests) == 1


@given(st.one_of(st.text(st.characters(codec="utf-8")), st.from_regex(r"https?:[/\\\\]{0,3}[ -~]{0,20}")))
@example("https://api.example\\@other.example/")
@example("https://api.example@other.example/")
@example("https://other.example#@api.example/")
@example("//other.example/")
async def test_no_redirect_takes_credentials_to_another_host_or_ends_in_a_traceback(location: str) -> None:
    api = Api(302, location)
    await api.send(old("GET", (("Authorization", "Bearer abc"),)))
    for request in api.requests:
        assert "authorization" not in request.headers or request.url.raw_host == b"api.example"


async def test_redirects_end() -> None:
    api = Api(302, "old")
    response = await api.send(old())
    assert response.not_followed
    assert response.not_followed.code == "too_many_redirects"
    assert response.not_followed.message == f"The API redirected more than 5 times, at last to {API}/old."
    assert (len(api.requests), len(response.hops)) == (6, 5)


@pytest.mark.parametrize("status", [303, 307])
async def test_what_fails_behind_a_redirect_may_have_arrived(status: int) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.url.host == "api.example":
            return httpx.Response(status, headers={"Location": "http://10.0.0.1/new"})
        raise AddressRefused("10.0.0.1 is a private or reserved address.")

    with pytest.raises(SendError) as caught:
        await client.send(httpx.MockTransport(refuse), old("POST"), timeout_ms=5000)
    words = "The API redirects to http://10.0.0.1/new. 10.0.0.1 is a private or reserved address."
    assert (caught.value.code, caught.value.message, caught.value.sent) == ("refused_address", words, True)
    assert [hop.url for hop in caught.value.hops] == ["http://10.0.0.1/new"]
