"""An invitation lets one person in, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from workspaces import invitations
from workspaces.actors import Actor
from workspaces.models import Invitation, Membership, Role, User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(workspace: Workspace, owner: User) -> Actor:
    return Actor(owner, workspace, Role.OWNER)


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


def test_only_the_newest_invitation_of_an_address_is_valid(actor: Actor, workspace: Workspace) -> None:
    _, old = invitations.invite(actor, "New@example.com", Role.EDITOR)
    newest, link = invitations.invite(actor, "new@example.com", Role.VIEWER)
    assert invitations.find(token_of(old)) is None
    assert invitations.find(token_of(link)) == newest
    assert list(invitations.pending(workspace)) == [newest]


def test_an_old_invitation_is_not_valid(actor: Actor, workspace: Workspace) -> None:
    _, link = invitations.invite(actor, "new@example.com", Role.EDITOR)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert invitations.find(token_of(link)) is None
    assert list(invitations.pending(workspace)) == []


def test_two_people_with_one_link_do_not_both_join(actor: Actor, outsider: User) -> None:
    invitation, _ = invitations.invite(actor, "new@example.com", Role.EDITOR)
    first = User.objects.create_user("new@example.com")
    membership = invitations.accept(invitation, first)
    assert membership is not None
    assert (membership.user, membership.role) == (first, "editor")
    assert invitations.accept(invitation, outsider) is None
    assert not Membership.objects.filter(user=outsider, workspace=invitation.workspace).exists()


def test_a_member_keeps_their_role(actor: Actor, viewer: User) -> None:
    invitation, _ = invitations.invite(actor, viewer.email, Role.OWNER)
    membership = invitations.accept(invitation, viewer)
    assert membership is not None
    assert membership.role == "viewer"
