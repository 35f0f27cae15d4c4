"""A link by e-mail for whoever has forgotten their password."""

import re
import smtplib
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from workspaces import second_factor, tasks
from workspaces.models import Identity, SecondFactor, User
from workspaces.password_reset import NotSent, send_link
from workspaces.sealing import seal

pytestmark = pytest.mark.django_db

NEW = {"password": "another passphrase"}


@pytest.fixture(autouse=True)
def _can_email(settings: Any) -> None:
    settings.CAN_EMAIL, settings.EMAIL_FROM, settings.PUBLIC_URL = True, "marl@example.com", "https://marl.example"


def link_to(email: str) -> str:
    """Returns the path in the e-mail."""
    send_link(email)
    found = re.search(r"https://marl\.example(/sign-in/reset/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/account").status_code == 200


def test_a_link_sets_a_new_password_once_and_ends_the_sessions(client: Client, viewer: User) -> None:
    elsewhere = Client()
    elsewhere.post("/sign-in", {"email": viewer.email, "password": "a long passphrase"})
    assert is_signed_in(elsewhere)
    path = link_to("Viewer@example.com")
    assert mail.outbox[-1].to == [viewer.email]
    assert client.post(path, {"password": "short"}).status_code == 422
    assert client.post(path, NEW, follow=True).redirect_chain[-1][0] == "/"
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert Client().post(path, NEW).status_code == 404
    assert Client().post("/sign-in", {"email": viewer.email, **NEW}).status_code == 302


def test_a_link_ends_after_an_hour(client: Client, viewer: User, settings: Any) -> None:
    path = link_to(viewer.email)
    settings.PASSWORD_RESET_TIMEOUT = -1
    page = client.get(path)
    assert page.status_code == 404
    assert "This link is no longer valid" in page.content.decode()


@pytest.mark.parametrize("path", ["MQ/abc-def", "!!/abc-def", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5/abc-def"])
def test_a_link_that_was_made_up_is_refused(path: str, client: Client, viewer: User) -> None:
    assert client.get(f"/sign-in/reset/{path}").status_code == 404


def test_a_second_factor_is_asked_for_as_well(client: Client, viewer: User) -> None:
    secret = second_factor.new_secret()
    SecondFactor.objects.create(user=viewer, secret=seal({"totp": secret}), last_step=0)
    assert client.post(link_to(viewer.email), NEW).headers["Location"] == "/sign-in/second-factor"
    assert not is_signed_in(client)


def test_who_signs_in_with_their_company_alone_gets_none(viewer: User) -> None:
    Identity.objects.create(user=viewer, issuer="https://login.example", subject="1")
    send_link(viewer.email)
    assert len(mail.outbox) == 1
    viewer.set_unusable_password()
    viewer.save()
    send_link(viewer.email)
    User.objects.update(is_active=False)
    send_link(viewer.email)
    assert len(mail.outbox) == 1


def test_the_page_tells_nobody_which_accounts_there_are(
    client: Client, viewer: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(tasks.send_reset_link, "delay", asked.append)
    pages = [
        re.sub(r'"[\w-]{64}"', "", client.post("/sign-in/forgotten", {"email": email}).content.decode())
        for email in (viewer.email, "nobody@example.com")
    ]
    assert "a link is on its way" in pages[0]
    assert "Forgot your password?" in client.get("/sign-in").content.decode()
    assert asked == [viewer.email, "nobody@example.com"]
    send_link("nobody@example.com")
    assert mail.outbox == []
    for _ in range(9):
        client.post("/sign-in/forgotten", {"email": viewer.email})
    assert "Too many links" in client.post("/sign-in/forgotten", {"email": viewer.email}).content.decode()
    assert len(asked) == 11
    settings.CAN_EMAIL = False
    page = client.post("/sign-in/forgotten", {"email": "other@example.com"}).content.decode()
    assert "manage.py sign_in_link --email" in page
    assert len(asked) == 11


def test_a_mail_server_that_refuses_is_tried_again(viewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    def refuse(_: object) -> None:
        nonlocal tries
        tries += 1
        raise smtplib.SMTPServerDisconnected("try later")

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    with pytest.raises(NotSent, match="try later"):
        send_link(viewer.email)
    tries = 0
    tasks.send_reset_link.apply((viewer.email,))
    assert tries == 4
