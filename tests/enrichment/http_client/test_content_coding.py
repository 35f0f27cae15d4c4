import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd

from enrichment.http_client import content_coding
from enrichment.http_client.content_coding import DecodingError

TEXT = b'{"name": "Northwind", "city": "Utrecht"}' * 1000


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-zlib.MAX_WBITS)


COMPRESS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "gzip of several members": ("gzip", lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:])),
    "deflate": ("deflate", zlib.compress),
    "deflate without its header": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd.compress),
    "zstd of several frames": ("zstd", lambda data: zstd.compress(data[:100]) + zstd.compress(data[100:])),
    "nothing": ("identity", bytes),
    "one over the other": ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
}


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_body_is_what_was_compressed(kind: str) -> None:
    name, compress = COMPRESS[kind]
    assert content_coding.decode(compress(TEXT), [name], len(TEXT)) == TEXT


def test_several_headers_are_read_as_one() -> None:
    assert content_coding.decode(gzip.compress(zlib.compress(TEXT)), ["deflate", "gzip"], len(TEXT)) == TEXT


@pytest.mark.parametrize("kind", ["gzip", "gzip of several members", "deflate", "br", "zstd", "zstd of several frames"])
@pytest.mark.parametrize("missing", [1, 5])
def test_a_body_that_was_cut_is_not_a_value(kind: str, missing: int) -> None:
    name, compress = COMPRESS[kind]
    with pytest.raises(DecodingError, match="is incomplete"):
        content_coding.decode(compress(TEXT)[:-missing], [name], len(TEXT))


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_what_is_not_compressed_as_it_says_is_not_a_value(name: str) -> None:
    with pytest.raises(DecodingError, match=f"isn't valid {name}|is incomplete"):
        content_coding.decode(b"\xff\xfe" + TEXT, [name], 10**6)


def test_a_damaged_body_is_not_a_value() -> None:
    damaged = bytearray(gzip.compress(TEXT))
    damaged[-6] ^= 1  # its checksum
    with pytest.raises(DecodingError, match="isn't valid gzip"):
        content_coding.decode(bytes(damaged), ["gzip"], len(TEXT))


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_stray_bytes_after_a_whole_body_do_not_matter(kind: str) -> None:
    name, compress = COMPRESS[kind]
    assert content_coding.decode(compress(TEXT) + b"\n\n", [name], len(TEXT)) == TEXT


def test_an_unknown_coding_names_itself() -> None:
    with pytest.raises(DecodingError, match="“compress”"):
        content_coding.decode(b"\x1f\x9d\x90\xff\xfe", ["compress"], 1000)


def test_text_under_a_name_that_is_no_coding_is_text() -> None:
    assert content_coding.decode(TEXT, ["utf-8"], len(TEXT)) == TEXT


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_an_empty_body_stays_empty(name: str) -> None:
    assert content_coding.decode(b"", [name], 10) == b""


@pytest.mark.parametrize("kind", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_decompressed_only_so_far(kind: str) -> None:
    name, compress = COMPRESS[kind]
    bomb, most = compress(bytes(50_000_000)), 1_000_000
    tracemalloc.start()
    assert len(content_coding.decode(bomb, [name], most)) > most
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_window_larger_than_servers_may_ask_for_is_refused() -> None:
    large = zstd.compress(bytes(2**25), options={zstd.CompressionParameter.window_log: 25})
    with pytest.raises(DecodingError, match="isn't valid zstd"):
        content_coding.decode(large, ["zstd"], 10**6)


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_the_members_of_a_body_are_counted(compress: Callable[[bytes], bytes]) -> None:
    name = "gzip" if compress is gzip.compress else "zstd"
    with pytest.raises(DecodingError, match="too many parts"):
        content_coding.decode(compress(b"x") * 100_000, [name], 10**6)


def test_codings_over_codings_are_counted() -> None:
    with pytest.raises(DecodingError, match="too many times"):
        content_coding.decode(b"x", ["gzip, gzip, gzip, gzip"], 10)
