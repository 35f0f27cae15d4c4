"""What a person's consent gave a connection: tokens that are kept in the database, renewed by one worker at a time.

A provider that rotates refresh tokens takes each of them once, and ends them all when one comes twice. So whoever
renews first claims it in the database, and stores the new refresh token there before anybody gets the new access token.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from enrichment.connections import asking
from enrichment.engine.auth.authorization_code import ENDED, AuthorizationCode, Granted
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SignInError
from enrichment.http_client import event_loop
from enrichment.models import Authorization, Connection
from workspaces import audit
from workspaces.models import User
from workspaces.sealing import CannotOpen, open_sealed, seal

NOT_CONNECTED = "not_connected"  # the code of a SignInError: nobody has let Marl in, or not any more
CLAIMED_FOR = timedelta(seconds=60)  # longer than a renewal may take
ANSWERED = frozenset({"refused", "later", "no_token", ENDED})  # the provider has told what became of the request
KIND = "oauth2_authorization_code"
_MARGIN = 60  # seconds before its end in which an access token is not given out any more


@dataclass(frozen=True, slots=True)
class _Stored:
    connection_id: int
    number: int
    access_token: str
    refresh_token: str
    expires_at: float | None
    interrupted: bool  # whether nobody knows what became of the last renewal
    lost: str


async def get_token(
    connection: Connection,
    scheme: AuthorizationCode,
    secrets: dict[str, str],
    *,
    refused: Token | None = None,
    anew: bool = False,
    hear: asking.Hear = asking.ignore,
) -> tuple[Token, int | None]:
    """Returns a token, and the status of the answer where the provider was asked for it. Runs on the loop.

    The stored one, unless it was `refused` or has ended, or a new one is wanted. Raises SignInError.
    """
    stored = await event_loop.in_database(_load, connection)
    token = replace(scheme.shown(stored.access_token), expires_at=stored.expires_at)
    ended = stored.expires_at is not None and stored.expires_at - _MARGIN <= time.time()
    if not stored.refresh_token:
        if ended:
            raise await _lose(connection, stored, "The token has ended, and the provider gave none to renew it with.")
        return token, None
    if ended or anew or (refused is not None and refused.text == token.text):
        return await _renew(connection, scheme, secrets, stored, hear)
    return token, None


async def _renew(
    connection: Connection, scheme: AuthorizationCode, secrets: dict[str, str], stored: _Stored, hear: asking.Hear
) -> tuple[Token, int]:
    request = scheme.renewal(secrets, stored.refresh_token)
    if not await event_loop.in_database(_claim, stored):
        raise SignInError("later", "Someone else is renewing the token right now. Try again in a moment.")
    claimed = replace(stored, number=stored.number + 1)
    try:
        granted, status = await asking.ask(request, secrets, lambda answer: scheme.read(answer, time.time()), hear=hear)
    except SignInError as error:
        if error.code == ENDED:
            raise await _lose(connection, claimed, _why_lost(stored, error)) from None
        await event_loop.surely_in_database(_give_back, claimed, known=error.code in ANSWERED)
        raise
    # The old refresh token is gone by now: without the new one, nobody gets in any more.
    if not await event_loop.surely_in_database(_store_renewed, claimed, granted):
        raise SignInError("later", "The connection was connected again meanwhile.")
    return granted.token, status


def _why_lost(stored: _Stored, error: SignInError) -> str:
    if not stored.interrupted:
        return error.message
    return f"Marl was interrupted while it renewed the token, and the new one was lost. {error.message}"


async def _lose(connection: Connection, stored: _Stored, why: str) -> SignInError:
    await event_loop.surely_in_database(_store_lost, connection, stored, why)
    return SignInError(NOT_CONNECTED, connect_again(why))


def connect_again(why: str) -> str:
    """Returns the words for a connection that a person must let in again."""
    return f"The connection needs to be connected again. {why}"


# In the database


def _load(connection: Connection) -> _Stored:
    """Raises SignInError when nobody has connected it."""
    found = Authorization.objects.filter(connection_id=connection.pk).first()
    if found is None:
        words = "The connection isn't connected yet. Open it and press Connect."
        raise SignInError(NOT_CONNECTED, words)
    if found.lost:
        raise SignInError(NOT_CONNECTED, connect_again(found.lost))
    try:
        opened = open_sealed(found.sealed)
    except CannotOpen as error:
        raise SignInError("secrets", str(error)) from error
    return _Stored(
        found.connection_id,
        found.number,
        opened["access_token"],
        opened["refresh_token"],
        found.expires_at,
        found.renewing_until is not None,
        found.lost,
    )


def _own(stored: _Stored) -> Any:
    """Returns the authorization as it was read: another one has another number."""
    return Authorization.objects.filter(connection_id=stored.connection_id, number=stored.number)


def _claim(stored: _Stored) -> bool:
    """Returns whether this worker may renew; another one may be at it, whatever has become of Redis."""
    now = timezone.now()
    free = _own(stored).exclude(renewing_until__gt=now)
    return bool(free.update(number=stored.number + 1, renewing_until=now + CLAIMED_FOR))


def _give_back(claimed: _Stored, *, known: bool) -> None:
    """A renewal of which nobody knows whether it arrived is remembered: perhaps its answer was lost."""
    _own(claimed).update(renewing_until=None if known else timezone.now())


def _store_renewed(claimed: _Stored, granted: Granted) -> bool:
    """The number goes up once more: whoever has read the old refresh token meanwhile cannot claim with it."""
    values = _values(granted, claimed.refresh_token) | {"number": claimed.number + 1}
    if not granted.scope:
        del values["scope"]
    return bool(_own(claimed).update(**values, renewing_until=None, renewed_at=timezone.now()))


def _store_lost(connection: Connection, stored: _Stored, why: str) -> None:
    with transaction.atomic():
        if not _own(stored).update(lost=why[:500], sealed="", renewing_until=None):
            return
        refused = {"message": connect_again(why), "at": time.time()}
        Connection.objects.filter(pk=connection.pk).update(refused=refused)
        audit.note(connection.workspace_id, "connection.lost", connection.name, connection.pk)


def _values(granted: Granted, refresh_token: str = "") -> dict[str, Any]:
    tokens = {"access_token": granted.token.value, "refresh_token": granted.refresh_token or refresh_token}
    end = granted.refresh_ends_at
    return {
        "sealed": seal(tokens),
        "renews": bool(tokens["refresh_token"]),
        "scope": granted.scope,
        "expires_at": granted.token.expires_at,
        "ends_at": datetime.fromtimestamp(end, UTC) if end else None,
    }


def store(connection: Connection, granted: Granted, user: User) -> None:
    """Stores what somebody's consent gave, in place of what was there. Call it in a transaction."""
    before = Authorization.objects.filter(connection=connection).first()
    values = _values(granted) | {"by": str(user)[:260], "user": user, "at": timezone.now(), "lost": ""}
    values |= {"renewing_until": None, "renewed_at": None, "number": before.number + 1 if before else 1}
    Authorization.objects.update_or_create(connection=connection, defaults=values)
    audit.note(connection.workspace_id, "connection.connected", connection.name, connection.pk, scope=granted.scope)


