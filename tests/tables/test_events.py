"""Live events: announced once, merged, resumed where a listener was cut off."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import pytest
import redis

from tables import events, rows
from tables.models import Row, Table
from tables.redis import client

pytestmark = pytest.mark.usefixtures("transactional_db")

SOON = 5  # seconds


@pytest.fixture
async def _hub() -> AsyncIterator[None]:
    """The process's reader ends with the test's loop."""
    yield
    hub = events._hub()
    if hub.reader:
        await asyncio.wait_for(hub.reader, SOON)
    await hub.server.aclose()


def listening(last_event_id: str = "") -> AsyncGenerator[bytes]:
    return cast(AsyncGenerator[bytes], events._listen(1, last_event_id))


def parsed(message: bytes) -> list[tuple[str, str, Any]]:
    """(id, event, data) of every event in a message."""
    found = []
    for block in message.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
    return found


async def next_events(stream: AsyncIterator[bytes]) -> list[tuple[str, str, Any]]:
    async with asyncio.timeout(SOON):
        async for message in stream:
            if found := parsed(message):
                return found
    raise AssertionError("the stream ended")


async def started(stream: AsyncIterator[bytes]) -> str:
    """The id a listener begins with."""
    first = (await anext(stream)).decode()
    return first.split("id: ")[1].strip()


@pytest.mark.usefixtures("_hub")
async def test_a_listener_hears_the_last_state_of_each_cell() -> None:
    async with aclosing(listening()) as stream:
        await started(stream)
        events.publish_cells(1, [(5, 7, {"state": "running"})])
        events.publish_cells(1, [(5, 7, {"state": "done"}), (6, 7, {"state": "done"})])
        cells: dict[tuple[int, int], str] = {}
        while len(cells) < 2 or set(cells.values()) != {"done"}:
            for _, event, data in await next_events(stream):
                assert event == "cells"
                cells |= {(row_id, column_id): cell["state"] for row_id, column_id, cell in data["cells"]}


def announced(cells: list[events.AnnouncedCell]) -> list[bytes]:
    """Returns the texts that stand in the stream of table 1 after these cells were announced in it."""
    events.publish_cells(1, cells)
    redis: Any = client()
    return [fields[b"data"] for _, fields in redis.xrange("marl:events:1")]


def test_a_long_value_alone_is_announced_whole() -> None:
    value = "x" * 50_000
    [text] = announced([(5, 7, {"state": "done", "value": value})])
    assert json.loads(text)["cells"] == [[5, 7, {"state": "done", "value": value}]]


def test_of_many_long_values_their_length_is_announced() -> None:
    long, short = {"name": "Acme", "about": "é" * 20_000}, "Acme"
    cells = [(row, 7, {"state": "done", "value": short if row % 2 else long}) for row in range(600)]
    texts = announced(cells)
    assert max(map(len, texts)) < events.LETTERS
    found = [cell for text in texts for cell in json.loads(text)["cells"]]
    assert [cell[:2] for cell in found] == [[row, 7] for row in range(600)]
    length = len(json.dumps(long, ensure_ascii=False, separators=(",", ":")))
    assert [cell[2] for cell in found[:2]] == [
        {"state": "done", "value_length": length},
        {"state": "done", "value": short},
    ]


@pytest.mark.usefixtures("_hub")
async def test_a_listener_hears_of_its_own_table_alone() -> None:
    async with aclosing(listening()) as stream:
        await started(stream)
        events.publish_columns(2)
        events.publish_run(1, {"id": 3})
        assert [event for _, event, _ in await next_events(stream)] == ["run"]


@pytest.mark.usefixtures("_hub")
async def test_a_listener_that_comes_back_gets_what_it_missed() -> None:
    async with aclosing(listening()) as stream:
        await started(stream)
        events.publish_run(1, {"id": 1})
        last_id = (await next_events(stream))[-1][0]
    events.publish_run(1, {"id": 2})
    async with aclosing(listening(last_id)) as stream:
        assert [data for _, _, data in await next_events(stream)] == [{"id": 2}]


@pytest.mark.usefixtures("_hub")
async def test_hundreds_that_come_back_at_once_get_what_they_missed() -> None:
    events.publish_run(1, {"id": 1})
    async with aclosing(await of_the_page(run=2)) as stream:
        last_id = await started(stream)
    events.publish_run(1, {"id": 3})

    async def heard() -> list[Any]:
        async with aclosing(listening(last_id)) as stream:
            return [data for _, _, data in await next_events(stream)]

    assert await asyncio.gather(*[heard() for _ in range(300)]) == [[{"id": 3}]] * 300


@pytest.mark.usefixtures("_hub")
async def test_a_listener_cut_off_before_the_first_event_misses_nothing() -> None:
    async with aclosing(listening()) as stream:
        start_id = await started(stream)
    events.publish_run(1, {"id": 1})
    async with aclosing(listening(start_id)) as stream:
        assert [event for _, event, _ in await next_events(stream)] == ["reset"]


async def of_the_page(run: int | None = None) -> AsyncGenerator[bytes]:
    """A listener of a page that was made just now, before this run was announced."""
    position = await asyncio.to_thread(events.position, 1)
    if run:
        events.publish_run(1, {"id": run})
    return listening(position)


@pytest.mark.usefixtures("_hub")
@pytest.mark.parametrize("before", [False, True])
async def test_a_page_that_was_made_just_now_reads_nothing_again(before: bool) -> None:
    if before:
        events.publish_run(1, {"id": 1})
    async with aclosing(await of_the_page()) as stream:
        await started(stream)
        assert await anext(stream) == b": up to date\n\n"


@pytest.mark.usefixtures("_hub")
async def test_a_page_gets_what_was_announced_since_it_was_made() -> None:
    events.publish_run(1, {"id": 1})
    async with aclosing(await of_the_page(run=2)) as stream:
        assert [data for _, _, data in await next_events(stream)] == [{"id": 2}]


@pytest.mark.usefixtures("_hub")
async def test_a_page_reads_everything_again_if_the_first_event_came_since_it_was_made() -> None:
    async with aclosing(await of_the_page(run=1)) as stream:
        assert [event for _, event, _ in await next_events(stream)] == ["reset"]


@pytest.mark.usefixtures("_hub")
async def test_whoever_comes_back_when_all_events_are_gone_reads_everything_again() -> None:
    async with aclosing(listening("1-1")) as stream:
        assert [event for _, event, _ in await next_events(stream)] == ["reset"]


@pytest.mark.usefixtures("_hub")
@pytest.mark.parametrize("last_id", ["1-1", "nonsense"])
async def test_a_listener_that_was_away_too_long_reads_everything_again(last_id: str) -> None:
    events.publish_run(1, {"id": 1})
    async with aclosing(listening(last_id)) as stream:
        assert [event for _, event, _ in await next_events(stream)] == ["reset"]


@pytest.mark.usefixtures("_hub")
async def test_a_listener_that_does_not_keep_up_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BACKLOG", 2)
    async with aclosing(listening()) as stream:
        await started(stream)
        entry = (b"1-1", {b"event": b"columns", b"data": b"{}"})
        for _ in range(3):
            events._hub().send(1, [entry])
        assert [message async for message in stream] == []


@pytest.mark.usefixtures("_hub")
async def test_a_listener_has_to_come_back_so_that_an_ended_session_hears_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "LASTS_SECONDS", 0.0)
    async with aclosing(listening()) as stream:
        await started(stream)
        assert [message async for message in stream] == []


def test_a_merged_batch_carries_its_id_on_the_last_event() -> None:
    run = b'{"id":1}'
    entries: list[events.Entry] = [
        (b"1-1", {b"event": b"run", b"data": run}),
        (b"1-2", {b"event": b"columns", b"data": b"{}"}),
        (b"1-3", {b"event": b"run", b"data": run}),
    ]
    assert [(id, event) for id, event, _ in parsed(events.merged(entries))] == [("", "columns"), ("1-3", "run")]


def test_a_stream_is_short_and_ends_by_itself() -> None:
    for number in range(events.LENGTH + 500):
        events.publish_run(1, {"id": number})
    assert client().xlen("marl:events:1") < events.LENGTH + 200
    assert 0 < client().ttl("marl:events:1") <= events.STORED_SECONDS


def test_rows_are_kept_when_nothing_can_be_announced(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis(host="127.0.0.1", port=1)
    monkeypatch.setattr(events, "client", lambda: nowhere)
    assert len(rows.append(table, [{"Name": "a"}])) == 1
    assert events.position(table.pk) == ""
    assert Row.objects.count() == 1


@pytest.mark.usefixtures("_hub")
async def test_a_listener_is_sent_away_when_a_table_is_for_other_people_now() -> None:
    events.publish_columns(1)
    async with aclosing(listening()) as stream:
        position = await started(stream)
        events.publish_access([1])
        events.publish_cells(1, [(5, 7, {"state": "done"})])
        async with asyncio.timeout(SOON):
            assert [message async for message in stream] == []
    async with aclosing(listening(position)) as stream:  # of who may come back
        await started(stream)
        assert [event for _, event, _ in await next_events(stream)] == ["access", "cells"]
