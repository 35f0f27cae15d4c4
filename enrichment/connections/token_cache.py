"""One token for all workers: got once, kept encrypted until shortly before it ends, renewed when it is refused.

Redis holds, below the key of `sign_in.token_key`: the sealed token; `:lock` while somebody signs in; `:accepted` and
`:new`, digests of tokens that an API has taken and of those just issued; and of sign-ins that failed, `:refused`,
`:failures` in a row, and `:later` until the next try.
"""

import asyncio
import hashlib
import json
import time
from dataclasses import asdict

from redis.asyncio import Redis

from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.connections.redaction import Redactor
from enrichment.connections.response_condition import ResponseCondition
from enrichment.connections.secrets import CannotOpen, open_sealed, seal
from enrichment.engine.auth import kinds
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import RowError, SignInError
from enrichment.engine.limits.backoff import delay
from enrichment.engine.messages import Response
from enrichment.http_client import event_loop
from enrichment.models import Connection

LOCKED_FOR = 30  # seconds: longer than a sign-in may take
POLL = 0.05  # seconds
MARGIN = 0.1  # of the lifetime, at most a minute
KEPT_UNKNOWN = 24 * 3600  # seconds that a token without a known end is kept
LATER = "later"
NOT_READY = frozenset({LATER, "timeout", "connect", "dns", "broken"})  # what may be otherwise in a while
MOST_FAILURES = 4  # of the sign-in server in a row
LONGEST_WAIT = 600  # seconds that it may ask for
NEW = 30.0  # seconds in which a token that was never accepted cannot have ended


