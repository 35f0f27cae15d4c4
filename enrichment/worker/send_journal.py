"""What this process has sent that must not be sent twice, and what it was answered, in Redis until that is stored.

Each request is marked before its first byte goes out, and its results are added when it has ended. So if the worker is
killed, `close` tells apart what was never sent, what was answered, and what really is in doubt: the requests under way.

That holds only while Redis has lost nothing. A journal is trusted if the server that `close` asks is the very process
that the journal was opened on, and was a master all the time since (`_identity`): everything that it has confirmed is
in its memory then, whatever it was last saved with. A worker writes a journal over one connection, which belongs to one
server; when that breaks, or `close` was there first, the journal is over, and nothing more is sent under it.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from redis import RedisError, ResponseError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from enrichment.models import Claim
from enrichment.runs import result_json
from enrichment.runs.results import Result
from enrichment.worker.ready import Ready
from tables.redis import client

log = logging.getLogger(__name__)

WRITE = Path(__file__).with_suffix(".lua").read_text()
KEPT_FOR = 24 * 60 * 60 * 1000  # milliseconds after the last entry: by then somebody has closed it
MOST_UNWRITTEN = 10  # answers that wait to be written while their permits are used for other requests
TOGETHER = 0.01  # seconds that an answer waits for others; it goes along when something is to be sent

type Entries = dict[int, Result | None]  # by row id; None: sent, and not answered as far as is known


class JournalLost(RedisError):
    """Nothing can be sent under this journal any more."""

    def __init__(self) -> None:
        super().__init__("the journal of what is sent is lost or closed")


@dataclass(slots=True)
class _Portion:
    """What goes to Redis in one call."""

    marks: list[str] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)
    is_due: bool = False
    written: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def arguments(self) -> list[str | bytes | int]:
        answers = (part for answer in self.answers.items() for part in answer)
        return [KEPT_FOR, " ".join(self.marks), " ".join(self.stored), *answers]


class Journal:
    """The journal of this process. Lives on the event loop; with no `name`, Redis can't keep one, and nothing is."""

    def __init__(self, server: "Redis", name: str, opened_on: str) -> None:
        self.name = name
        self._server = server
        self._opened_on = opened_on
        self._is_open = True
        self._next = _Portion()
        self._writing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sent: set[str] = set()  # fields of what is marked and not stored yet
        self._unwritten = 0  # answers

    async def mark(self, request: Ready) -> None:
        """Returns when Redis knows that this request may be sent from now on. Raises JournalLost: then it must not."""
        if not self.name:
            return
        name = _field(request.claim_id, request.row_id)
        self._sent.add(name)
        self._next.marks.append(f"{name}={','.join(str(row.row_id) for row in request.rows)}")
        await self._write_now()

    async def answered(self, request: Ready, results: Sequence[Result]) -> None:
        """Adds the results of a request; returns at once unless many wait to be written. Raises nothing."""
        name = _field(request.claim_id, request.row_id)
        if name not in self._sent or not self._is_open:
            return
        self._next.answers[name] = result_json.of_results(results)
        self._unwritten += 1
        if self._unwritten <= MOST_UNWRITTEN:
            self._write_soon()
            return
        try:
            await self._write_now()
        except JournalLost:
            log.warning("what was answered is not in the journal", extra={"row": request.row_id})

    def forget(self, results: Iterable[Result]) -> None:
        """Removes what is stored by now."""
        stored = self._sent.intersection(_field(result.claim_id, result.row_id) for result in results)
        if stored:
            self._sent -= stored
            self._next.stored += stored
            self._write_soon()

    async def is_trusted(self) -> bool:
        """Whether what is marked from now on would count."""
        if not self.name:
            return self._is_open
        try:
            await self._write_now()
            return await _identity_of(self._server) == self._opened_on
        except RedisError:
            return False

    async def end(self) -> None:
        self._is_open = False
        await self._server.aclose()

    def _write_soon(self) -> None:
        self._timer = self._timer or asyncio.get_running_loop().call_later(TOGETHER, self._begin_to_write)

    async def _write_now(self) -> None:
        portion = self._next
        self._begin_to_write()
        await portion.written.wait()
        if not self._is_open:
            raise JournalLost

    def _begin_to_write(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._next.is_due = True
        self._writing = self._writing or asyncio.create_task(self._write_what_is_due())

    async def _write_what_is_due(self) -> None:
        """Whoever comes while a portion is written goes with the next one."""
        while self._next.is_due:
            portion, self._next = self._next, _Portion()
            self._is_open = self._is_open and await self._write(portion)
            self._unwritten -= len(portion.answers)
            portion.written.set()
        self._writing = None

    async def _write(self, portion: _Portion) -> bool:
        try:
            return bool(await self._server.eval(WRITE, 1, _key(self.name), *portion.arguments))
        except RedisError as error:
            log.warning("the journal of what is sent ends: %s", error)
            return False


_current: Journal | None = None
_opening = asyncio.Lock()


async def current() -> Journal:
    """Returns the journal for what is claimed now: another one where the last one is lost. Raises RedisError."""
    global _current
    async with _opening:
        if _current and not await _current.is_trusted():
            await _current.end()
            _current = None
        _current = _current or await _open()
        return _current


def forget(results: Iterable[Result]) -> None:
    """Removes from the journal what is stored by now. Call it on the event loop."""
    if _current:
        _current.forget(results)


async def _open() -> Journal:
    never = Retry(NoBackoff(), 0)  # which would connect anew, and maybe to another server
    server = Redis.from_url(
        settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5, single_connection_client=True, retry=never
    )
    identity = await _identity_of(server)
    name = uuid4().hex if identity else ""
    if name:
        await server.hset(_key(name), "opened_on", identity)
        await server.pexpire(_key(name), KEPT_FOR)
    return Journal(server, name, identity)


async def _identity_of(server: "Redis") -> str:
    try:
        return _identity(await server.info())
    except ResponseError:  # this user may not ask
        return ""


def _identity(info: Mapping[str, Any]) -> str:
    """Returns what is another one after each restart, and after each time that the server was not the master.

    Empty where a server does not say.
    """
    parts = info.get("run_id"), info.get("master_replid")
    return ":".join(map(str, parts)) if all(parts) and info.get("role") == "master" else ""


def close(claim: Claim) -> Entries | None:
    """Ends the journal that this claim's requests are in, and returns its entries for the claim.

    Nothing is sent under it after that. Returns None where entries may be missing. Raises redis.RedisError.
    """
    if not claim.journal:
        return None
    key = _key(claim.journal)
    try:
        with client().pipeline() as pipe:  # all at one moment
            pipe.hset(key, "closed", 1)
            pipe.pexpire(key, KEPT_FOR)
            pipe.hgetall(key)
            pipe.info()
            _, _, written, info = pipe.execute()
    except ResponseError as error:
        log.warning("the journal of what was sent can't be read: %s", error, extra={"claim": claim.pk})
        return None
    identity = _identity(info)
    if not identity or written.get(b"opened_on", b"").decode() != identity:
        return None
    entries: Entries = {}
    for name, text in written.items():
        if name.startswith(_field(claim.pk, "").encode()):
            entries |= _entries(text)
    return entries


def _entries(text: bytes) -> Entries:
    if not text.startswith(b"{"):  # a mark
        return dict.fromkeys(map(int, text.split(b",")))
    return {result.row_id: result for result in result_json.results_of(text)}


def _key(name: str) -> str:
    return f"marl:sent:{name}"


def _field(claim_id: int, row_id: int | str) -> str:
    return f"{claim_id}:{row_id}"
