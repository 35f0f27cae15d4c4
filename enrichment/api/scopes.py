"""Which scope of a token each operation needs, told by its method and address."""

import re

from workspaces.models import Scope

# Ends of addresses, for all methods but GET. What ends with none of them needs the scope “manage”.
_LOOKS = (
    "/find",
    "/estimate",
    "/sent-before",
    "/unsendable",
    "/preview",
    "/formula-preview",
    "/expand/fields",
    "/summaries",
    "/tables/{}/views",  # to save one takes a role besides, which a token that may only read doesn't have
    "/openers/{}",
    "/duplicates/searches/{}",
)
_ROWS = (
    "/rows",
    "/tables/{}/rows/{}",
    "/rows/{}/comments",
    "/comments/{}",
    "/comments/{}/restore",
    "/mentions/read",
    "/rows/move",
    "/rows/typing",
    "/rows/restore",
    "/paste",
    "/replace",
    "/edits/{}/stop",
    "/edits/{}/undo",
    "/columns/clear",
    "/duplicates/merge",
    "/imports",
    "/imports/{}",
    "/imports/{}/check",
    "/imports/{}/start",
    "/imports/{}/undo",
    "/imports/{}/undo/stop",
)
_RUNS = ("/runs", "/runs/{}/pause", "/runs/{}/resume", "/runs/{}/stop", "/columns/{}/test")


def needed(method: str, address: str) -> Scope:
    """Returns the scope; `address` has its parameters in <> or {}."""
    plain = re.sub(r"<[^>]*>|{[^}]*}", "{}", f"/{address}")
    if method.upper() in ("GET", "HEAD") or plain.endswith(_LOOKS):
        return Scope.READ
    if plain.endswith(_ROWS):
        return Scope.ROWS
    return Scope.RUN if plain.endswith(_RUNS) else Scope.MANAGE
