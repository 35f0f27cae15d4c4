"""The first user, and links that sign somebody in."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Membership, Role, SignInLink, User, Workspace
from workspaces.tokens import hash_token, new_token

LINK_VALID_FOR = timedelta(hours=24)


def first_owner() -> User:
    """Returns the owner of the first workspace; creates both when there is none."""
    with transaction.atomic():
        owner = Membership.objects.filter(role=Role.OWNER).select_related("user").order_by("pk").first()
        if owner:
            return owner.user
        user = User.objects.first() or User.objects.create_user("owner@localhost")
        Membership.objects.create(user=user, workspace=Workspace.objects.create(name="My workspace"), role=Role.OWNER)
        return user


def create_workspace(actor: Actor, name: str) -> Workspace:
    """Returns a new workspace whose owner is the actor. Raises Refused for whoever owns none."""
    actor.require(Role.OWNER)
    assert actor.user is not None
    with transaction.atomic():
        workspace = Workspace.objects.create(name=name)
        Membership.objects.create(user=actor.user, workspace=workspace, role=Role.OWNER)
        audit.note(workspace, "member.joined", Role.OWNER)
    return workspace


def new_sign_in_link(user: User) -> str:
    """Returns a link that is valid for a day, also more than once: people open it in two browsers."""
    SignInLink.objects.filter(expires_at__lt=timezone.now()).delete()
    text = new_token()
    SignInLink.objects.create(user=user, token_hash=hash_token(text), expires_at=timezone.now() + LINK_VALID_FOR)
    return f"{settings.PUBLIC_URL}/?token={text}"


def user_of_link(text: str) -> User | None:
    """Returns None for a link that has expired or is unknown, and for a user who may not sign in any more."""
    valid = SignInLink.objects.filter(token_hash=hash_token(text), expires_at__gt=timezone.now())
    link = valid.select_related("user").first()
    return link.user if link and link.user.is_active else None
