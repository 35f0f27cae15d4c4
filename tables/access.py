"""Who finds which tables, and as what. Every page, operation and list of choices asks here, and nowhere else.

A table is for the whole workspace, everybody with the role that they have there, or for the people on its list alone,
each with the role that stands beside them. The owners of the workspace find every table.
"""

from dataclasses import replace

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from tables.models import Import, Table, TableMember
from workspaces import members
from workspaces.actors import Actor, acting
from workspaces.models import Membership, Role

UNSHARED = "a table that isn't shared with you"


def every(who: Actor) -> QuerySet[Table]:
    """Returns the tables that somebody finds in the workspace, also those that are hidden or in the trash."""
    found = Table.objects.filter(workspace=who.workspace)
    if who.owns_workspace:
        return found
    is_open = Q(access=Table.Access.WORKSPACE)
    if who.user is None:
        return found.filter(is_open)
    return found.filter(is_open | Exists(TableMember.objects.filter(table=OuterRef("pk"), membership__user=who.user)))


def live(who: Actor) -> QuerySet[Table]:
    """Returns those that are there to be opened."""
    return every(who).filter(ready=True)


def edited(who: Actor) -> QuerySet[Table]:
    """Returns those of all that somebody who is signed in may change."""
    found, edits = every(who), who.role != Role.VIEWER
    if who.owns_workspace:
        return found
    listed = TableMember.objects.filter(table=OuterRef("pk"), membership__user=who.user, role=Role.EDITOR)
    on_list = Q(Exists(listed), access=Table.Access.MEMBERS)
    return found.filter(on_list | Q(access=Table.Access.WORKSPACE) if edits else on_list)


def imports(who: Actor) -> QuerySet[Import]:
    """Returns the imports of the workspace, but for those into tables that somebody doesn't find, or that made them.

    What an import that is done made is purged where it knows no table.
    """
    found = Import.objects.filter(workspace=who.workspace)
    if who.owns_workspace:
        return found
    seen = every(who)
    of_nothing = Q(state=Import.State.DONE, table=None, target=None)
    return found.filter(Q(table=None) | Q(table__in=seen), Q(target=None) | Q(target__in=seen)).exclude(of_nothing)


def within(who: Actor, table: Table) -> Actor:
    """Returns somebody who finds the table, with the role that they have in it. A token has no more than its own.

    Raises Http404 for whoever has just been taken off its list.
    """
    if not table.is_restricted or who.owns_workspace:
        return who
    role = _listed_role(who, table)
    if role is None:
        raise Http404
    return replace(who, role=min(role, who.role, key=lambda one: one.rank) if who.token else role)


def _listed_role(who: Actor, table: Table) -> Role | None:
    listed = TableMember.objects.filter(table=table, membership__user=who.user) if who.user else None
    role = listed.values_list("role", flat=True).first() if listed is not None else None
    return Role(role) if role else None


def is_found(table: Table) -> bool:
    """Says whether whoever's request is answered finds a table of their workspace. Marl itself finds every table."""
    who = acting()
    if who is None or not table.is_restricted or who.owns_workspace:
        return True
    return _listed_role(who, table) is not None


def named(name: str, table: Table) -> str:
    """Returns what something in a table is called in a message to whoever's request is answered."""
    return f"“{name}” of the table “{table.name}”" if is_found(table) else f"something in {UNSHARED}"


def people(table: Table) -> QuerySet[Membership]:
    """Returns the members of the workspace who find the table, in the order of their names."""
    found = members.listed(table.workspace_id)
    if not table.is_restricted:
        return found
    listed = TableMember.objects.filter(table=table, membership=OuterRef("pk"))
    return found.filter(Q(role=Role.OWNER) | Exists(listed))
