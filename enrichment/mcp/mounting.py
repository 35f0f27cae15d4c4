"""Where the endpoint stands beside Django, and whom it lets in. The protocol is imported with its first request."""

import asyncio
import importlib
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from enrichment.mcp.calls import Answer, Api, AsgiApp, Call, Receive, Scope, Send

ADDRESSES = ("/mcp", "/mcp/")
LARGEST = 4 * 1024 * 1024  # bytes of a request
_SHUT_OUT = (401, 429, 503)  # elsewhere, each tool says by itself what its token may not do


@dataclass(frozen=True, slots=True)
class Mounted:
    """Django as an ASGI app, with the endpoint at `/mcp`."""

    django: AsgiApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in ADDRESSES:
            await self.django(scope, receive, send)
            return
        api = Api(self.django, scope)
        if (refusal := _refusal(scope) or await _shut_out(api)) is not None:
            await _send(refusal, send)
            return
        endpoint = await asyncio.to_thread(importlib.import_module, "enrichment.mcp.endpoint")
        await endpoint.serve(api, scope, receive, send, LARGEST)


def _refusal(scope: Scope) -> Answer | None:
    """Returns what is wrong with the request itself, whoever sends it."""
    headers = dict(scope["headers"])
    if not _is_ours(headers.get(b"host", b"").decode("latin-1")):
        return _words(
            421, "invalid", "Marl doesn't know this host. Add it to MARL_ALLOWED_HOSTS, or use its own address."
        )
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin and not _is_ours(urlsplit(origin).netloc):
        return _words(403, "forbidden", f"Pages of {origin[:200]} can't use this address.")
    if scope["method"] != "POST":
        words = "Send POST: this server has no sessions, so there is nothing to listen to or to end."
        return _words(405, "method_not_allowed", words, {b"allow": b"POST"})
    size = headers.get(b"content-length", b"")
    if size.isdigit() and int(size) > LARGEST:
        return _words(413, "too_large", f"Send at most {LARGEST // 1024 // 1024} MiB at once, or upload a file.")
    return None


def _is_ours(host: str) -> bool:
    """Whether it is one of the product's hosts: a name that somebody else points at this machine is not."""
    name, _ = split_domain_port(host)
    return validate_host(name, settings.ALLOWED_HOSTS)


async def _shut_out(api: Api) -> Answer | None:
    """Returns the API's refusal of a caller who can't use any tool, with how to be let in."""
    answer = await api.send(Call("GET", "/me"))
    if answer.status not in _SHUT_OUT:
        return None
    challenge = {b"www-authenticate": b'Bearer realm="Marl"'} if answer.status == 401 else {}
    return Answer(answer.status, {**answer.headers, **challenge}, answer.body)


def _words(status: int, code: str, words: str, headers: dict[bytes, bytes] | None = None) -> Answer:
    body = json.dumps({"error": {"code": code, "message": words, "details": []}}, ensure_ascii=False)
    return Answer(status, {b"content-type": b"application/json", **(headers or {})}, body.encode())


async def _send(answer: Answer, send: Send) -> None:
    headers = {**answer.headers, b"content-length": str(len(answer.body)).encode()}
    lowered = [(name.lower(), value) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": lowered})
    await send({"type": "http.response.body", "body": answer.body})
