"""Members of a workspace and their roles."""

from django.db import transaction

from workspaces import audit, second_factor
from workspaces.actors import Actor
from workspaces.models import Membership, Role
from workspaces.refusals import Refused


def require_second_factor(actor: Actor, required: bool) -> None:
    """Makes every member set up a second factor before they go on, or no longer. Raises Refused."""
    workspace = actor.workspace
    if required and actor.user and not second_factor.is_on(actor.user):
        raise Refused("Set up your own second factor first, under Account.", code="conflict")
    with transaction.atomic():
        workspace.requires_second_factor = required
        workspace.save(update_fields=["requires_second_factor"])
        audit.note(workspace, "member.second_factor_required" if required else "member.second_factor_optional", "")


def change_role(membership: Membership, role: str) -> None:
    """Raises Refused for the only owner."""
    with transaction.atomic():
        if role != Role.OWNER:
            _check_another_owner(membership)
        before, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        audit.note(membership.workspace_id, "member.changed", str(membership.user), role=role, before=before)


def remove_member(membership: Membership) -> None:
    """Raises Refused for the only owner."""
    with transaction.atomic():
        _check_another_owner(membership)
        audit.note(membership.workspace_id, "member.removed", str(membership.user), role=membership.role)
        membership.delete()


def _check_another_owner(membership: Membership) -> None:
    """Locks the owners: two of them who give up their role at once would leave a workspace with none."""
    owners = Membership.objects.select_for_update().filter(workspace=membership.workspace_id, role=Role.OWNER)
    if {owner.pk for owner in owners.order_by("pk")} == {membership.pk}:
        raise Refused(f"{membership.user} is the only owner. Make someone else an owner first.", code="conflict")
