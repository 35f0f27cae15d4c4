"""Downloads through the REST API."""

import asyncio
import json
from collections.abc import Callable, Generator
from typing import Any

import pytest
from django.test import Client

from enrichment.api import exports as api
from tables import columns, rows, view_snapshots
from tables.exports import records
from tables.models import Table
from tables.row_queries import View
from tests.tables.exports.conftest import TEXTS, table
from workspaces import audit

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["table"]

type ClientFor = Callable[[Any], Client]


def test_the_api_gives_it_as_a_download_and_notes_it(
    client_for: ClientFor, table: Table, viewer: Any, outsider: Any, workspace: Any
) -> None:
    answer = client_for(viewer).get(f"/api/v1/tables/{table.pk}/export?format=jsonl")
    assert answer["Content-Type"] == "application/x-ndjson"
    assert answer["Content-Disposition"] == 'attachment; filename="Leads: Q4.jsonl"'
    assert len(b"".join(answer.streaming_content).splitlines()) == len(TEXTS)  # type: ignore[attr-defined]
    assert audit.entries(workspace)[0].detail == {"format": "jsonl", "rows": len(TEXTS)}
    assert client_for(outsider).get(f"/api/v1/tables/{table.pk}/export").status_code == 404


def test_the_api_exports_a_view_and_notes_how_many_rows(
    client_for: ClientFor, table: Table, viewer: Any, workspace: Any
) -> None:
    number = columns.live(table)[1]
    chosen = View([number], [{"column": number.pk, "op": "gt", "value": 5}], [{"column": number.pk, "desc": True}], "")
    token, _ = view_snapshots.take(table, chosen)
    path = f"/api/v1/tables/{table.pk}/export?format=jsonl&view="
    answer = client_for(viewer).get(path + token)
    view_snapshots.take(table, chosen, replaces=token)  # somebody refreshes it while the file is on its way
    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]
    assert [json.loads(line)["N"] for line in lines] == [9, 8, 7, 6]
    assert audit.entries(workspace)[0].detail == {"format": "jsonl", "rows": 4}
    gone = client_for(viewer).get(path + token)
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "view_gone")
    assert "Open it again" in gone.json()["error"]["message"]


def test_rows_deleted_since_a_view_was_opened_are_not_noted_as_exported(
    client_for: ClientFor, table: Table, viewer: Any, workspace: Any
) -> None:
    token, total = view_snapshots.take(table, View([], [], [], ""))
    rows.delete(table, [row.pk for row in rows.window(table, 1, 2)])
    answer = client_for(viewer).get(f"/api/v1/tables/{table.pk}/export?format=jsonl&view={token}")
    assert len(b"".join(answer.streaming_content).splitlines()) == total - 2  # type: ignore[attr-defined]
    assert audit.entries(workspace)[0].detail == {"format": "jsonl", "rows": total - 2}


def test_what_cannot_be_exported_is_said_before_the_download(client_for: ClientFor, table: Table, viewer: Any) -> None:
    path = f"/api/v1/tables/{table.pk}/export"
    client = client_for(viewer)
    for query, words in [
        ("format=pdf", "csv, json, jsonl, xlsx"),
        ("separator=x", "comma, semicolon, tab"),
        ("columns=Nobody", "no column “Nobody”"),
    ]:
        for answer in (client.get(f"{path}?{query}"), client.get(f"{path}/check?{query}")):
            assert answer.status_code == 422
            assert words in answer.json()["error"]["message"]
    assert client.get(f"{path}?follow=a/b").status_code == 422


def test_the_columns_and_rows_of_a_file_are_told_before_it_is_made(
    client_for: ClientFor, table: Table, viewer: Any, outsider: Any
) -> None:
    number = columns.live(table)[1].pk
    path = f"/api/v1/tables/{table.pk}/export/check?columns=Profile,{number}&states=1&flatten=1"
    names = ["Profile.city", "Profile state", "Profile error", "N"]
    assert client_for(viewer).get(path).json() == {"columns": names, "rows": 10}
    assert client_for(outsider).get(path).status_code == 404


def test_a_download_has_the_choices_of_its_address(client_for: ClientFor, table: Table, viewer: Any) -> None:
    path = f"/api/v1/tables/{table.pk}/export?columns=N,Text&separator=semicolon&mark=1"
    data = b"".join(client_for(viewer).get(path).streaming_content)  # type: ignore[attr-defined]
    assert data.decode().splitlines()[:2] == ["\ufeffN;Text", "0;0042"]


def test_a_download_is_followed(client_for: ClientFor, table: Table, viewer: Any, outsider: Any) -> None:
    rows.append(table, [{"Text": "\x01"}] * 300)
    client, path = client_for(viewer), f"/api/v1/tables/{table.pk}"
    assert client.get(f"{path}/exports/mine").status_code == 404
    pieces = iter(client.get(f"{path}/export?format=xlsx&follow=mine").streaming_content)  # type: ignore[attr-defined]
    next(pieces)
    assert client.get(f"{path}/exports/mine").json() == {
        "state": "running",
        "rows_done": 0,
        "rows_total": 310,
        "not_whole": 0,
    }
    list(pieces)
    done = client.get(f"{path}/exports/mine").json()
    assert done == {"state": "done", "rows_done": 310, "rows_total": 310, "not_whole": 300}
    assert client_for(outsider).get(f"{path}/exports/mine").status_code == 404


def test_a_mistake_in_the_middle_breaks_the_download_off(
    client_for: ClientFor, table: Table, viewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Generator[list[Any]]:
        yield [{}]
        raise RuntimeError("out of luck")

    monkeypatch.setattr(records, "batches", broken)
    client, path = client_for(viewer), f"/api/v1/tables/{table.pk}"
    pieces = client.get(f"{path}/export?follow=mine").streaming_content  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="out of luck"):
        list(pieces)
    assert client.get(f"{path}/exports/mine").json()["state"] == "failed"


async def test_a_mistake_reaches_the_server_which_then_ends_the_connection() -> None:
    def pieces() -> Generator[bytes]:
        yield b""
        yield b"x"
        raise RuntimeError("out of luck")

    stream = api._off_the_loop(pieces())
    assert [await anext(stream), await anext(stream)] == [b"", b"x"]
    with pytest.raises(RuntimeError, match="out of luck"):
        await anext(stream)


async def test_nothing_more_is_read_once_the_receiver_has_gone() -> None:
    made: list[int] = []
    ended: list[bool] = []

    def pieces() -> Generator[bytes]:
        try:
            for number in range(100):
                made.append(number)
                yield b"x"
        finally:
            ended.append(True)

    async def receive() -> None:
        async for _ in stream:
            received.set()
            await asyncio.Event().wait()

    received = asyncio.Event()
    stream = api._off_the_loop(pieces())
    receiver = asyncio.create_task(receive())
    await received.wait()
    receiver.cancel()
    await asyncio.gather(receiver, return_exceptions=True)
    await stream.aclose()  # type: ignore[attr-defined]
    assert (made, ended) == ([0], [True])
