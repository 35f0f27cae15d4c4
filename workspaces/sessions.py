"""The browsers that somebody is signed in with: seen, and ended from another one."""

import ipaddress
import re
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from workspaces import unwritable
from workspaces.models import BrowserSession, User

KEPT_AS = "seen"  # in the session: its key, and when it was last noted
PRECISION = 60  # seconds, so that a busy page is not written with every request
LONGEST_AGENT = 300  # characters
# The first that is named counts: most browsers claim to be others too.
_BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux"),
)


def see(request: HttpRequest, user: User) -> None:
    """Notes that the browser of a signed-in user is in use, at most once a minute."""
    key, now = request.session.session_key, timezone.now()
    if key is None or not _is_due(request.session.get(KEPT_AS), key, now):
        return
    seen = {
        "user": user,
        "address": _address(request),
        "agent": request.META.get("HTTP_USER_AGENT", "")[:LONGEST_AGENT],
        "last_seen_at": now,
    }
    if unwritable.noted(lambda: BrowserSession.objects.update_or_create(session_key=key, defaults=seen)):
        request.session[KEPT_AS] = [key, now.timestamp()]


def _is_due(seen: Any, key: str, now: datetime) -> bool:
    return not seen or seen[0] != key or now.timestamp() - seen[1] >= PRECISION


def _address(request: HttpRequest) -> str | None:
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


def of(user: User) -> QuerySet[BrowserSession]:
    """Returns those that have not ended, the one used last first."""
    return _going_on().filter(user=user).order_by("-last_seen_at", "-pk")


def _going_on() -> QuerySet[BrowserSession]:
    sessions = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    return BrowserSession.objects.filter(Exists(sessions))


def end(user: User, session_id: int) -> bool:
    """Signs out one browser; returns whether the user has such a session."""
    return _end(BrowserSession.objects.filter(user=user, pk=session_id)) > 0


def end_all(user: User, but: str | None = None) -> int:
    """Signs out every browser of the user but the one with this session key; returns how many."""
    return _end(BrowserSession.objects.filter(user=user).exclude(session_key=but or ""))


def _end(chosen: QuerySet[BrowserSession]) -> int:
    keys = list(chosen.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    BrowserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)


def device(agent: str) -> str:
    """Returns “Firefox on Windows” for what a browser calls itself."""
    browser = _named(_BROWSERS, agent) or agent.partition(" ")[0].partition("/")[0] or "An unknown program"
    system = _named(_SYSTEMS, agent)
    return f"{browser} on {system}" if system else browser


def _named(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for name, pattern in known if re.search(pattern, agent)), "")


def prune() -> None:
    """Deletes the sessions that have ended by themselves."""
    SessionStore.clear_expired()
    BrowserSession.objects.exclude(pk__in=_going_on().values("pk")).delete()
