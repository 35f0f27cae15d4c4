"""Bodies of names and values: percent-encoded as in a query, or each value as a part of its own (RFC 7578)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from enrichment.engine.errors import Problem
from enrichment.engine.template.body import in_bytes
from enrichment.engine.template.parameters import Filling, Parameter, holes_of
from enrichment.engine.template.references import Hole
from enrichment.engine.template.values import as_text


@dataclass(frozen=True, slots=True)
class _Pairs:
    pairs: tuple[Parameter, ...]

    @property
    def holes(self) -> tuple[Hole, ...]:
        return tuple(hole for item in self.pairs for hole in holes_of(item.value))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class FormBody(_Pairs):
    def media_type(self, rendered: bytes) -> str:
        return "application/x-www-form-urlencoded"

    def render(
        self, values: Mapping[int, object], secrets: Mapping[str, str] | None = None, *, remove_null: bool = False
    ) -> tuple[bytes, list[str]]:
        """Returns the body, and what removal took out. Raises RenderError."""
        removed: list[str] = []
        filling = Filling(values, secrets or {})
        pairs = filling.parameters(self.pairs, removed, "field", remove_null=remove_null)
        return in_bytes("&".join(pairs)), removed


@dataclass(frozen=True, slots=True)
class MultipartBody(_Pairs):
    def media_type(self, rendered: bytes) -> str:
        delimiter = rendered.partition(b"\r\n")[0].decode()
        return f"multipart/form-data; boundary={delimiter.removeprefix('--').removesuffix('--')}"

    def render(
        self, values: Mapping[int, object], secrets: Mapping[str, str] | None = None, *, remove_null: bool = False
    ) -> tuple[bytes, list[str]]:
        """Returns the body, and what removal took out. Raises RenderError."""
        removed: list[str] = []
        filling = Filling(values, secrets or {})
        parts = filling.parameters(self.pairs, removed, "field", remove_null=remove_null, written=as_text)
        boundary = _boundary(parts)
        return in_bytes("".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"), removed


def _boundary(parts: list[str]) -> str:
    """Returns a text that none of the parts holds; the same for the same parts, so that every try sends the same."""
    content = "\0".join(parts)
    seed = content.encode("utf-8", "replace")
    while (boundary := "marl-" + hashlib.sha256(seed).hexdigest()[:32]) in content:
        seed = boundary.encode()
    return boundary
