"""The way of a person to the provider and back, which lets a connection in.

What is needed on the way back waits in Redis, sealed, below a digest of the state: for ten minutes, for one use, and
for the session of the person who set out.
"""

import hashlib
import json
import secrets
import time
from dataclasses import asdict, dataclass

from django.db import transaction
from redis import RedisError

from enrichment.connections import asking, authorization, sign_in
from enrichment.engine.auth.authorization_code import AuthorizationCode, Granted
from enrichment.engine.errors import SignInError
from enrichment.http_client import event_loop
from enrichment.models import Connection
from workspaces.actors import Actor
from workspaces.models import User
from workspaces.refusals import Refused
from workspaces.sealing import CannotOpen, open_sealed, seal

OPEN_FOR = 600  # seconds
AGAIN = "Open the connection and press Connect again."


@dataclass(frozen=True, slots=True)
class Journey:
    """Who set out, for which connection, and what only we know of it."""

    connection_id: int
    revision: int  # of the settings: others could send the code elsewhere
    user_id: int
    session: str  # digest of its key
    verifier: str
    redirect_uri: str
    in_panel: bool


def begin(connection: Connection, user: User, session_key: str, redirect_uri: str, *, in_panel: bool = False) -> str:
    """Returns the address at the provider where the person lets Marl in. Raises Refused."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    session = _digest(session_key)
    journey = Journey(connection.pk, connection.revision, user.pk, session, verifier, redirect_uri, in_panel)
    try:
        address = _scheme(connection).consent_url(
            sign_in.secrets_of(connection), redirect_uri=redirect_uri, state=state, verifier=verifier
        )
        event_loop.run(_keep(state, journey))
    except SignInError as error:
        raise Refused(error.message) from error
    except RedisError as error:
        raise Refused("Redis isn't answering, so Marl can't remember where you come back to. Try again.") from error
    return address


def take(state: str, user: User, session_key: str) -> Journey:
    """Returns the journey that a state belongs to, once. Raises Refused, also for anybody but who set out."""
    try:
        sealed = event_loop.run(_take(state)) if state else None
        journey = Journey(**json.loads(open_sealed(sealed)["journey"])) if sealed else None
    except (CannotOpen, KeyError, TypeError, ValueError, RedisError):
        journey = None
    if journey is None:
        raise Refused(f"This way back is good once, for ten minutes after you set out. {AGAIN}")
    if journey.user_id != user.pk or not secrets.compare_digest(journey.session, _digest(session_key)):
        raise Refused(f"Someone else set out from another session, so nothing was connected. {AGAIN}")
    return journey


def finish(connection: Connection, actor: Actor, journey: Journey, code: str) -> None:
    """Gives the code for tokens and stores them. Raises Refused."""
    if connection.revision != journey.revision:
        raise Refused(f"The settings were changed while you were away, so nothing was connected. {AGAIN}")
    scheme = _scheme(connection)
    try:
        own = sign_in.secrets_of(connection)
        request = scheme.exchange(own, code=code, verifier=journey.verifier, redirect_uri=journey.redirect_uri)
        granted, _ = event_loop.run(asking.ask(request, own, lambda answer: scheme.read(answer, time.time())))
    except SignInError as error:
        raise Refused(f"{error.message} Check the settings, then press Connect again.") from error
    _store(connection, actor, journey, granted)


def _store(connection: Connection, actor: Actor, journey: Journey, granted: Granted) -> None:
    assert actor.user is not None
    with transaction.atomic():
        current = Connection.objects.select_for_update().get(pk=connection.pk)
        if current.revision != journey.revision:
            raise Refused(f"The settings were changed meanwhile, so nothing was connected. {AGAIN}")
        authorization.store(current, granted, actor.user)
        current.revision += 1  # whatever workers know of an earlier token is of no use now
        current.refused = None
        current.save(update_fields=["revision", "refused", "updated_at"])


def _scheme(connection: Connection) -> AuthorizationCode:
    scheme = sign_in.scheme_of(connection)
    if not isinstance(scheme, AuthorizationCode):
        raise Refused("Nobody signs in for this kind of connection: it has what it needs in its settings.")
    return scheme


async def _keep(state: str, journey: Journey) -> None:
    await event_loop.redis().set(_key(state), seal({"journey": json.dumps(asdict(journey))}), ex=OPEN_FOR)


async def _take(state: str) -> str | None:
    sealed = await event_loop.redis().getdel(_key(state))
    return str(sealed, "ascii") if isinstance(sealed, bytes) else sealed


def _key(state: str) -> str:
    return f"marl:consent:{_digest(state)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
