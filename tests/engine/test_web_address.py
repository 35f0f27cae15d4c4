"""Hosts as browsers read them: the expected ones come from the URL standard and its tests."""

import string
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine import web_address


def read(reader: Callable[[str], str], text: str) -> str | None:
    try:
        return reader(text)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com."),
        ("straße.example", "xn--strae-oqa.example"),
        ("STRASSE.example", "strasse.example"),
        ("faß.de", "xn--fa-hia.de"),
        ("βόλος.com", "xn--nxasmm1c.com"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("日本語。ＪＰ", "xn--wgv71a119e.jp"),
        ("☃.net", "xn--n3h.net"),
        ("ﬀ.example", "ff.example"),
        ("a\u00adb.example", "ab.example"),
        ("%65xample.com", "example.com"),
        ("ex%C3%A4mple.com", "xn--exmple-cua.com"),
        ("XN--STRAE-OQA.example", "xn--strae-oqa.example"),
        ("r3---sn-x.example", "r3---sn-x.example"),
        ("under_score.example", "under_score.example"),
        ("127.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0X7F000001", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("192.168.0.257", None),
        ("10.0.1", "10.0.0.1"),
        ("1.2.3.4.", "1.2.3.4"),
        ("１２７.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("4294967296", None),
        ("1.2.3.4.5", None),
        ("256.1.1.1", None),
        ("09.1", None),
        ("example.1", None),
        ("[0:0::1]", "[::1]"),
        ("[2001:DB8::1]", "[2001:db8::1]"),
        ("[::1%25eth0]", None),
        ("[1.2.3.4]", None),
        ("", None),
        ("a..b", None),
        ("a b.example", None),
        ("a/b", None),
        ("sam@a.example", None),
        ("xn--a", None),
        ("xn--strasse-.example", None),
        ("a\u200d.example", None),
        ("a" * 64 + ".example", None),
        ("%00.example", None),
        ("ex%2Fample.com", None),
    ],
)
def test_a_host_is_read_as_browsers_read_it(written: str, expected: str | None) -> None:
    assert read(web_address.host, written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a.example:080", "a.example:80"),
        ("a.example:", "a.example"),
        ("a.example:65536", None),
        ("a.example:1:2", None),
        ("[::1]:8000", "[::1]:8000"),
        ("0x7f.1:80", "127.0.0.1:80"),
    ],
)
def test_a_port_belongs_to_the_host(written: str, expected: str | None) -> None:
    assert read(web_address.authority, written) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://API.example.com:8443/v1?x=1", "api.example.com"),
        (" api.example.com. ", "api.example.com"),
        ("*.Straße.example", "*.xn--strae-oqa.example"),
        ("http://sam:pw@a.example/", "a.example"),
        ("::1", "::1"),
        ("[::1]:80", "::1"),
    ],
)
def test_an_allowed_host_can_be_given_as_an_address(given: str, expected: str) -> None:
    assert web_address.host_of(given) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/a/.", "/a/"),
        ("/../../a", "/a"),
        ("/a/%2e%2E/b", "/b"),
        ("/a/.%2e/b", "/b"),
        ("/a//../b", "/a/b"),
        ("/a/.../b", "/a/.../b"),
        ("", ""),
        ("/", "/"),
    ],
)
def test_dots_lead_where_browsers_go(path: str, expected: str) -> None:
    assert web_address.without_dots(path) == expected


names = st.text(alphabet=string.ascii_letters + string.digits + "-._%[]:ßäΣİø日א。１\u200d\u00ad☃@/ ", max_size=30)


@given(names)
def test_what_is_read_once_is_read_the_same_again_and_sent_as_it_is(text: str) -> None:
    found = read(web_address.authority, text)
    if found is None:
        return
    assert web_address.authority(found) == found
    assert found.isascii()
    assert not set("@/\\?# %") & set(found)
    sent = httpx.URL(f"https://{found}/")
    assert sent.raw_host.decode() == web_address.host_of(found) or found.split(":")[0].endswith(".")


@given(st.lists(st.sampled_from(["a", ".", "..", "%2e", "%2E.", "", "b%2f"]), max_size=8))
def test_no_dots_are_left(segments: list[str]) -> None:
    path = web_address.without_dots("/" + "/".join(segments))
    assert path.startswith("/")
    assert not any(web_address.dots(segment) for segment in path.split("/"))
    assert httpx.URL(f"https://a.example{path}").raw_path.decode() == path
