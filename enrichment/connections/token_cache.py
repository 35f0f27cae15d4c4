"""One token for all workers: got once, kept encrypted until shortly before it ends, renewed when it is refused.

Redis holds, below the key of `sign_in.token_key`: `:sealed`, the last token; `:lock` while somebody signs in; what says
whether a refusal is the token's (`refusals`); and of sign-ins that failed, `:refused`, `:failures` in a row, and
`:later` until the next try.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from redis.asyncio import Redis

from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.connections.refusals import Doubt, Note, Refusals
from enrichment.connections.response_condition import ResponseCondition
from enrichment.engine.auth import kinds
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import RowError, SignInError
from enrichment.engine.limits.backoff import delay
from enrichment.engine.messages import Response
from enrichment.http_client import event_loop
from enrichment.http_client.digest import Again, Digest, Transport
from enrichment.models import Connection
from workspaces.sealing import CannotOpen, open_sealed, seal

LOCKED_FOR = 45  # seconds: longer than a refresh and a sign-in may take
POLL = 0.05  # seconds
MARGIN = 0.1  # of the lifetime, at most a minute
KEPT_REFRESH = 30 * 24 * 3600  # seconds that a token is kept for what it can be refreshed with
KEPT_UNKNOWN = 24 * 3600  # seconds that a token without a known end is kept
LATER = "later"
NOT_READY = frozenset({LATER, "timeout", "connect", "dns", "broken"})  # what may be otherwise in a while
MOST_FAILURES = 4  # of the sign-in server in a row
LONGEST_WAIT = 600  # seconds that it may ask for


@dataclass(frozen=True, slots=True)
class Renewal:
    """A token in place of another, and whether it was got for this very row."""

    token: Token
    signed_in: bool = False


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
        self._signs_in = isinstance(self._scheme, kinds.FROM_SERVER)
        self._signing_in = asyncio.Lock()
        self._key = sign_in.token_key(connection)
        self._current: Token | None = None
        self._good_until = 0.0
        self._refusals = Refusals(self._key)
        self._redactor = "", Redactor(self.secrets)
        self._digest = _digest_of(self.secrets) if connection.kind == "digest" else None

    def shown(self, instead: str) -> Token:
        """Returns the token as a preview shows it, with `instead` in its place."""
        return self._scheme.shown(instead)

    def redactor(self, token: Token) -> Redactor:
        """Returns what hides the secrets and this token."""
        if self._redactor[0] != token.text:
            self._redactor = token.text, self._hiding(token)
        return self._redactor[1]

    def _hiding(self, token: Token) -> Redactor:
        shown = self._scheme.shown(HIDDEN).credentials
        masks = [(credential, instead.text) for credential, instead in zip(token.credentials, shown, strict=True)]
        return Redactor(self.secrets, extra=[token.value, token.refresh], masks=masks)

    def transport(self, again: Again) -> Transport:
        """Returns what sends the requests that carry the token; `again` is awaited before one goes out once more."""
        return self._digest.over(event_loop.transport(), again) if self._digest else event_loop.transport()

    async def token(self) -> Token:
        """Returns the token to send. Raises SignInError, of code `later` when the sign-in server asks to wait."""
        if self._current and self._good_until > time.time():
            return self._current
        if not isinstance(self._scheme, kinds.FROM_SERVER):
            return self._use(self._scheme.token(self.secrets, time.time()))
        return await self._stored() or (await self._sign_in_once(None)).token

    async def stored_until(self) -> float | None:
        """Returns until when the token is good that was got last, in seconds since 1970; None where there is none."""
        last = await self._last()
        return last[1] if last else None

    async def refuses(self, response: Response) -> bool:
        """Returns whether the API says with this response that the token is no longer good."""
        if response.status in self._statuses:
            return True
        return self._condition is not None and await self._condition.holds(response)

    async def accepted(self, token: Token, seconds_ago: float = 0.0, *, helped: bool = False) -> None:
        """Hears that a request with this token, which started so many seconds ago, was not refused.

        It `helped` if the token was renewed because the same row was refused.
        """
        if self._signs_in:
            await self._refusals.accepted(token, seconds_ago)
        if self._signs_in and helped:
            await self._refusals.helped()

    async def renew(self, refused: Token, note: Note | None = None) -> Renewal | Doubt | None:
        """Returns a token in place of one that was refused, which another worker may have got meanwhile.

        None when another token would not help, a Doubt when the row is to be sent again before anybody knows; `note`
        is what an earlier Doubt noted. Raises SignInError.
        """
        if not self._signs_in:
            return None
        if self._current and self._current.text == refused.text:
            self._current = None
        if another := await self._another(refused):
            return Renewal(another)
        if await self._refusals.is_new(refused) or await self._refusals.is_of_row(refused, note):
            return None
        if doubt := await self._refusals.doubt(refused, note):
            return doubt
        renewal = await self._sign_in_once(refused)
        return renewal if renewal.token.text != refused.text else None  # nothing renews what a person's consent gave

    async def doubt(self, refused: Token) -> Doubt | None:
        """Returns when the row is to be sent again, which was refused with another token right before this one."""
        return await self._refusals.doubt_another(refused)

    @property
    def _redis(self) -> "Redis":
        return event_loop.redis()

    async def _last(self) -> tuple[Token, float] | None:
        """Returns the token that was got last, by whichever worker, and until when it is good."""
        sealed = await self._redis.get(f"{self._key}:sealed")
        if sealed is None:
            return None
        try:
            stored = open_sealed(str(sealed, "ascii") if isinstance(sealed, bytes) else sealed)
        except CannotOpen:
            return None
        return Token.from_json(json.loads(stored["token"])), float(stored["until"])

    async def _stored(self) -> Token | None:
        last = await self._last()
        if last is None:
            return None
        self._current, self._good_until = last
        return self._current if self._good_until > time.time() else None

    async def _another(self, refused: Token | None) -> Token | None:
        token = await self._stored()
        return token if token and (refused is None or token.text != refused.text) else None

    async def _sign_in_once(self, refused: Token | None) -> Renewal:
        """Whoever waits, in this process or in another, takes the token that the first one got."""
        async with self._signing_in:
            if another := await self._another(refused):
                return Renewal(another)
            async with self._redis.lock(f"{self._key}:lock", timeout=LOCKED_FOR, sleep=POLL):
                if another := await self._another(refused):
                    return Renewal(another)
                return Renewal(await self._sign_in(refused), signed_in=True)

    async def _sign_in(self, refused: Token | None) -> Token:
        await self._check_not_refused()
        await self._check_not_waiting()
        try:
            token = await self._refreshed() or (await sign_in.get_token(self.connection, refused=refused))[0]
        except SignInError as error:
            if error.code == "refused":
                await self._remember_refusal(error)
            elif error.code in NOT_READY:
                raise await self._later(error) from error
            raise
        except RowError as error:
            raise SignInError(error.code, error.message) from error
        if refused:
            await self._refusals.renews()
        await self._store(token)
        return token

    async def _refreshed(self) -> Token | None:
        """A refresh token is good once: when it is refused, or the answer to it is lost, the sign-in comes next."""
        last = await self._last()
        if last is None:
            return None
        try:
            return await sign_in.refresh(self.connection, last[0])
        except RowError as error:
            if error.code == LATER:
                raise
            await self._redis.delete(f"{self._key}:sealed")
            return None

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
        await self._refusals.issued(token)
        milliseconds = int((self._good_until - time.time()) * 1000)
        if milliseconds > 0 or token.refresh:
            sealed = seal({"token": json.dumps(asdict(token)), "until": str(self._good_until)})
            kept = max(milliseconds, KEPT_REFRESH * 1000 if token.refresh else 0)
            await self._redis.set(f"{self._key}:sealed", sealed, px=kept)

    async def _check_not_refused(self) -> None:
        """A wrong password is not tried again until somebody edits or tests the connection."""
        refusal = await self._redis.get(f"{self._key}:refused")
        if refusal is not None:
            message = json.loads(refusal)["message"]
            raise SignInError("refused", f"{message.rstrip('.')}. Edit or test the connection to try again.")

    async def _remember_refusal(self, error: SignInError) -> None:
        await self._redis.set(f"{self._key}:refused", json.dumps({"message": error.message}))
        await event_loop.in_database(
            Connection.objects.filter(pk=self.connection.pk, revision=self.connection.revision).update,
            refused={"message": error.message, "at": time.time()},
        )


def _digest_of(secrets: Mapping[str, str]) -> Digest:
    return Digest(secrets.get("username", ""), secrets.get("password", ""))


def _good_until(token: Token) -> float:
    """Returns when it is to be replaced: a little before its end."""
    now = time.time()
    lifetime = token.expires_at - now if token.expires_at else 0.0
    if lifetime <= 0:  # not known: a token that was just issued has not ended
        return now + KEPT_UNKNOWN
    return now + lifetime - min(60.0, lifetime * MARGIN)
