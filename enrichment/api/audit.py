"""The audit log, for owners."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from enrichment.api import described
from enrichment.api.auth import actor
from workspaces import audit
from workspaces.models import Role
from workspaces.refusals import Refused

router = Router(tags=["Audit log"])


@router.get("/audit", summary="List the audit log")
def list_entries(request: HttpRequest, kind: str = "", offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Returns the entries, newest first.

    Filter by `kind`: connection, column, run, table, member or token. Owners only; a token has to be one of an owner.
    """
    who = actor(request)
    who.require(Role.OWNER)
    if not who.owns_workspace:
        raise Refused("Whoever made this token isn't an owner of the workspace any more.", code="forbidden")
    return described.listed(audit.entries(who.workspace, kind), offset, limit, audit.as_json)