class TokenCache:
    """Gives the token of a connection. Lives on the event loop; a token belongs to one revision of the settings.

    Every method that talks to Redis raises redis.RedisError.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.secrets = connection_settings.opened(connection)
        self.allowed_hosts = frozenset(connection_settings.allowed_hosts(connection))
        self._statuses, condition = connection_settings.renewal_of(connection.config)
        self._condition = ResponseCondition(condition) if condition else None
        self._scheme = sign_in.scheme_of(connection)
        self._signs_in = isinstance(self._scheme, kinds.SIGN_INS)
        self._signing_in = asyncio.Lock()
        self._key = sign_in.token_key(connection)
        self._current: Token | None = None
        self._good_until = 0.0
        self._accepted = ""
        self._redactor = "", Redactor(self.secrets)

    def shown(self, instead: str) -> Token:
        """Returns the token as a preview shows it, with `instead` in its place."""
        return self._scheme.shown(instead)

    def redactor(self, token: Token) -> Redactor:
        """Returns what hides the secrets and this token."""
        if self._redactor[0] != token.text:
            self._redactor = token.text, Redactor(self.secrets, extra=[token.text, token.value])
        return self._redactor[1]

    async def token(self) -> Token:
        """Returns the token to send. Raises SignInError, of code `later` when the sign-in server asks to wait."""
        if self._current and self._good_until > time.time():
            return self._current
        if not isinstance(self._scheme, kinds.SIGN_INS):
            return self._use(self._scheme.token(self.secrets, time.time()))
        return await self._stored() or await self._sign_in_once(None)

    async def refuses(self, response: Response) -> bool:
        """Returns whether the API says with this response that the token is no longer good."""
        if response.status in self._statuses:
            return True
        return self._condition is not None and await self._condition.holds(response)

    async def accepted(self, token: Token) -> None:
        """Hears that a request with this token was not refused: if it is refused later, it has ended."""
        if self._accepted == token.text or not self._signs_in:
            return
        self._accepted = token.text
        await self._redis.set(f"{self._key}:accepted", _digest(token), ex=KEPT_UNKNOWN)

    async def renew(self, refused: Token) -> Token | None:
        """Returns a token in place of one that was refused, which another worker may have got meanwhile.

        None when another token would not help. Raises SignInError.
        """
        if not self._signs_in:
            return None
        if self._current and self._current.text == refused.text:
            self._current = None
        if another := await self._another(refused):
            return another
        return None if await self._is_new(refused) else await self._sign_in_once(refused)

    @property
    def _redis(self) -> "Redis":
        return event_loop.redis()

    async def _is_new(self, token: Token) -> bool:
        """Just issued and never accepted: the API does not want this sign-in at all, and another changes nothing."""
        if await self._redis.get(f"{self._key}:accepted") == _digest(token):
            return False
        return bool(await self._redis.exists(f"{self._key}:new:{_digest(token).decode()}"))

    async def _stored(self) -> Token | None:
        sealed = await self._redis.get(self._key)
        if sealed is None:
            return None
        try:
            stored = open_sealed(str(sealed, "ascii") if isinstance(sealed, bytes) else sealed)
        except CannotOpen:
            return None
        self._current, self._good_until = Token(**json.loads(stored["token"])), float(stored["until"])
        return self._current if self._good_until > time.time() else None

    async def _another(self, refused: Token | None) -> Token | None:
        token = await self._stored()
        return token if token and (refused is None or token.text != refused.text) else None

    async def _sign_in_once(self, refused: Token | None) -> Token:
        """Whoever waits, in this process or in another, takes the token that the first one got."""
        async with self._signing_in:
            if another := await self._another(refused):
                return another
            async with self._redis.lock(f"{self._key}:lock", timeout=LOCKED_FOR, sleep=POLL):
                return await self._another(refused) or await self._sign_in()

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
        await self._store(token)
        return token

    async def _check_not_waiting(self) -> None:
        failure = await self._redis.get(f"{self._key}:later")
        if failure is not None:
            raise SignInError(LATER, json.loads(failure)["message"])

    async def _later(self, error: SignInError) -> SignInError:
        """A server that was not ready is asked again after a while that all workers wait; a few times, then no more."""
        failures = await self._redis.incr(f"{self._key}:failures")
        await self._redis.expire(f"{self._key}:failures", LONGEST_WAIT * 2)
        wait = float(error.details) if isinstance(error.details, int | float) else delay(failures)
        if failures > MOST_FAILURES or wait > LONGEST_WAIT:
            await self._redis.delete(f"{self._key}:failures")
            return SignInError("unavailable", error.message)
        failure = json.dumps({"message": error.message})
        await self._redis.set(f"{self._key}:later", failure, px=max(1, round(wait * 1000)))
        return SignInError(LATER, error.message)

    def _use(self, token: Token) -> Token:
        self._current, self._good_until = token, _good_until(token)
        return token

    async def _store(self, token: Token) -> None:
        self._use(token)
        await self._redis.delete(f"{self._key}:failures")
        await self._redis.set(f"{self._key}:new:{_digest(token).decode()}", 1, px=int(NEW * 1000))
        milliseconds = int((self._good_until - time.time()) * 1000)
        if milliseconds > 0:
            sealed = seal({"token": json.dumps(asdict(token)), "until": str(self._good_until)})
            await self._redis.set(self._key, sealed, px=milliseconds)

    async def _check_not_refused(self) -> None:
        """A wrong password is not tried again until somebody edits or tests the connection."""
        refusal = await self._redis.get(f"{self._key}:refused")
        if refusal is not None:
            message = json.loads(refusal)["message"]
            raise SignInError("refused", f"{message} Edit or test the connection to try again.")

    async def _remember_refusal(self, error: SignInError) -> None:
        await self._redis.set(f"{self._key}:refused", json.dumps({"message": error.message}))
        await event_loop.in_database(
            Connection.objects.filter(pk=self.connection.pk, revision=self.connection.revision).update,
            refused={"message": error.message, "at": time.time()},
        )


def _good_until(token: Token) -> float:
    """Returns when it is to be replaced: a little before its end."""
    now = time.time()
    lifetime = token.expires_at - now if token.expires_at else 0.0
    if lifetime <= 0:  # not known: a token that was just issued has not ended
        return now + KEPT_UNKNOWN
    return now + lifetime - min(60.0, lifetime * MARGIN)


def _digest(token: Token) -> bytes:
    """Tells tokens apart without holding them."""
    return hashlib.sha256(token.text.encode()).hexdigest()[:32].encode()
