"""The browsers that somebody is signed in with: listed, ended, and ended with the password."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from workspaces import sessions
from workspaces.models import BrowserSession, User

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
PASSWORD = "a long passphrase"


def browser(user: User, agent: str = FIREFOX) -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/sign-in", {"email": user.email, "password": PASSWORD})
    assert is_signed_in(client)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/account").status_code == 200


def listed(client: Client) -> list[str]:
    """The words of each line."""
    page = client.get("/settings/account").content.decode().partition("<h2>Sessions</h2>")[2].partition("</table>")[0]
    return [" ".join(re.sub("<[^>]+>", " ", line).split()) for line in page.split("<tr>")[2:]]


def test_the_account_lists_each_browser_with_its_address(viewer: User) -> None:
    browser(viewer, "curl/8.1")
    assert listed(browser(viewer)) == [
        "Firefox on Linux this browser 127.0.0.1 just now",
        "curl 127.0.0.1 just now End",
    ]


def test_a_session_is_ended_from_another_browser(viewer: User) -> None:
    lost, here = browser(viewer), browser(viewer)
    session = BrowserSession.objects.get(session_key=lost.session.session_key)
    here.post(f"/settings/sessions/{session.pk}")
    assert not is_signed_in(lost)
    assert is_signed_in(here)
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_all_others_are_ended_at_once(viewer: User, editor: User) -> None:
    others, here, of_somebody_else = [browser(viewer), browser(viewer)], browser(viewer), browser(editor)
    assert "2 other sessions ended." in here.post("/settings/sessions", follow=True).content.decode()
    assert [is_signed_in(client) for client in (*others, here, of_somebody_else)] == [False, False, True, True]


def test_a_session_of_somebody_else_is_not_there(viewer: User, editor: User) -> None:
    theirs = browser(viewer)
    session = BrowserSession.objects.get()
    assert browser(editor).post(f"/settings/sessions/{session.pk}").status_code == 404
    assert is_signed_in(theirs)


def test_a_new_password_ends_the_others_and_another_name_does_not(viewer: User) -> None:
    other, here = browser(viewer), browser(viewer)
    form = {"name": "Vera", "email": viewer.email}
    here.post("/settings/account", form)
    assert is_signed_in(other)
    here.post("/settings/account", form | {"password": "another passphrase", "current_password": PASSWORD})
    assert not is_signed_in(other)
    assert listed(here) == ["Firefox on Linux this browser 127.0.0.1 just now"]


def test_a_browser_that_signed_out_is_no_longer_listed(viewer: User) -> None:
    gone, here = browser(viewer), browser(viewer)
    gone.post("/sign-out")
    assert len(listed(here)) == 1


def test_a_busy_browser_is_written_once_a_minute(
    viewer: User, django_assert_num_queries: DjangoAssertNumQueries, client_for: Callable[[User], Client]
) -> None:
    client = client_for(viewer)
    client.get("/settings/tokens")
    seen = BrowserSession.objects.get().last_seen_at
    with django_assert_num_queries(5):  # session, user, membership, tokens, unread mentions
        client.get("/settings/tokens")
    assert BrowserSession.objects.get().last_seen_at == seen
    session = client.session
    session["seen"] = [session["seen"][0], session["seen"][1] - 60]
    session.save()
    client.get("/settings/tokens")
    assert BrowserSession.objects.get().last_seen_at > seen


def test_what_has_ended_is_cleared_away(viewer: User) -> None:
    browser(viewer)
    browser(viewer)
    ended = Session.objects.order_by("pk").first()
    assert ended
    Session.objects.filter(pk=ended.pk).update(expire_date=timezone.now() - timedelta(seconds=1))
    sessions.prune()
    assert Session.objects.count() == BrowserSession.objects.count() == 1


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/130 Safari/604", "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) SamsungBrowser/26 Chrome/122 Safari/537", "Samsung Internet on Android"),
        ("python-httpx/0.28", "python-httpx"),
        ("", "An unknown program"),
    ],
)
def test_a_browser_is_told_by_its_name(agent: str, device: str) -> None:
    assert sessions.device(agent) == device
