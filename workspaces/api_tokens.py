"""The API tokens of a workspace: who may make which, and what is shown of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from workspaces.actors import Actor
from workspaces.models import ApiToken, Role, Workspace
from workspaces.refusals import Refused
from workspaces.tokens import create_api_token


def create_for(
    actor: Actor, name: str, role: Role, scopes: Sequence[str], ends_at: datetime | None
) -> tuple[ApiToken, str]:
    """Creates a token that may do no more than its maker, nor for longer. Raises Refused."""
    actor.require(Role.EDITOR)
    actor.require(role)
    if not name.strip():
        raise Refused("A token needs a name, for what it is for.", field="name")
    if ends_at is not None and timezone.is_naive(ends_at):
        ends_at = ends_at.replace(tzinfo=UTC)
    if ends_at is not None and ends_at <= timezone.now():
        raise Refused("This end is in the past.", field="ends_at")
    if actor.token:
        _check_within(actor.token, scopes, ends_at)
    return create_api_token(actor.workspace, name.strip(), role, actor.user, scopes=scopes, ends_at=ends_at)


def _check_within(token: ApiToken, scopes: Sequence[str], ends_at: datetime | None) -> None:
    if more := set(scopes) - set(token.scopes):
        words = f"The token that you use doesn't have the scope {', '.join(sorted(more))} itself."
        raise Refused(words, code="forbidden", field="scopes")
    if token.ends_at and (ends_at is None or ends_at > token.ends_at):
        raise Refused("The token that you use ends before.", code="forbidden", field="ends_at")


def live(workspace: Workspace) -> QuerySet[ApiToken]:
    """Returns the tokens that nobody has revoked, also those that have ended."""
    return ApiToken.objects.filter(workspace=workspace, revoked_at=None).select_related("created_by")


def as_json(token: ApiToken) -> dict[str, Any]:
    """Returns the token of the API, without its text."""
    return {
        "id": token.pk,
        "name": token.name,
        "prefix": token.prefix,
        "role": token.role,
        "scopes": token.scopes,
        "created_by": str(token.created_by) if token.created_by else None,
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "ends_at": token.ends_at,
    }
