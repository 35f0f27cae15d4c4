"""Bytes that servers send as text: read without loss, or told to be none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.characters import decode

CITY = '{"name": "Müller GmbH", "city": "Düsseldorf"}'


@pytest.mark.parametrize(
    ("body", "content_type", "charset"),
    [
        (CITY.encode(), "application/json", "utf-8"),
        (CITY.encode(), "", "utf-8"),
        (CITY.encode(), "text/plain; charset=iso-8859-1", "utf-8"),
        (CITY.encode("utf-8-sig"), "application/json; charset=latin-1", "utf-8"),
        (CITY.encode("latin-1"), "application/json; charset=ISO-8859-1", "windows-1252"),
        (CITY.encode("latin-1"), 'text/html; charset="windows-1252"', "windows-1252"),
        (CITY.encode("utf-16-le"), "application/json; charset=utf-16le", "utf-16-le"),
        (b"\xff\xfe" + CITY.encode("utf-16-le"), "application/json", "utf-16-le"),
        (b"\xfe\xff" + CITY.encode("utf-16-be"), "", "utf-16-be"),
    ],
)
def test_the_text_is_what_was_meant(body: bytes, content_type: str, charset: str) -> None:
    decoded = decode(body, content_type)
    assert (decoded.text, decoded.charset, decoded.is_guess, decoded.is_binary) == (CITY, charset, False, False)


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (CITY, "cp1252"),
        ("naïve café – société €", "cp1252"),
        ('{"имя": "Компания", "город": "Москва"}', "cp1251"),
        ('{"name": "株式会社テスト", "city": "東京"}', "cp932"),
        ('{"名称": "公司", "城市": "北京"}', "gb18030"),
        ('{"이름": "회사", "도시": "서울"}', "cp949"),
        ('{"miasto": "Łódź", "nazwa": "Spółka żółta"}', "cp1250"),
        ('{"name": "ありがとうございます"}', "cp932"),
        ('{"name": "ありがとうございます"}', "euc_jp"),
        ('{"name": "Łódź"}', "iso8859-2"),
        ('{"name": "สวัสดีครับ"}', "cp874"),
        (CITY, "utf-16-le"),
    ],
)
def test_what_names_no_encoding_is_guessed_and_says_so(text: str, charset: str) -> None:
    decoded = decode(text.encode(charset), "application/json")
    assert (decoded.text, decoded.is_guess) == (text, True)


def test_a_charset_in_the_text_itself_counts() -> None:
    body = '<?xml version="1.0" encoding="iso-8859-2"?><a>Łódź</a>'.encode("iso-8859-2")
    assert decode(body, "text/xml").text.endswith("<a>Łódź</a>")
    assert not decode(body, "text/xml").is_guess


def test_an_encoding_in_seven_bits_is_read_where_it_is_named() -> None:
    assert decode("東京".encode("iso2022_jp"), "text/plain; charset=iso-2022-jp").text == "東京"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "application/json"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "text/plain; charset=latin-1"),
        (b"%PDF-1.7\nall of it in ASCII", "application/json"),
        (b"PK\x03\x04\x14\0\x08\x08", ""),
        (b"\xff\xd8\xff\xe0\xf3\x8a\x9b", "image/jpeg"),
        (b"a text\0with a zero", "text/plain"),
    ],
)
def test_what_is_no_text_is_told(body: bytes, content_type: str) -> None:
    assert decode(body, content_type).is_binary


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("Köln, Zürich".encode()[:-5], "Köln, Z"),
        ('{"city": "Köln", "about": "größer'.encode()[:-3] + b'"}', "grö"),
        ('{"a": "Köln"}'.encode() + '{"b": "Köln"}'.encode("latin-1"), '"b": "K'),
        (b'{"a": "\xed\xa0\xbd", "b": "\xc3\xb6\xc3\xa4\xc3\xbc"}', '{"a": "'),
    ],
)
def test_utf8_that_is_broken_in_places_is_told_and_not_taken_for_another_encoding(body: bytes, after: str) -> None:
    decoded = decode(body, "application/json")
    assert decoded.fault.endswith(f"a letter is broken after “{decoded.text.partition('\ufffd')[0][-30:]}”.")
    assert f"{after}”" in decoded.fault


def test_letters_that_are_written_as_two_halves_are_read_as_one() -> None:
    decoded = decode(b'{"a": "\xed\xa0\xbd\xed\xb8\x80"}', "application/json")
    assert (decoded.text, decoded.charset, decoded.fault) == ('{"a": "😀"}', "cesu-8", "")


@pytest.mark.parametrize("charset", ["idna", "hex", "undefined", "no-such", "utf-8; x", "'"])
def test_a_charset_that_is_none_does_not_matter(charset: str) -> None:
    assert decode("ü".encode(), f"text/plain; charset={charset}").text == "ü"


@given(st.binary(max_size=40), st.sampled_from(["", "text/plain", "application/json; charset=shift_jis", "image/png"]))
def test_any_bytes_are_decoded_without_loss_or_told(body: bytes, content_type: str) -> None:
    decoded = decode(body, content_type)
    assert decoded.is_binary or decoded.fault or "\ufffd" not in decoded.text or "\ufffd".encode() in body
