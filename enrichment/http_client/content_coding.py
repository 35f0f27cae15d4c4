"""Undoes the `Content-Encoding` of a body, and never makes more of it than was asked for."""

import sys
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPTED = "gzip, deflate, br, zstd"
_MOST_CODINGS = 3  # one over the other
_MOST_MEMBERS = 1000  # of a gzip or zstd body; each costs a decompressor
_PIECE = 16 * 1024  # bytes: the end of a member copies what follows it in its piece
_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}  # 8 MiB, the most of RFC 9659


class DecodingError(ValueError):
    """The words end a sentence about the response."""


class _Decompressor(Protocol):
    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


def decode(body: bytes, encodings: Iterable[str], most: int) -> bytes:
    """Returns the body as it was before these encodings, which are in the order in which they were applied.

    Returns more than `most` bytes when there are more, but no more than it takes to know. Raises DecodingError.
    """
    codings = [name for text in encodings for part in text.split(",") if (name := part.strip().lower())]
    if len(codings) > _MOST_CODINGS:
        raise DecodingError("is compressed too many times")
    for coding in reversed(codings):
        body = _decoded(body, coding, most) if body else body
    return body


def _decoded(body: bytes, coding: str, most: int) -> bytes:
    try:
        match coding:
            case "identity":
                return body
            case "gzip" | "x-gzip":
                return _inflated(body, partial(zlib.decompressobj, 16 + zlib.MAX_WBITS), most, b"\x1f\x8b")
            case "deflate":
                return _deflated(body, most)
            case "zstd":
                return _inflated(body, partial(zstd.ZstdDecompressor, options=_WINDOW), most, b"\x28\xb5\x2f\xfd")
            case "br":
                return _from_brotli(body, most)
    except (zlib.error, zstd.ZstdError, brotli.error) as error:
        raise DecodingError(f"isn't valid {coding}") from error
    return _as_is(body, coding)


def _deflated(body: bytes, most: int) -> bytes:
    """With the zlib header of the standard, or without, as some servers send it."""
    try:
        return _inflated(body, zlib.decompressobj, most)
    except zlib.error:
        return _inflated(body, partial(zlib.decompressobj, -zlib.MAX_WBITS), most)


def _inflated(body: bytes, make: Callable[[], _Decompressor], most: int, magic: bytes | None = None) -> bytes:
    """Of a body in several members all; bytes after the last one that begin none are left out, as curl does."""
    found, view, position = bytearray(), memoryview(body), 0
    for _ in range(_MOST_MEMBERS):
        decompressor = make()
        while not decompressor.eof:
            piece = view[position : position + _PIECE]
            if not piece:
                raise DecodingError("is incomplete")
            found += decompressor.decompress(piece, most + 1 - len(found))
            if len(found) > most:
                return bytes(found)
            position += len(piece) - len(decompressor.unused_data)
        if magic is None or not body.startswith(magic, position):
            return bytes(found)
    raise DecodingError("is compressed in too many parts")


def _from_brotli(body: bytes, most: int) -> bytes:
    decompressor = brotli.Decompressor()
    found: bytes = decompressor.process(body, output_buffer_limit=most + 1)
    while len(found) <= most and not decompressor.is_finished():
        more = decompressor.process(b"", output_buffer_limit=most + 1 - len(found))
        if not more:
            raise DecodingError("is incomplete")
        found += more
    return found


def _as_is(body: bytes, coding: str) -> bytes:
    """Servers write `utf-8` or `none` here too; what is text is not compressed."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise DecodingError(f"is compressed as “{coding[:40]}”, which Marl can't read") from error
    return body