def disconnect(connection: Connection) -> None:
    """Forgets the tokens. Nothing is sent: the person takes the permission back at the provider."""
    with transaction.atomic():
        forget(connection)
        # Whatever workers know of the tokens is of no use now.
        Connection.objects.filter(pk=connection.pk).update(revision=F("revision") + 1, refused=None)


def forget(connection: Connection) -> None:
    """Deletes the tokens, and notes it where there were some. Call it in a transaction."""
    deleted, _ = Authorization.objects.filter(connection=connection).delete()
    if deleted:
        audit.note(connection.workspace_id, "connection.disconnected", connection.name, connection.pk)


def provider_of(config: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[object, ...]:
    """Returns what tokens belong to: they go to no other provider and stand for no other client."""
    return config.get("authorize_url"), config.get("token_url"), secrets.get("client_id")


def seal_anew() -> None:
    """Seals the tokens under the first key; those that no key opens need to be connected again."""
    for pk in Authorization.objects.exclude(sealed="").values_list("pk", flat=True):
        with transaction.atomic():
            found = Authorization.objects.select_for_update().get(pk=pk)
            try:
                found.sealed = seal(open_sealed(found.sealed))
            except CannotOpen:
                continue  # its connection is told to be lost: the same keys sealed its secrets
            found.save(update_fields=["sealed"])


def as_json(connection: Connection) -> dict[str, Any] | None:
    """Returns {at, by, scope, ends_at} of who connected it; None when nobody has, or not any more."""
    found = of(connection)
    if found is None or found.lost:
        return None
    return {"at": found.at, "by": found.by, "scope": found.scope, "ends_at": found.ends_at}


def of(connection: Connection) -> Authorization | None:
    return Authorization.objects.filter(connection_id=connection.pk).first()
