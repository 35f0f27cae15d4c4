"""Live events of a table: published to a short stream in Redis, read once by each web process, sent to its listeners.

Events are merged to at most ten a second. A listener that comes back with Last-Event-ID gets what it missed, or
`reset` when the stream no longer reaches back so far. One that does not keep up is disconnected, and comes back.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any
from weakref import WeakKeyDictionary

import redis
from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from pydantic_core import to_json

from tables.models import Comment, Table
from tables.redis import client, client_on_loop

log = logging.getLogger(__name__)

LENGTH = 2000  # entries of a stream
CELLS = 250  # of one entry
LETTERS = 65_536  # of one entry, unless the values in it are short
LONGEST_VALUE = 200  # characters, as JSON, of a value in a larger entry
STORED_SECONDS = 3600  # after the last event
MERGED_SECONDS = 0.1  # between two messages
KEEP_ALIVE_SECONDS = 15.0
LASTS_SECONDS = 300.0  # then the browser comes back, if it is still signed in
FRESH_SECONDS = 60  # within which nothing is taken out of a stream
ACCESS = "access"
BACKLOG = 200  # messages that a listener has not read yet

type Entry = tuple[bytes, dict[bytes, bytes]]
type AnnouncedCell = tuple[int, int, dict[str, Any]]  # row id, column id, cell of the API

_encode = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def publish_cells(table_id: int, cells: Sequence[AnnouncedCell]) -> None:
    """Announces cells, each with its value, unless it is one of many that are long: then with the value's length.

    A stream that holds whole answers for everybody who comes back would fill Redis; a page reads those that it shows.
    """
    texts = [(some, _encoded_cells(some)) for some in batched(cells, CELLS)]
    shown = [text if len(text) <= LETTERS else _encoded_cells(list(map(_short, some))) for some, text in texts]
    _publish_texts(table_id, "cells", shown)


def _encoded_cells(cells: Sequence[AnnouncedCell]) -> str:
    try:
        return to_json({"cells": cells}).decode()  # in 0.4 of the time, and every computed cell comes here
    except ValueError:  # half a surrogate pair, or more lists inside each other than it takes
        return _encode({"cells": cells})


def _short(cell: AnnouncedCell) -> AnnouncedCell:
    row_id, column_id, facts = cell
    length = len(_encode(facts.get("value")))
    if length <= LONGEST_VALUE:
        return cell
    kept = {name: fact for name, fact in facts.items() if name != "value"}
    return row_id, column_id, kept | {"value_length": length}


def publish_run(table_id: int, run: dict[str, Any]) -> None:
    """Announces a run, given as in the API."""
    _publish(table_id, "run", run)


def publish_fetch(table_id: int, source: str, import_: dict[str, Any]) -> None:
    """Announces that a run of a source has ended, given as the import of the API."""
    _publish(table_id, "fetch", {"source": source, "import": import_})


def publish_rows(table_id: int, *, added: int = 0, deleted: Sequence[int] = ()) -> None:
    """Announces that rows changed; listeners read their window again."""
    count = Table.objects.filter(pk=table_id).values_list("row_count", flat=True).first()
    _publish(table_id, "rows", {"added": added, "deleted": list(deleted[:1000]), "row_count": count or 0})


def publish_columns(table_id: int) -> None:
    """Announces that columns changed; listeners read the table again."""
    _publish(table_id, "columns", {})


def publish_views(table_id: int) -> None:
    """Announces that saved views changed; listeners read them again."""
    _publish(table_id, "views", {})


def publish_comments(table_id: int, row_id: int, named: Iterable[int]) -> None:
    """Announces that the comments on a row changed; listeners who show them read them again.

    The users `named` in what changed count their mentions again.
    """
    number = Comment.objects.filter(row_id=row_id).count()
    _publish(table_id, "comments", {"row_id": row_id, "comments": number, "named": sorted(named)})


def publish_table(table_id: int, *, deleted: bool) -> None:
    """Announces that the table was deleted or restored."""
    _publish(table_id, "table", {"deleted": deleted})


def publish_access(table_ids: Iterable[int]) -> None:
    """Announces that tables are for other people now, or some in another role. It ends the streams of all listeners:
    whoever still may listen comes back, and learns of it then.
    """
    for table_id in table_ids:
        _publish(table_id, ACCESS, {})


def _publish(table_id: int, event: str, data: dict[str, Any]) -> None:
    _publish_texts(table_id, event, [_encode(data)])


def _publish_texts(table_id: int, event: str, texts: Sequence[str]) -> None:
    """What is announced is stored already. Without Redis nobody hears of it at once, and nothing else fails."""
    if not texts:
        return
    key = _key(table_id)
    pipeline = client().pipeline(transaction=False)
    for text in texts:
        pipeline.xadd(key, {"event": event, "data": text}, maxlen=LENGTH, approximate=True)
    pipeline.expire(key, STORED_SECONDS)
    try:
        pipeline.execute()
    except redis.RedisError as error:
        log.warning("“%s” of table %s was not announced: %s", event, table_id, error)


def position(table_id: int) -> str:
    """Returns an id after which come the events of what is stored from now on; empty without Redis."""
    pipeline = client().pipeline(transaction=False)
    pipeline.time()
    pipeline.xrevrange(_key(table_id), count=1)
    try:
        (seconds, microseconds), latest = pipeline.execute()
    except redis.RedisError:
        return ""
    just_before = seconds * 1000 + microseconds // 1000 - 1  # an event of the same millisecond has to come after it
    return latest[0][0].decode() if latest else f"{just_before}-0"


def _key(table_id: int) -> str:
    return f"marl:events:{table_id}"


async def response(table_id: int, last_event_id: str = "") -> StreamingHttpResponse:
    """Returns an event stream that ends when the browser leaves, and after five minutes."""
    answer = StreamingHttpResponse(_listen(table_id, last_event_id), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


async def _listen(table_id: int, last_event_id: str) -> AsyncIterator[bytes]:
    hub = _hub()
    queue = await hub.join(table_id)
    ends_at = asyncio.get_running_loop().time() + LASTS_SECONDS
    try:
        # A browser that is cut off before the first event comes back with this id.
        yield f"retry: 1000\nid: {hub.positions[table_id]}\n\n".encode()
        if last_event_id:
            yield await hub.missed(table_id, last_event_id)
        while asyncio.get_running_loop().time() < ends_at:
            try:
                message = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if message is None:
                return
            yield message
    finally:
        hub.leave(table_id, queue)


@dataclass(slots=True)
class _Hub:
    """All listeners of one process, which share one reader."""

    server: Any  # its types promise neither bytes nor text
    listeners: dict[int, set[asyncio.Queue[bytes | None]]] = field(default_factory=dict)
    positions: dict[int, str] = field(default_factory=dict)
    reader: asyncio.Task[None] | None = None

    async def join(self, table_id: int) -> asyncio.Queue[bytes | None]:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(BACKLOG)
        if table_id not in self.positions:
            last = await self.server.xrevrange(_key(table_id), count=1)
            self.positions.setdefault(table_id, last[0][0].decode() if last else "0-0")
        self.listeners.setdefault(table_id, set()).add(queue)
        if self.reader is None or self.reader.done():
            self.reader = asyncio.create_task(self.read())
        return queue

    def leave(self, table_id: int, queue: asyncio.Queue[bytes | None]) -> None:
        others = self.listeners.get(table_id, set())
        others.discard(queue)
        if not others:
            self.listeners.pop(table_id, None)
            self.positions.pop(table_id, None)

    async def read(self) -> None:
        """Reads the streams until nobody listens."""
        while self.listeners:
            keys = {_key(table_id): self.positions[table_id] for table_id in self.listeners}
            try:
                streams = await self.server.xread(keys, count=500, block=250)
            except redis.RedisError:
                await asyncio.sleep(1)
                continue
            for key, entries in streams or []:
                self.send(int(key.decode().rpartition(":")[2]), entries)
            await asyncio.sleep(MERGED_SECONDS if streams else 0)

    def send(self, table_id: int, entries: Sequence[Entry]) -> None:
        self.positions[table_id] = entries[-1][0].decode()
        if any(fields[b"event"] == ACCESS.encode() for _, fields in entries):
            for queue in self.listeners.get(table_id, set()):
                _end(queue)
            return
        message = merged(entries)
        for queue in self.listeners.get(table_id, set()):
            try:
                queue.put_nowait(message)
            except asyncio.QueueFull:
                _end(queue)

    async def missed(self, table_id: int, last_event_id: str) -> bytes:
        """Returns what came after this event, as one message."""
        try:
            first = await self.server.xrange(_key(table_id), count=1)
            entries = await self.server.xrange(_key(table_id), min=f"({last_event_id}")
            seconds, _ = await self.server.time()
        except redis.RedisError:
            return _message("reset", "{}")
        oldest = _order(first[0][0].decode()) if first else ((seconds - FRESH_SECONDS) * 1000, 0)
        if oldest > _order(last_event_id):
            return _message("reset", "{}")
        return merged(entries) if entries else b": up to date\n\n"


def _end(queue: asyncio.Queue[bytes | None]) -> None:
    """Ends the stream of a listener, who connects again and gets what they missed, if they still may."""
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, _Hub] = WeakKeyDictionary()


def _hub() -> _Hub:
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = _Hub(client_on_loop())
    return _hubs[loop]


def _order(entry_id: str) -> tuple[int, int]:
    time, _, number = entry_id.partition("-")
    return (int(time), int(number or 0)) if time.isdigit() else (0, 0)


def merged(entries: Sequence[Entry]) -> bytes:
    """Returns the messages that take the place of these entries: of each cell and run, the last state alone."""
    cells: dict[tuple[int, int], Any] = {}
    runs: dict[int, Any] = {}
    others: list[tuple[str, str]] = []
    for _, fields in entries:
        event, text = fields[b"event"].decode(), fields[b"data"].decode()
        if event == "cells":
            for row_id, column_id, cell in json.loads(text)["cells"]:
                cells[row_id, column_id] = cell
        elif event == "run":
            run = json.loads(text)
            runs[run["id"]] = text
        elif (event, text) not in others:
            others.append((event, text))
    messages = [_message(event, text) for event, text in others]
    if cells:
        listed = [[row_id, column_id, cell] for (row_id, column_id), cell in cells.items()]
        messages.append(_message("cells", json.dumps({"cells": listed}, ensure_ascii=False, separators=(",", ":"))))
    messages += [_message("run", text) for text in runs.values()]
    # The id stands on the last one: a listener that got a part asks for all of it again.
    return b"".join(messages[:-1]) + b"id: " + entries[-1][0] + b"\n" + messages[-1]


def _message(event: str, text: str) -> bytes:
    return f"event: {event}\ndata: {text}\n\n".encode()
