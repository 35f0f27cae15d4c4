"""The list of people whom a table is for: changed, noted, and never so that its editor locks themselves out."""

from typing import Any

import pytest

from tables import catalog, table_members
from tables.models import Table, TableMember
from workspaces import audit, members
from workspaces.actors import Actor
from workspaces.models import AuditEntry, Membership, Role, User, Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db

MEMBERS, WORKSPACE = Table.Access.MEMBERS, Table.Access.WORKSPACE


@pytest.fixture
def actor(editor: User, workspace: Workspace) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


def roles(table: Table) -> dict[int, str]:
    return {member.membership.user_id: member.role for member in table_members.listed(table)}


def test_an_editor_keeps_a_table_to_some_people_and_opens_it_again(
    actor: Actor, table: Table, editor: User, viewer: User
) -> None:
    wanted = {editor.pk: Role.EDITOR, viewer.pk: Role.VIEWER}
    table_members.change(actor, table, MEMBERS, wanted)
    table.refresh_from_db()
    assert (table.access, roles(table)) == (MEMBERS, wanted)
    table_members.change(actor, table, WORKSPACE, wanted)
    table.refresh_from_db()
    assert (table.access, roles(table)) == (WORKSPACE, {})


@pytest.mark.parametrize("role", [None, Role.VIEWER])
def test_nobody_locks_themselves_out(role: Role | None, actor: Actor, table: Table, editor: User) -> None:
    with pytest.raises(Refused, match="Stay on the list as an editor"):
        table_members.change(actor, table, MEMBERS, {editor.pk: role} if role else {})
    table.refresh_from_db()
    assert (table.access, roles(table)) == (WORKSPACE, {})


def test_an_owner_need_not_be_on_the_list(table: Table, owner: User, editor: User, workspace: Workspace) -> None:
    table_members.change(Actor(owner, workspace, Role.OWNER), table, MEMBERS, {editor.pk: Role.VIEWER})
    assert roles(table) == {editor.pk: Role.VIEWER}


def test_only_members_of_the_workspace_are_listed(actor: Actor, table: Table, editor: User, outsider: User) -> None:
    with pytest.raises(Refused, match=f"no member {outsider.pk} in this workspace"):
        table_members.change(actor, table, MEMBERS, {editor.pk: Role.EDITOR, outsider.pk: Role.VIEWER})
    assert not TableMember.objects.exists()


def test_the_audit_log_notes_who_was_added_and_taken_off(
    actor: Actor, table: Table, editor: User, viewer: User
) -> None:
    table_members.change(actor, table, MEMBERS, {editor.pk: Role.EDITOR, viewer.pk: Role.VIEWER})
    table_members.change(actor, table, MEMBERS, {editor.pk: Role.EDITOR})
    table_members.change(actor, table, MEMBERS, {editor.pk: Role.EDITOR})  # which changes nothing
    later, first = AuditEntry.objects.filter(action="table.shared")
    assert audit.in_words(first) == (
        "changed who sees the table",
        "for: Only these people · added: editor@example.com (editor), viewer@example.com (viewer)",
    )
    assert audit.in_words(later)[1] == "for: Only these people · removed: viewer@example.com"


def test_the_trash_keeps_the_list(actor: Actor, table: Table, editor: User) -> None:
    table_members.change(actor, table, MEMBERS, {editor.pk: Role.EDITOR})
    catalog.delete(table)
    catalog.restore(table)
    table.refresh_from_db()
    assert (table.access, roles(table)) == (MEMBERS, {editor.pk: "editor"})
    catalog.purge(table)
    assert not TableMember.objects.exists()


@pytest.mark.parametrize("leave", [members.remove_member, lambda one: members.change_role(one, Role.VIEWER)])
def test_live_events_end_for_whoever_leaves_or_gets_another_role(
    leave: Any, table: Table, editor: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    ended: list[int] = []
    monkeypatch.setattr("tables.events.publish_access", lambda table_ids: ended.extend(table_ids))
    with django_capture_on_commit_callbacks(execute=True):
        leave(Membership.objects.get(user=editor))
    assert ended == [table.pk]
