"""Whom a table is for."""

from typing import Any, Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from enrichment import lookup
from enrichment.api import versions
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.api.versions import IfMatch
from enrichment.columns import table_lifecycle
from tables import access, storage, table_members
from tables.models import Table
from workspaces import members
from workspaces.actors import Actor
from workspaces.models import Role

router = Router(tags=["Tables"])


class TableMember(Body):
    user_id: int
    role: Literal["viewer", "editor"] = "viewer"


class TableMembers(Body):
    access: Literal["workspace", "members"]
    members: list[TableMember] = Field([], max_length=1_000)

    def wanted(self) -> dict[int, Role]:
        return {member.user_id: Role(member.role) for member in self.members}


@router.get("/tables/{table_id}/members", summary="Get whom a table is for")
def get_members(request: HttpRequest, response: HttpResponse, table_id: str) -> dict[str, Any]:
    """Returns whom the table is for: `workspace` is everyone there, each with their role; `members` the `items` alone.

    The `owners` of the workspace see and manage every table. `read_by` are tables whose look-ups and lists show data of
    this one to those who see them, and `read_by_others` how many more of those aren't shared with you.
    """
    who = actor(request)
    return _tagged(response, who, lookup.table(who, table_id))


@router.put("/tables/{table_id}/members", summary="Change whom a table is for")
def change_members(
    request: HttpRequest, response: HttpResponse, table_id: str, body: TableMembers, if_match: IfMatch = None
) -> dict[str, Any]:
    """Sets whom the table is for, by the ids that `GET /members` lists. For all others it isn't there.

    Who edits a table may do this, and owners of the workspace. `members` counts where `access` is `members`; whoever
    isn't an owner has to stay on the list as an editor. With `If-Match`, nothing is changed if someone else has
    changed it since: 412, with the list as it is.
    """
    who = actor(request)
    table = lookup.table(who, table_id, Role.EDITOR)
    with transaction.atomic():
        storage.lock_table(table.pk)
        table.refresh_from_db(fields=["access"])
        now = _described(who, table)
        versions.check(if_match, now, now["version"])
        table_members.change(who, table, Table.Access(body.access), body.wanted())
    return _tagged(response, who, table)


def _tagged(response: HttpResponse, who: Actor, table: Table) -> dict[str, Any]:
    told = _described(who, table)
    return versions.tagged(response, told, told["version"])


def _described(who: Actor, table: Table) -> dict[str, Any]:
    items = [table_members.as_json(member) for member in table_members.listed(table)]
    owners = members.listed(who.workspace).filter(role=Role.OWNER)
    readers, others = table_lifecycle.readers_of(who, table)
    return {
        "access": table.access,
        "version": versions.of_members(table.access, items),
        "items": items,
        "total": len(items),
        "owners": [{"user_id": owner.user_id, "name": str(owner.user)} for owner in owners],
        "read_by": [{"table_id": reader.pk, "name": reader.name} for reader in readers],
        "read_by_others": others,
        "your_id": who.user.pk if who.user else None,
        "can_change": access.within(who, table).role != Role.VIEWER,
    }
