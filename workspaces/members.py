"""Members of a workspace and their roles."""

from workspaces.models import Membership, Role


class LastOwner(Exception):
    """A workspace always keeps an owner."""


def change_role(membership: Membership, role: str) -> None:
    """Raises LastOwner."""
    if role != Role.OWNER:
        _check_another_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])


def remove(membership: Membership) -> None:
    """Raises LastOwner."""
    _check_another_owner(membership)
    membership.delete()


def _check_another_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(workspace=membership.workspace, role=Role.OWNER)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise LastOwner(f"{membership.user} is the only owner. Make somebody else an owner first.")
