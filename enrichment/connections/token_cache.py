"""One token for all workers: got once, kept encrypted until shortly before it ends, renewed when it is refused."""

import asyncio
import hashlib
import json
import time
import weakref
from dataclasses import asdict
from uuid import uuid4

from redis.asyncio import Redis

from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.connections.redaction import Redactor
from enrichment.connections.secrets import CannotOpen, open_sealed, seal
from enrichment.engine.auth import kinds
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import RowError, SignInError
from enrichment.engine.formula import Evaluators, SandboxBusy
from enrichment.engine.limits.backoff import delay
from enrichment.engine.messages import Response
from enrichment.engine.response import body_value
from enrichment.http_client import event_loop
from enrichment.models import Connection

LOCKED_FOR = 30  # seconds: longer than a sign-in may take
POLL = 0.05
MARGIN = 0.1  # of the lifetime, at most a minute
KEPT_UNKNOWN = 24 * 3600  # seconds that a token without a known end is kept
LATER = "later"
NOT_READY = frozenset({LATER, "timeout", "connect", "dns", "broken"})  # what may be otherwise in a while
MOST_FAILURES = 4  # of the sign-in server in a row
LONGEST_WAIT = 600  # seconds that it may ask for
NEW = 30.0  # seconds in which a token that was never accepted cannot have ended
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class TokenCache:
    """Gives the token of a connection. Lives on the sending loop; tokens belong to one revision of the settings."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.secrets = connection_settings.opened(connection)
        self._statuses, self._condition = connection_settings.renewal_of(connection.config)
        self._evaluators = Evaluators()
        self._judging = asyncio.Lock()
        weakref.finalize(self, self._evaluators.close)
        self._scheme = sign_in.scheme_of(connection)
        self._key = sign_in.token_key(connection)
        self._kept: tuple[Token, float] | None = None  # with when it is to be replaced
        self._accepted = ""
        self._redactor = "", Redactor(self.secrets)

    def shown(self, instead: str) -> Token:
        """The token as a preview shows it."""
        return self._scheme.shown(instead)

    def redactor(self, token: Token) -> Redactor:
        """Hides the secrets and this token."""
        if self._redactor[0] != token.text:
            self._redactor = token.text, Redactor(self.secrets, extra=[token.text, token.value])
        return self._redactor[1]

    async def token(self) -> Token:
        """Raises SignInError."""
        if self._kept and self._kept[1] > time.time():
            return self._kept[0]
        if not isinstance(self._scheme, kinds.SIGN_INS):
            return self._made(self._scheme.token(self.secrets, time.time()))
        return await self._cached() or await self._sign_in_once(None)

    async def refuses(self, answer: Response) -> bool:
        """Whether the API says with this answer that the token is no longer good."""
        if answer.status in self._statuses:
            return True
        if self._condition is None:
            return False
        values = {1: answer.status, 2: _body(answer), 3: {name.lower(): text for name, text in answer.headers}}
        async with self._judging:
            while True:
                try:
                    [(holds, _)] = await event_loop.in_database(self._evaluators.verdicts, self._condition, [values])
                    return holds
                except SandboxBusy:
                    await asyncio.sleep(POLL)

    async def accepted(self, token: Token) -> None:
        """A request with it was not refused: if it is later, it has ended."""
        if self._accepted == token.text or not isinstance(self._scheme, kinds.SIGN_INS):
            return
        self._accepted = token.text
        await self._server.set(f"{self._key}:accepted", _digest(token), ex=KEPT_UNKNOWN)

    async def renew(self, refused: Token) -> Token | None:
        """After a refusal; somebody else may have renewed it meanwhile. None when another one would not help."""
        if not isinstance(self._scheme, kinds.SIGN_INS):
            return None
        if self._kept and self._kept[0].text == refused.text:
            self._kept = None
        cached = await self._cached()
        if cached and cached.text != refused.text:
            return cached
        if await self._is_new(refused):
            return None
        return await self._sign_in_once(refused)

    @property
    def _server(self) -> "Redis":
        return event_loop.redis()

    async def _is_new(self, token: Token) -> bool:
        """Just got and never accepted: the API does not want this sign-in at all, and asking again changes nothing."""
        if await self._server.get(f"{self._key}:accepted") == _digest(token):
            return False
        return bool(await self._server.exists(f"{self._key}:new:{_digest(token).decode()}"))

    async def _cached(self) -> Token | None:
        sealed = await self._server.get(self._key)
        if sealed is None:
            return None
        try:
            kept = open_sealed(str(sealed, "ascii") if isinstance(sealed, bytes) else sealed)
        except CannotOpen:
            return None
        token, until = Token(**json.loads(kept["token"])), float(kept["until"])
        self._kept = token, until
        return token if until > time.time() else None

    async def _sign_in_once(self, refused: Token | None) -> Token:
        """Under a lock that all workers share; whoever waits takes what the first one got."""
        mine = uuid4().hex
        while not await self._server.set(f"{self._key}:lock", mine, nx=True, ex=LOCKED_FOR):
            await asyncio.sleep(POLL)
            if cached := await self._another(refused):
                return cached
        try:
            return await self._another(refused) or await self._sign_in()
        finally:
            await self._server.eval(_RELEASE, 1, f"{self._key}:lock", mine)

    async def _another(self, refused: Token | None) -> Token | None:
        cached = await self._cached()
        return cached if cached and (refused is None or cached.text != refused.text) else None

    async def _sign_in(self) -> Token:
        await self._check_not_refused()
        await self._check_not_waiting()
        try:
            token, _ = await sign_in.get_token(self.connection)
        except SignInError as error:
            if error.code == "refused":
                await self._remember_refusal(error)
            elif error.code in NOT_READY:
                raise await self._later(error) from error
            raise
        except RowError as error:
            raise SignInError(error.code, error.message) from error
        await self._keep(token)
        return token

    async def _check_not_waiting(self) -> None:
        told = await self._server.get(f"{self._key}:later")
        if told is not None:
            raise SignInError(LATER, json.loads(told)["message"])

    async def _later(self, error: SignInError) -> SignInError:
        """A server that was not ready is asked again after a while that all workers wait; a few times, then no more."""
        failures = await self._server.incr(f"{self._key}:failures")
        await self._server.expire(f"{self._key}:failures", LONGEST_WAIT * 2)
        wait = float(error.details) if isinstance(error.details, int | float) else delay(failures)
        if failures > MOST_FAILURES or wait > LONGEST_WAIT:
            await self._server.delete(f"{self._key}:failures")
            return SignInError("unavailable", error.message)
        await self._server.set(
            f"{self._key}:later", json.dumps({"message": error.message}), px=max(1, round(wait * 1000))
        )
        return SignInError(LATER, error.message)

    def _made(self, token: Token) -> Token:
        self._kept = token, _good_until(token)
        return token

    async def _keep(self, token: Token) -> None:
        self._made(token)
        await self._server.delete(f"{self._key}:failures")
        milliseconds = int((_good_until(token) - time.time()) * 1000)
        await self._server.set(f"{self._key}:new:{_digest(token).decode()}", 1, px=int(NEW * 1000))
        if milliseconds > 0:
            sealed = seal({"token": json.dumps(asdict(token)), "until": str(_good_until(token))})
            await self._server.set(self._key, sealed, px=milliseconds)

    async def _check_not_refused(self) -> None:
        """A wrong password is not tried again until somebody edits or tests the connection."""
        told = await self._server.get(f"{self._key}:refused")
        if told is not None:
            raise SignInError("refused", json.loads(told)["message"] + " Edit or test the connection to try again.")

    async def _remember_refusal(self, error: SignInError) -> None:
        await self._server.set(f"{self._key}:refused", json.dumps({"message": error.message}))
        await event_loop.in_database(
            Connection.objects.filter(pk=self.connection.pk, revision=self.connection.revision).update,
            refused={"message": error.message, "at": time.time()},
        )


def _body(answer: Response) -> object:
    try:
        return body_value(answer)
    except ValueError:
        return None


def _good_until(token: Token) -> float:
    """When it is to be replaced: a little before its end."""
    now = time.time()
    lifetime = token.expires_at - now if token.expires_at else 0.0
    if lifetime <= 0:  # not known: a token that has just been given has not ended
        return now + KEPT_UNKNOWN
    return now + lifetime - min(60.0, lifetime * MARGIN)


def _digest(token: Token) -> bytes:
    """Tells tokens apart without holding them."""
    return hashlib.sha256(token.text.encode()).hexdigest()[:32].encode()
