"""Members of a workspace and their roles."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from workspaces import audit, second_factor
from workspaces.actors import Actor
from workspaces.models import Membership, Role, User, Workspace
from workspaces.refusals import Refused


def listed(workspace: Workspace | int) -> QuerySet[Membership]:
    """Returns who can sign in to the workspace, in the order of their names."""
    found = Membership.objects.filter(workspace=workspace, user__is_active=True)
    return found.select_related("user").order_by("user__name", "user__email")


def shared_names(workspace: Workspace) -> Collection[str]:
    """Returns the names, in small letters, that more than one member has: they name nobody."""
    names = Counter(_tidy(user.name).lower() for user in workspace.members.filter(is_active=True))
    return {name for name, number in names.items() if number > 1}


def as_json(membership: Membership, shared: Collection[str]) -> dict[str, Any]:
    """Returns the member of the API; `mention` is what names them in a comment after an @."""
    user, mention = membership.user, mention_of(membership.user, shared)
    return {
        "user_id": user.pk,
        "name": str(user),
        "email": user.email,
        "mention": mention,
        "role": membership.role,
    }


def mention_of(user: User, shared: Collection[str]) -> str:
    """Returns what names somebody: their e-mail address where the name is missing or not theirs alone."""
    name = _tidy(user.name)
    return name if name and name.lower() not in shared else user.email


def _tidy(name: str) -> str:
    return " ".join(name.split())


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
