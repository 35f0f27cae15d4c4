"""OpenAPI documents: pasted, uploaded or fetched from their address, and carried from one step of the form to the next.

An address is fetched by the same way out as every other request.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from enrichment.engine.errors import InvalidSettings, Problem, SendError
from enrichment.engine.importers import openapi_document
from enrichment.engine.messages import Request
from enrichment.http_client import client, event_loop

LARGEST = 32 * 1024 * 1024  # bytes
_CARRIED = 4 * LARGEST  # bytes of a document as JSON, which aliases may have made larger than its text
_TIMEOUT_MS = 20_000


def given(request: HttpRequest, address: str) -> dict[str, Any]:
    """Returns the document at the address, of the file or of the text. Raises InvalidSettings."""
    if address:
        return openapi_document.read(_fetched(address))
    file = request.FILES.get("file")
    if file is None:
        return openapi_document.read(request.POST.get("document", ""))
    if (file.size or 0) > LARGEST:
        raise _refused(f"The file is larger than {LARGEST // 1024 // 1024} MiB.", "document")
    try:
        return openapi_document.read(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _refused("The file isn't UTF-8 text.", "document") from error


def packed(document: Mapping[str, Any]) -> str:
    """Returns the document as a text for a field of a form, where it is read quickly. Raises InvalidSettings."""
    try:
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str)
    except (RecursionError, TypeError, ValueError) as error:
        raise _refused("This document contains itself, so it can't be written as JSON.", "document") from error
    return base64.urlsafe_b64encode(zlib.compress(text.encode("utf-8", "replace"), 1)).decode()


def unpacked(text: str) -> dict[str, Any]:
    """Returns the document that was packed. Raises InvalidSettings."""
    try:
        unpacking = zlib.decompressobj()
        found = unpacking.decompress(base64.urlsafe_b64decode(text), _CARRIED)
        return openapi_document.read(found.decode())
    except (binascii.Error, zlib.error, ValueError) as error:
        raise _refused("The document was lost on the way. Import it again.", "document") from error


def _fetched(address: str) -> str:
    request = Request("GET", address, (("accept", "application/json, application/yaml, */*"),))
    sending = client.send(event_loop.transport(), request, timeout_ms=_TIMEOUT_MS, max_read=LARGEST)
    try:
        response = event_loop.run(sending)
    except SendError as error:
        raise _refused(error.message, "address") from error
    if response.not_followed:
        raise _refused(response.not_followed.message, "address")
    if response.status != 200:
        raise _refused(f"The server answered with status {response.status}.", "address")
    return response.text


def _refused(message: str, field: str) -> InvalidSettings:
    return InvalidSettings([Problem(message, field=field)])
