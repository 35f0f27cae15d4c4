"""Whom a table is for: everybody in the workspace, or the people on its list. Who edits a table decides that."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import transaction

from tables import access, events, storage
from tables.models import Table, TableMember
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Membership, Role
from workspaces.refusals import Refused


def listed(table: Table) -> list[TableMember]:
    """Returns who is on the list, by name; nobody, where the table is for everybody."""
    found = TableMember.objects.filter(table=table, membership__user__is_active=True)
    by_name = found.select_related("membership__user").order_by("membership__user__name", "membership__user__email")
    return list(by_name)


def change(who: Actor, table: Table, to: Table.Access, wanted: Mapping[int, Role]) -> None:
    """Sets whom a table is for, {user id: role}, of whom there are none where it is for everybody.

    Raises Refused where somebody isn't in the workspace, or whoever does this would no longer edit the table.
    """
    with transaction.atomic():
        storage.lock_table(table.pk)
        table.refresh_from_db(fields=["access"])
        before = {member.membership_id: member.role for member in TableMember.objects.filter(table=table)}
        after = _memberships(table, wanted) if to == Table.Access.MEMBERS else {}
        if (to, before) == (table.access, after):
            return
        TableMember.objects.filter(table=table).exclude(membership__in=after).delete()
        for membership_id, role in after.items():
            TableMember.objects.update_or_create(table=table, membership_id=membership_id, defaults={"role": role})
        table.access = to
        table.save(update_fields=["access"])
        _refuse_own_loss(who, table)
        _note(table, before, after)
        transaction.on_commit(partial(events.publish_access, [table.pk]))


def keep_as(source: Table, made: Table, maker: Actor) -> None:
    """Keeps what is made of a table that is not for everybody to whoever makes it, and the owners of the workspace."""
    if not source.is_restricted:
        return
    made.access = Table.Access.MEMBERS
    made.save(update_fields=["access"])
    for membership in Membership.objects.filter(workspace=made.workspace_id, user=maker.user):
        TableMember.objects.create(table=made, membership=membership, role=Role.EDITOR)


def on_role_changed(instance: Membership, created: bool, **_: Any) -> None:
    """Ends the live events of the workspace's tables, so that somebody has no more than their new role."""
    if not created:
        _announce(instance)


def on_member_left(instance: Membership, **_: Any) -> None:
    """Ends the live events of the workspace's tables, so that somebody who has left hears no more of them."""
    _announce(instance)


def _announce(membership: Membership) -> None:
    tables = Table.objects.filter(workspace=membership.workspace_id, ready=True).values_list("pk", flat=True)
    transaction.on_commit(lambda: events.publish_access(tables))


def _memberships(table: Table, wanted: Mapping[int, Role]) -> dict[int, str]:
    """Returns the roles by membership. Raises Refused for whoever is none of the workspace's members."""
    found = Membership.objects.filter(workspace=table.workspace_id, user__in=wanted, user__is_active=True)
    by_user = dict(found.values_list("user_id", "pk"))
    for user_id in wanted:
        if user_id not in by_user:
            raise Refused(f"There is no member {user_id} in this workspace. Invite them first.", field="members")
    return {by_user[user_id]: role.value for user_id, role in wanted.items()}


def _refuse_own_loss(who: Actor, table: Table) -> None:
    """Raises Refused for whoever would lock themselves out."""
    if not access.every(who).filter(pk=table.pk).exists() or access.within(who, table).role.rank < Role.EDITOR.rank:
        words = "Stay on the list as an editor: you couldn't change this table any more. An owner can take you off."
        raise Refused(words, code="conflict", field="members", status=409)


def _note(table: Table, before: Mapping[int, str], after: Mapping[int, str]) -> None:
    """Notes who is on the list now that was not, or was in another role, and who is off it."""
    members = Membership.objects.filter(pk__in={*before, *after}).select_related("user")
    names = {member.pk: str(member.user) for member in members}
    given = [f"{names[pk]} ({role})" for pk, role in after.items() if before.get(pk) != role]
    taken = [names[pk] for pk in before if pk not in after]
    change = {"for": table.get_access_display(), "added": given, "removed": taken}
    audit.note(table.workspace_id, "table.shared", table.name, table.pk, **change)


def as_json(member: TableMember) -> dict[str, Any]:
    """Returns a member of the API."""
    user = member.membership.user
    return {"user_id": user.pk, "name": str(user), "email": user.email, "role": member.role}
