"""Members of a workspace and their roles."""

from django.db import transaction

from workspaces import audit
from workspaces.models import Membership, Role
from workspaces.refusals import Refused


def change_role(membership: Membership, role: str) -> None:
    """Raises Refused for the only owner."""
    if role != Role.OWNER:
        _check_another_owner(membership)
    before, membership.role = membership.role, role
    with transaction.atomic():
        membership.save(update_fields=["role"])
        audit.note(membership.workspace_id, "member.changed", str(membership.user), role=role, before=before)


def remove(membership: Membership) -> None:
    """Raises Refused for the only owner."""
    _check_another_owner(membership)
    with transaction.atomic():
        audit.note(membership.workspace_id, "member.removed", str(membership.user), role=membership.role)
        membership.delete()


def _check_another_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(workspace=membership.workspace, role=Role.OWNER)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise Refused(f"{membership.user} is the only owner. Make someone else an owner first.", code="conflict")
