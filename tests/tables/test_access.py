"""Which tables somebody finds, and in which role: people, and the tokens that they made."""

from collections.abc import Callable
from typing import Any

import pytest

from tables import access, table_members
from tables.models import Import, Table
from workspaces import members
from workspaces.actors import Actor, actor_of_token
from workspaces.models import Membership, Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db

type Keep = Callable[..., None]


@pytest.fixture
def keep(table: Table, workspace: Workspace, owner: User) -> Keep:
    """Keeps the table to these people: `keep({user: role})`."""

    def kept(roles: dict[User, Role]) -> None:
        wanted = {user.pk: role for user, role in roles.items()}
        table_members.change(Actor(owner, workspace, Role.OWNER), table, Table.Access.MEMBERS, wanted)

    return kept


def role_of(who: Actor | None, table: Table) -> Role | None:
    """Returns the role that somebody has in a table; None where they don't find it."""
    assert who
    return access.within(who, table).role if access.live(who).filter(pk=table.pk).exists() else None


def token_of(workspace: Workspace, user: User | None, role: Role) -> Actor | None:
    return actor_of_token(create_api_token(workspace, "tests", role, user)[1])


def test_an_open_table_is_for_everybody_in_their_role_there(table: Table, workspace: Workspace, viewer: User) -> None:
    for role in Role:
        assert role_of(Actor(viewer, workspace, role), table) == role


def test_a_table_for_some_people_is_for_them_in_the_role_on_its_list(
    table: Table, workspace: Workspace, editor: User, viewer: User, owner: User, keep: Keep
) -> None:
    keep({viewer: Role.EDITOR})
    assert role_of(Actor(viewer, workspace, Role.VIEWER), table) == Role.EDITOR
    assert role_of(Actor(editor, workspace, Role.EDITOR), table) is None
    assert role_of(Actor(owner, workspace, Role.OWNER), table) == Role.OWNER
    keep({editor: Role.VIEWER})
    assert role_of(Actor(editor, workspace, Role.EDITOR), table) == Role.VIEWER


def test_another_workspace_finds_nothing_whatever_is_on_a_list(table: Table, outsider: User, keep: Keep) -> None:
    keep({})
    who = Actor(outsider, outsider.workspaces.get(), Role.OWNER)
    assert role_of(who, table) is None
    Membership.objects.create(user=outsider, workspace=table.workspace, role=Role.EDITOR)
    keep({outsider: Role.EDITOR})
    assert role_of(who, table) is None


def test_a_token_sees_what_its_maker_sees_and_may_no_more_than_its_own_role(
    table: Table, workspace: Workspace, editor: User, viewer: User, owner: User, keep: Keep
) -> None:
    keep({viewer: Role.EDITOR})
    assert role_of(token_of(workspace, viewer, Role.VIEWER), table) == Role.VIEWER
    assert role_of(token_of(workspace, viewer, Role.EDITOR), table) == Role.EDITOR
    assert role_of(token_of(workspace, editor, Role.OWNER), table) is None
    assert role_of(token_of(workspace, owner, Role.VIEWER), table) == Role.VIEWER
    assert role_of(token_of(workspace, owner, Role.EDITOR), table) == Role.EDITOR
    keep({viewer: Role.VIEWER})
    assert role_of(token_of(workspace, viewer, Role.OWNER), table) == Role.VIEWER


def test_a_token_whose_maker_is_gone_sees_open_tables_alone(
    table: Table, workspace: Workspace, owner: User, viewer: User, keep: Keep
) -> None:
    other = Table.objects.create(workspace=workspace, name="Open")
    keep({viewer: Role.EDITOR})
    of_nobody, of_viewer = (token_of(workspace, user, Role.OWNER) for user in (None, viewer))
    assert of_nobody
    assert list(access.live(of_nobody)) == [other]
    members.remove_member(Membership.objects.get(user=viewer))
    assert of_viewer
    assert list(access.live(of_viewer)) == [other]
    Membership.objects.filter(user=owner).update(role=Role.EDITOR)
    assert role_of(token_of(workspace, owner, Role.OWNER), table) is None  # who is no owner any more


def test_who_leaves_is_off_the_lists_and_comes_back_without_them(
    table: Table, workspace: Workspace, editor: User, keep: Keep
) -> None:
    keep({editor: Role.EDITOR})
    members.remove_member(Membership.objects.get(user=editor))
    assert list(table_members.listed(table)) == []
    Membership.objects.create(user=editor, workspace=workspace, role=Role.EDITOR)
    assert role_of(Actor(editor, workspace, Role.EDITOR), table) is None


def test_imports_go_with_their_tables(
    table: Table, workspace: Workspace, editor: User, owner: User, keep: Keep
) -> None:
    keep({})
    into = Import.objects.create(workspace=workspace, target=table, name="into")
    made = Import.objects.create(workspace=workspace, table=table, name="made", state=Import.State.DONE)
    purged = Import.objects.create(workspace=workspace, name="purged", state=Import.State.DONE)
    new = Import.objects.create(workspace=workspace, name="new", state=Import.State.STAGED)
    assert set(access.imports(Actor(editor, workspace, Role.EDITOR))) == {new}
    assert set(access.imports(Actor(owner, workspace, Role.OWNER))) == {into, made, purged, new}


def test_people_are_those_who_find_the_table(table: Table, editor: User, viewer: User, owner: User, keep: Keep) -> None:
    def people() -> set[Any]:
        return {membership.user for membership in access.people(table)}

    assert people() == {editor, viewer, owner}
    keep({viewer: Role.VIEWER})
    assert people() == {viewer, owner}


def test_pages_offer_to_change_what_somebody_may_change(
    table: Table, workspace: Workspace, editor: User, viewer: User, owner: User, keep: Keep
) -> None:
    other = Table.objects.create(workspace=workspace, name="Open")
    keep({viewer: Role.EDITOR, editor: Role.VIEWER})
    assert set(access.edited(Actor(owner, workspace, Role.OWNER))) == {table, other}
    assert set(access.edited(Actor(editor, workspace, Role.EDITOR))) == {other}
    assert set(access.edited(Actor(viewer, workspace, Role.VIEWER))) == {table}
