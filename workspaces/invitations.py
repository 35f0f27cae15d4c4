"""Invitations: a link that lets one person in, once."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Invitation, Membership, User
from workspaces.tokens import hash_token, new_token

LIVES = timedelta(days=7)


def invite(actor: Actor, email: str, role: str) -> tuple[Invitation, str]:
    """The invitation and its link, which can be shown now alone. An older one for the same address ends."""
    text = new_token()
    with transaction.atomic():
        Invitation.objects.filter(workspace=actor.workspace, email__iexact=email, accepted_at=None).delete()
        invitation = Invitation.objects.create(
            workspace=actor.workspace, email=email.lower(), role=role, invited_by=actor.user,
            token_hash=hash_token(text), expires_at=timezone.now() + LIVES,
        )  # fmt: skip
        audit.note(actor.workspace, "member.invited", invitation.email, role=role)
    return invitation, f"{settings.PUBLIC_URL}/invitations/{text}"


def find(text: str) -> Invitation | None:
    """None for one that is used, expired or unknown."""
    open_ones = Invitation.objects.filter(accepted_at=None, expires_at__gt=timezone.now()).select_related("workspace")
    return open_ones.filter(token_hash=hash_token(text)).first()


def accept(invitation: Invitation, user: User) -> Membership:
    """A member keeps the role that is higher."""
    with transaction.atomic():
        used = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=timezone.now())
        if not used:
            raise Invitation.DoesNotExist
        membership, _ = Membership.objects.get_or_create(
            user=user, workspace=invitation.workspace, defaults={"role": invitation.role}
        )
        audit.acts(user)
        audit.note(invitation.workspace, "member.joined", membership.role)
    return membership
