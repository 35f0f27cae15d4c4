"""Invitations: a link that lets one person in, once."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Invitation, Membership, User, Workspace
from workspaces.tokens import hash_token, new_token

VALID_FOR = timedelta(days=7)


def invite(actor: Actor, email: str, role: str) -> tuple[Invitation, str]:
    """Returns the invitation and its link, which cannot be shown again. Ends an older one for the same address."""
    text = new_token()
    with transaction.atomic():
        Invitation.objects.filter(workspace=actor.workspace, email__iexact=email, accepted_at=None).delete()
        invitation = Invitation.objects.create(
            workspace=actor.workspace,
            email=email.lower(),
            role=role,
            invited_by=actor.user,
            token_hash=hash_token(text),
            expires_at=timezone.now() + VALID_FOR,
        )
        audit.note(actor.workspace, "member.invited", invitation.email, role=role)
    return invitation, f"{settings.PUBLIC_URL}/invitations/{text}"


def find(text: str) -> Invitation | None:
    """Returns None for one that is used, expired, withdrawn or unknown."""
    valid = Invitation.objects.filter(accepted_at=None, expires_at__gt=timezone.now()).select_related("workspace")
    return valid.filter(token_hash=hash_token(text)).first()


def pending(workspace: Workspace) -> QuerySet[Invitation]:
    """Returns those that can still be accepted."""
    return Invitation.objects.filter(workspace=workspace, accepted_at=None, expires_at__gt=timezone.now())


def accept(invitation: Invitation, user: User) -> Membership | None:
    """Makes the user a member; who is one already keeps their role. Returns None when somebody used it meanwhile."""
    with transaction.atomic():
        unused = Invitation.objects.filter(pk=invitation.pk, accepted_at=None)
        if not unused.update(accepted_at=timezone.now()):
            return None
        membership, _ = Membership.objects.get_or_create(
            user=user, workspace=invitation.workspace, defaults={"role": invitation.role}
        )
        audit.set_actor(user)
        audit.note(invitation.workspace, "member.joined", membership.role)
    return membership
