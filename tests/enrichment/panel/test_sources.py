"""The panel of where rows come from."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from enrichment import webhooks
from enrichment.models import Hook
from tables.models import Column, Table
from workspaces.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(leads: Table, editor: User, client_for: Callable[[User], Client]) -> Callable[..., str]:
    """Opens the panel, or posts to a part of it."""
    client = client_for(editor)

    def shown(part: str = "", **fields: object) -> str:
        path = f"/tables/{leads.pk}/sources{part}"
        answer = client.post(path, fields) if part else client.get(path)
        assert answer.status_code == 200
        return unescape(answer.content.decode())

    return shown


def test_a_webhook_is_created_with_a_command_that_works(page: Callable[..., str], leads: Table) -> None:
    assert "Create webhook" in page()
    shown = page("/webhook/renew")
    url = webhooks.url_of(webhooks.secret_of(Hook.objects.get(table=leads)))
    assert f"<code>{url}</code>" in shown
    sent = re.search(r"-d '(\{.*?\})'", shown)
    assert sent
    path = url.removeprefix("http://127.0.0.1:8000")
    assert Client().post(path, sent[1], content_type="application/json").status_code == 202
    assert "1 row added" in page()
    assert url not in page("/webhook/renew")


def test_settings_of_the_webhook_are_stored_as_they_are_chosen(page: Callable[..., str], leads: Table) -> None:
    page("/webhook/renew")
    company = Column.objects.get(table=leads, name="Company").pk
    page("/webhook", key=company, on_match="update", ignore_unknown="on")
    hook = Hook.objects.get(table=leads)
    assert (hook.key, hook.on_match, hook.unknown, hook.enabled) == ([company], "update", "ignore", True)
    assert "Turned off" in page("/webhook", key="", on_match="update", turn="off")
    hook.refresh_from_db()
    assert (hook.key, hook.on_match, hook.unknown, hook.enabled) == ([], "add", "refuse", False)
    assert "There is no column" in page("/webhook", key="999999", on_match="update")


def test_posts_are_sent_again_only_when_there_is_a_new_one(
    page: Callable[..., str], leads: Table, editor: User, client_for: Callable[[User], Client]
) -> None:
    page("/webhook/renew")
    client, path = client_for(editor), f"/tables/{leads.pk}/sources/webhook/posts"
    assert client.get(path).status_code == 204
    hook = Hook.objects.get(table=leads)
    webhooks.receive(hook, b'{"Company": "New"}', webhooks.Asked())
    assert "1 row added" in client.get(f"{path}?after=0").content.decode()
    assert client.get(f"{path}?after={webhooks.last_posts(hook)[0].pk}").status_code == 204


def test_viewers_and_outsiders_see_no_address(
    leads: Table, viewer: User, outsider: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(viewer).get(f"/tables/{leads.pk}/sources").status_code == 403
    assert client_for(outsider).get(f"/tables/{leads.pk}/sources").status_code == 404
    assert client_for(viewer).post(f"/tables/{leads.pk}/sources/webhook/renew").status_code == 403


def test_a_webhook_that_matches_by_several_columns_keeps_them_when_something_else_is_changed(
    page: Callable[..., str], leads: Table
) -> None:
    page("/webhook/renew")
    hook = Hook.objects.get(table=leads)
    webhooks.change(hook, key=["Company", "Size"], on_match="update")
    assert '<option value="stored" selected>Company and Size</option>' in page()
    page("/webhook", key="stored", on_match="skip")
    before = hook.key
    hook.refresh_from_db()
    assert (hook.key, hook.on_match) == (before, "skip")
