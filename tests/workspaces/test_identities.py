"""Roles by group, kept in step at every sign-in."""

from typing import Any

import pytest

from workspaces.identities import Person, admit
from workspaces.models import AuditEntry, Membership, User, Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _roles(settings: Any, owner: User) -> None:
    settings.OIDC_NAME = "Acme Login"
    settings.OIDC_ROLES = {"marl-admins": "owner", "growth": "editor", "everyone": "viewer"}


def somebody(*groups: str, subject: str = "1", email: str = "sam@acme.example") -> Person:
    return Person("https://login.example", subject, email, "Sam", frozenset(groups))


def role_of(user: User) -> str:
    return Membership.objects.get(user=user).role


def test_the_highest_role_of_somebodys_groups_counts() -> None:
    assert role_of(admit(somebody("everyone", "growth", "unknown")).user) == "editor"


def test_a_role_follows_the_groups_and_ends_with_them(workspace: Workspace) -> None:
    sam = admit(somebody("growth")).user
    for groups, role in ((("marl-admins",), "owner"), (("everyone",), "viewer")):
        assert admit(somebody(*groups)).user == sam
        assert role_of(sam) == role
    with pytest.raises(Refused, match=r"None of the groups of sam@acme.example at Acme Login has a role here"):
        admit(somebody("unknown"))
    assert not Membership.objects.filter(user=sam).exists()
    admit(somebody("growth"))
    assert role_of(sam) == "editor"
    noted = list(AuditEntry.objects.order_by("pk").values_list("action", "who"))
    assert noted == [
        ("member.joined", "Sam"),
        ("member.changed", "Acme Login"),
        ("member.changed", "Acme Login"),
        ("member.removed", "Acme Login"),
        ("member.joined", "Sam"),
    ]


def test_whoever_has_no_group_gets_the_role_of_everybody_where_there_is_one(settings: Any) -> None:
    settings.OIDC_ROLE = "viewer"
    sam = admit(somebody("growth")).user
    admit(somebody())
    assert role_of(sam) == "viewer"


def test_a_missing_claim_is_told_as_what_it_is() -> None:
    with pytest.raises(Refused, match=r"sent no claim groups.*let it send the groups"):
        admit(Person("https://login.example", "1", "sam@acme.example", "Sam", None))
    assert not User.objects.filter(email="sam@acme.example").exists()


@pytest.mark.parametrize("groups", [("growth",), ()])
def test_the_only_owner_stays_one_and_is_told(groups: tuple[str, ...], owner: User) -> None:
    admission = admit(somebody(*groups, email=owner.email))
    assert role_of(owner) == "owner"
    assert "you stay one" in admission.remark


def test_roles_in_other_workspaces_stay(workspace: Workspace) -> None:
    sam = admit(somebody("growth")).user
    other = Workspace.objects.create(name="Other")
    Membership.objects.create(user=sam, workspace=other, role="owner")
    admit(somebody())
    assert Membership.objects.get(user=sam).workspace == other


def test_without_groups_a_role_given_by_hand_stays(settings: Any) -> None:
    settings.OIDC_ROLES, settings.OIDC_ROLE = {}, "viewer"
    sam = admit(somebody()).user
    Membership.objects.filter(user=sam).update(role="editor")
    admit(somebody())
    assert role_of(sam) == "editor"
