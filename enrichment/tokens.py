"""One token for all workers: got once, kept encrypted until shortly before it ends, renewed when it is refused."""

import asyncio
import json
import time
from uuid import uuid4

from redis.asyncio import Redis

from enrichment import connections, loop
from enrichment.engine.auth import Token
from enrichment.engine.errors import RowError, SignInError
from enrichment.models import Connection
from enrichment.secrets import CannotOpen, open_sealed, seal

LOCKED_FOR = 30  # seconds: longer than a sign-in may take
POLL = 0.05
MARGIN = 0.1  # of the lifetime, at most a minute
KEPT_UNKNOWN = 24 * 3600  # seconds that a token without a known end is kept
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Signer:
    """Gives the header of a connection. Lives on the sending loop; tokens belong to one revision of the settings."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.secrets = connections.opened(connection)
        self.refused_statuses = frozenset(connection.config.get("renew_on", {}).get("statuses") or [401])
        sign_in = connections.sign_in_of(connection)
        self._shown = sign_in.header_name, sign_in.token_type
        self._key = connections.token_key(connection)
        self._kept: tuple[str, str, float] | None = None  # name, value, good until

    def shown_header(self, instead: str) -> tuple[str, str]:
        name, token_type = self._shown
        return name, f"{token_type} {instead}".strip()

    async def header(self) -> tuple[str, str]:
        """Raises SignInError."""
        if self._kept and self._kept[2] > time.time():
            return self._kept[0], self._kept[1]
        return await self._cached() or await self._sign_in_once(None)

    async def renew(self, refused: str) -> tuple[str, str]:
        """After a refusal of that header value; somebody else may have renewed it meanwhile."""
        if self._kept and self._kept[1] == refused:
            self._kept = None
        cached = await self._cached()
        if cached and cached[1] != refused:
            return cached
        return await self._sign_in_once(refused)

    @property
    def _server(self) -> "Redis":
        return loop.redis()

    async def _cached(self) -> tuple[str, str] | None:
        sealed = await self._server.get(self._key)
        if sealed is None:
            return None
        try:
            kept = open_sealed(str(sealed, "ascii") if isinstance(sealed, bytes) else sealed)
        except CannotOpen:
            return None
        self._kept = kept["name"], kept["value"], float(kept["until"])
        return (kept["name"], kept["value"]) if self._kept[2] > time.time() else None

    async def _sign_in_once(self, refused: str | None) -> tuple[str, str]:
        """Under a lock that all workers share; whoever waits takes what the first one got."""
        mine = uuid4().hex
        while True:
            if await self._server.set(f"{self._key}:lock", mine, nx=True, ex=LOCKED_FOR):
                break
            await asyncio.sleep(POLL)
            cached = await self._cached()
            if cached and cached[1] != refused:
                return cached
        try:
            cached = await self._cached()
            if cached and cached[1] != refused:
                return cached
            return await self._sign_in()
        finally:
            await self._server.eval(_RELEASE, 1, f"{self._key}:lock", mine)

    async def _sign_in(self) -> tuple[str, str]:
        await self._check_not_refused()
        try:
            token, _ = await connections.sign_in(self.connection)
        except SignInError as error:
            if error.code == "refused":
                await self._remember_refusal(error)
            raise
        except RowError as error:
            raise SignInError(error.code, error.message) from error
        await self._keep(token)
        return token.header_name, token.header_value

    async def _keep(self, token: Token) -> None:
        now = time.time()
        lifetime = KEPT_UNKNOWN if token.expires_at is None else token.expires_at - now
        until = now + lifetime - min(60.0, max(0.0, lifetime) * MARGIN)
        self._kept = token.header_name, token.header_value, until
        if until > now:
            sealed = seal({"name": token.header_name, "value": token.header_value, "until": str(until)})
            await self._server.set(self._key, sealed, px=max(1, int((until - now) * 1000)))

    async def _check_not_refused(self) -> None:
        """A wrong password is not tried again until somebody edits or tests the connection."""
        told = await self._server.get(f"{self._key}:refused")
        if told is not None:
            raise SignInError("refused", json.loads(told)["message"] + " Edit or test the connection to try again.")

    async def _remember_refusal(self, error: SignInError) -> None:
        await self._server.set(f"{self._key}:refused", json.dumps({"message": error.message}))
        await loop.in_database(
            Connection.objects.filter(pk=self.connection.pk, revision=self.connection.revision).update,
            refused={"message": error.message, "at": time.time()},
        )
