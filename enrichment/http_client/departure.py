"""The way of one request to its server under a rate limit: it leaves at its start time, and it is seen to arrive.

The window after a request begins when it has surely arrived: when its answer comes, or it fails, or the server's kernel
has acknowledged all of it. What no answer and no acknowledgement came for may be on its way, also when nobody waits for
it any more, and its place stays taken (`rate.LOST`).
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self

from enrichment.engine.limits import rate
from enrichment.http_client.rate_limit import Limiter, Reservation

_AGAIN = 0.001  # seconds: the loop has written what was left to write by then
_SELDOM = 1.0  # seconds between looks at a connection that doesn't get through
_TCP_INFO = struct.Struct("=24xI92xQ16xI")  # of Linux: segments not acknowledged, bytes acknowledged, bytes not sent


class _Look(NamedTuple):
    at: float
    acknowledged: int  # bytes


class Departure:
    """One request on its way out, as often as it is sent: after a redirect or a challenge once more.

    Each time it needs a start time of its own. Lives on the event loop; closing it leaves to others what was not used.
    """

    def __init__(self, limiter: Limiter, reservation: Reservation) -> None:
        self.deadline: asyncio.Timeout | None = None  # of the answer; waiting for a start is not the server's time
        self._limiter = limiter
        self._patience = rate.patience(limiter.limits)
        self._is_out = False
        self._timer: asyncio.TimerHandle | None = None
        self._reservation: Reservation | None = None
        self._keep(reservation)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not self._is_out:
            self._release()
        self._stop_timer()

    async def ready(self) -> None:
        """Returns when the request may go out, for the first time or once more. Raises redis.RedisError."""
        self.arrived()
        now = asyncio.get_running_loop().time()
        if self._reservation and self._reservation.latest <= now <= self._reservation.usable:
            return
        self._stop_timer()
        reservation, self._reservation = self._reservation, None
        with self._deadline_put_off():
            start = self._limiter.start(reservation) if reservation else self._limiter.wait_for_start()
            self._keep(await start)

    async def leave(self) -> None:
        """Is awaited on an open connection; the request is written at once after it. Raises redis.RedisError."""
        await self.ready()
        self._stop_timer()
        self._is_out = True
        self._look_in(_SELDOM)

    def written(self, transport: asyncio.BaseTransport) -> None:
        """Hears that all of the request was given to its connection."""
        if self._is_out:
            self._look_in(self._patience, transport)

    def arrived(self, at: float | None = None) -> None:
        """Hears that the request had arrived by this time, now if not given, or that it failed and never will."""
        if self._is_out and self._reservation:
            self._limiter.arrived(self._reservation, at or asyncio.get_running_loop().time())
            self._stop_timer()
            self._is_out, self._reservation = False, None

    def _keep(self, reservation: Reservation) -> None:
        self._reservation = reservation
        if reservation.name:
            self._timer = asyncio.get_running_loop().call_at(reservation.usable, self._release)

    def _release(self) -> None:
        if self._reservation:
            self._limiter.release(self._reservation)
            self._reservation = None

    def _look_in(
        self, seconds: float, transport: asyncio.BaseTransport | None = None, looked: _Look | None = None
    ) -> None:
        """Looks whether the request has arrived; not without a connection, to which it is still being written."""
        self._stop_timer()
        if self._reservation and self._reservation.name:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._look, seconds, transport, looked)

    def _look(self, waited: float, transport: asyncio.BaseTransport | None, looked: _Look | None) -> None:
        """Looks twice: what the kernel had no room for, which shows nowhere, is written in between."""
        acknowledged = None
        if transport and not transport.is_closing():
            acknowledged = _acknowledged(transport.get_extra_info("socket"))
        if acknowledged is None:
            if self._reservation and waited == _SELDOM:
                self._limiter.on_its_way(self._reservation)
            self._look_in(min(_SELDOM, 2 * waited), transport)
        elif looked and looked.acknowledged == acknowledged:
            self.arrived(looked.at)
        else:
            self._look_in(_AGAIN, transport, _Look(asyncio.get_running_loop().time(), acknowledged))

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    @contextmanager
    def _deadline_put_off(self) -> Iterator[None]:
        deadline, began = self.deadline, asyncio.get_running_loop().time()
        when = deadline.when() if deadline else None
        if deadline is None or when is None:
            yield
            return
        deadline.reschedule(None)
        yield
        deadline.reschedule(when + asyncio.get_running_loop().time() - began)


def _acknowledged(connection: socket.socket) -> int | None:
    """Returns the bytes that the server's kernel has acknowledged, None while there are others.

    Where the kernel can't be asked, which is not Linux, all are taken to be acknowledged.
    """
    if sys.platform != "linux":
        return 0
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    segments, acknowledged, not_sent = _TCP_INFO.unpack(info)
    return None if segments or not_sent else acknowledged
