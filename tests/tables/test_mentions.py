"""Whom a comment names, what they are mailed, and the pages that lead them to it."""

import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from tables import comments, mentions, rows
from tables.models import Mention, Row, Table
from workspaces.actors import Actor
from workspaces.models import Membership, Role, User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Sam look", ["Sam"]),
        ("@sam smith, look", ["sam smith"]),
        ("(@Sam)", ["Sam"]),
        ("ask @SAM@example.com.", ["SAM@example.com"]),
        ("@Sammy @Samuel", []),
        ("write to me@Sam", []),
        ("@sam@example.com.au", []),
        ("@Kim", []),
        ("@kim@example.com and @lee@example.com", ["kim@example.com", "lee@example.com"]),
        ("@Sam and again @sam@example.com", ["sam@example.com"]),
        ("no one", []),
    ],
)
def test_a_text_names_members(text: str, names: list[str]) -> None:
    members = [
        User(pk=1, email="sam@example.com", name="Sam"),
        User(pk=2, email="smith@example.com", name="Sam  Smith"),
        User(pk=3, email="kim@example.com", name="Kim"),
        User(pk=4, email="lee@example.com", name="Kim"),
    ]
    assert list(mentions.named(text, members).values()) == names


@pytest.fixture
def row(workspace: Any, editor: Any) -> Row:
    table = Table.objects.create(workspace=workspace, name="Leads")
    return Row.objects.get(pk=rows.append(table, [{}])[0])


@pytest.fixture
def who(workspace: Any, editor: Any) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


@pytest.fixture
def _mails(settings: Any) -> None:
    settings.CAN_EMAIL, settings.EMAIL_FROM = True, "marl@example.com"


@pytest.mark.usefixtures("_mails")
def test_who_is_named_gets_an_email_once(row: Row, who: Actor, owner: User) -> None:
    comments.create(who, row, f"@{owner.email} is this right?")
    mention = Mention.objects.get()
    for _ in range(2):
        mentions.mail(mention.pk)
    [letter] = mail.outbox
    assert letter.to == [owner.email]
    assert letter.subject.endswith("mentions you in Leads")
    assert "is this right?" in letter.body
    assert f"/mentions/{mention.pk}" in letter.body


@pytest.mark.usefixtures("_mails")
def test_nobody_is_mailed_who_has_read_it_or_left(row: Row, who: Actor, owner: User, viewer: User) -> None:
    comments.create(who, row, f"@{owner.email} @{viewer.email} look")
    mentions.read(mentions.of_user(Actor(owner, who.workspace, Role.OWNER)))
    Membership.objects.filter(user=viewer).delete()
    for mention in Mention.objects.all():
        mentions.mail(mention.pk)
    assert mail.outbox == []
    assert not Mention.objects.filter(due_at__isnull=False).exists()


@pytest.mark.usefixtures("_mails")
def test_what_does_not_arrive_is_tried_again_and_then_given_up(
    row: Row, who: Actor, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> None:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr("tables.mentions.EmailMessage.send", refuse)
    comments.create(who, row, f"@{owner.email} look")
    mention = Mention.objects.get()
    for tries in range(1, 5):
        mentions.mail(mention.pk)
        mention.refresh_from_db()
        assert mention.tries == tries
        assert (mention.due_at is None) == (tries == 4)
        Mention.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    mentions.mail(mention.pk)
    mention.refresh_from_db()
    assert mention.tries == 4


def test_nothing_is_to_be_mailed_where_the_server_cannot(row: Row, who: Actor, owner: User) -> None:
    comments.create(who, row, f"@{owner.email} look")
    assert Mention.objects.get().due_at is None


def test_the_head_of_every_page_counts_and_leads_to_the_row(
    row: Row, who: Actor, owner: User, outsider: User, client_for: Callable[[Any], Client]
) -> None:
    comments.create(who, row, f"@{owner.email} <i>look</i>")
    client, mention = client_for(owner), Mention.objects.get()
    assert "Mentions, 1 unread" in client.get("/").content.decode()
    page = client.get("/mentions").content.decode()
    assert "&lt;i&gt;look&lt;/i&gt;" in page
    assert f'href="/mentions/{mention.pk}"' in page
    for other in (who.user, outsider):
        assert client_for(other).get(f"/mentions/{mention.pk}").status_code == 404
        assert "look" not in client_for(other).get("/mentions").content.decode()
    opened = client.get(f"/mentions/{mention.pk}")
    assert opened["Location"] == f"/tables/{row.table_id}?row={row.pk}"
    assert "unread" not in client.get("/").content.decode()


def test_all_are_marked_as_read_at_once(row: Row, who: Actor, owner: User, client_for: Callable[[Any], Client]) -> None:
    for text in ("one", "two"):
        comments.create(who, row, f"@{owner.email} {text}")
    client = client_for(owner)
    assert client.post("/mentions").status_code == 302
    assert mentions.unread(Actor(owner, who.workspace, Role.OWNER)).count() == 0
