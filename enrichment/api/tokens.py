"""API tokens: made, listed and revoked. Their text is shown once."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Status
from pydantic import Field

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from workspaces import api_tokens
from workspaces.models import Role, Scope
from workspaces.tokens import revoke

router = Router(tags=["API tokens"])


class NewToken(Body):
    """`scopes` are read, rows (change rows, import files), run and manage; without `ends_at` it never ends."""

    name: str = Field(min_length=1, max_length=120)
    role: Role = Role.EDITOR
    scopes: list[Scope] = Field(list(Scope), min_length=1)
    ends_at: datetime | None = None


@router.get("/tokens", summary="List API tokens")
def list_tokens(request: HttpRequest, offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Returns the tokens that are not revoked, the newest first, with what they may do and until when."""
    live = api_tokens.live(actor(request).workspace)
    return described.listed(live.order_by("-pk"), offset, limit, api_tokens.as_json)


@router.post("/tokens", response={201: dict}, summary="Create an API token")
def create_token(request: HttpRequest, body: NewToken) -> Status[dict[str, Any]]:
    """Creates a token of at most your role and, if you use a token yourself, of its scopes and its end.

    `token` is its text, which can't be shown again.
    """
    made, text = api_tokens.create_for(actor(request), body.name, body.role, body.scopes, body.ends_at)
    return Status(201, api_tokens.as_json(made) | {"token": text})


@router.delete("/tokens/{token_id}", response={204: None}, summary="Revoke an API token")
def revoke_token(request: HttpRequest, token_id: str) -> Status[None]:
    """Shuts out at once whoever uses it."""
    who = actor(request)
    token = api_tokens.live(who.workspace).filter(pk=lookup.number(token_id)).first()
    if token is None:
        raise Http404
    who.require(Role.EDITOR)
    revoke(token)
    return Status(204, None)
