"""Calls of the REST API without a network: a tool is refused what its token is refused there, in the same words."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

type Message = MutableMapping[str, Any]
type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]

ROOT = "/api/v1"
# What the API may know of the caller. Without cookies, so that no browser lends its session to a page of somebody else.
_HANDED_ON = (b"host", b"authorization", b"user-agent", b"x-forwarded-for", b"x-forwarded-proto")


@dataclass(frozen=True, slots=True)
class Call:
    """`path` is below the API's root. A `body` of None sends none."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: object = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[bytes, bytes]
    body: bytes

    @property
    def is_refusal(self) -> bool:
        return self.status >= 400


@dataclass(frozen=True, slots=True)
class Api:
    """The API as the sender of one request may use it."""

    app: AsgiApp
    scope: Scope

    async def send(self, call: Call) -> Answer:
        """Returns the answer, whatever its status."""
        body = b"" if call.body is None else json.dumps(call.body).encode()
        received: list[Message] = []

        async def send(message: Message) -> None:
            received.append(message)

        await self.app(self._scope(call, len(body)), _sending(body), send)
        content = b"".join(message.get("body", b"") for message in received[1:])
        return Answer(received[0]["status"], dict(received[0]["headers"]), content)

    def _scope(self, call: Call, size: int) -> Scope:
        path = ROOT + call.path
        handed_on = [pair for pair in self.scope["headers"] if pair[0] in _HANDED_ON]
        about_body = [(b"content-type", b"application/json"), (b"content-length", str(size).encode())]
        return {
            **{name: self.scope.get(name) for name in ("asgi", "http_version", "scheme", "client", "server")},
            "type": "http",
            "method": call.method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": urlencode(call.query).encode(),
            "headers": [*handed_on, *about_body],
        }


def _sending(body: bytes) -> Receive:
    """Returns what an app receives: the body, and then nothing for as long as it cares to wait."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        while not messages:
            await asyncio.Event().wait()
        return messages.pop()

    return receive
