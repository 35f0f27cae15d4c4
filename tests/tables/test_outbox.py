"""Messages to people: the tasks of those that are due."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tables import comments, dispatch, outbox, rows
from tables.models import Mention, Row, Table
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace

pytestmark = pytest.mark.django_db


def test_the_tasks_of_messages_that_are_due_are_sent_again(
    workspace: Workspace, editor: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table.objects.create(workspace=workspace, name="Leads")
    row = Row.objects.get(pk=rows.append(table, [{}])[0])
    for _ in range(3):
        comments.create(Actor(editor, workspace, Role.EDITOR), row, f"@{owner.email} look")
    due, later, _settled = Mention.objects.order_by("pk")
    Mention.objects.filter(pk=due.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    Mention.objects.filter(pk=later.pk).update(due_at=timezone.now() + timedelta(minutes=1))
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task: sent.append(task))
    outbox.dispatch_due(Mention, "tables.mail_mention")
    assert sent == [("tables.mail_mention", due.pk)]
