"""Links at which anyone reads a saved view, without an account."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from enrichment import lookup
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from tables import view_links
from tables.models import ViewLink
from workspaces.models import Role

router = Router(tags=["Views"])


class NewLink(Body):
    days: int = Field(30, ge=1, le=view_links.MOST_DAYS)


@router.get("/views/{view_id}/links", summary="List links to a saved view")
def list_links(request: HttpRequest, view_id: str) -> dict[str, Any]:
    """Returns the links that have not ended, the newest first, without their addresses."""
    view = lookup.saved_view(actor(request), view_id, Role.EDITOR)
    items = [_described(link) for link in view_links.live(view)]
    return {"items": items, "total": len(items)}


@router.post("/views/{view_id}/links", response={201: dict}, summary="Share a saved view by a link")
def create_link(request: HttpRequest, view_id: str, body: NewLink) -> Status[dict[str, Any]]:
    """Makes an address at which anyone reads the rows of the view, for so many days. `url` is not shown again.

    They see the columns that the view shows, with their values, as they are at that time: no settings, no requests.
    """
    view = lookup.saved_view(actor(request), view_id, Role.EDITOR)
    link, url = view_links.create(view, body.days)
    return Status(201, _described(link) | {"url": url})


@router.delete("/links/{link_id}", response={204: None}, summary="End a link to a saved view")
def end_link(request: HttpRequest, link_id: str) -> Status[None]:
    """Whoever has the address reads nothing more."""
    view_links.end(lookup.view_link(actor(request), link_id, Role.EDITOR))
    return Status(204, None)


def _described(link: ViewLink) -> dict[str, Any]:
    return {
        "id": link.pk,
        "view_id": link.view_id,
        "created_by": link.created_by,
        "created_at": link.created_at,
        "expires_at": link.expires_at,
    }
