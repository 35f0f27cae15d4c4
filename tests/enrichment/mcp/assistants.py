"""An assistant that talks to Marl's web server, with a client of the protocol."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool told."""

    body: Any
    refused: bool

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])


@dataclass(frozen=True, slots=True)
class Assistant:
    url: str
    token: str

    def connected(self, http: httpx2.AsyncClient, mode: Any = "auto") -> Client:
        return Client(streamable_http_client(f"{self.url}/mcp", http_client=http), mode=mode)

    def http(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(headers={"Authorization": f"Bearer {self.token}"}, trust_env=False, timeout=60)

    def use(self, name: str, /, **arguments: Any) -> Told:
        """Calls a tool over a connection of its own."""
        return asyncio.run(self._used(name, arguments))

    async def _used(self, name: str, arguments: dict[str, Any]) -> Told:
        async with self.http() as http, self.connected(http) as client:
            return told(await client.call_tool(name, arguments))


def told(result: Any) -> Told:
    [content] = result.content
    assert isinstance(content, TextContent)
    return Told(json.loads(content.text), result.is_error)
