"""Comments on rows, and where they name whoever asks."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from tables import access, comments, mentions
from workspaces import members

router = Router(tags=["Comments"])


class CommentText(Body):
    """Plain text. An @ before the name or e-mail address of a member tells them of it."""

    text: str


class MentionIds(Body):
    """Without `ids`, all of them."""

    ids: list[int | str] | None = None


@router.get("/tables/{table_id}/rows/{row_id}/comments", summary="List the comments on a row")
def list_comments(
    request: HttpRequest, table_id: str, row_id: str, offset: int = 0, limit: int = 100
) -> dict[str, Any]:
    """Returns what was said about the row, the oldest first. `who` is the author as they were called then."""
    who = actor(request)
    found = comments.of_row(lookup.row(who, table_id, row_id))
    return described.listed(found, offset, limit, lambda comment: comments.as_json(who, comment))


@router.post("/tables/{table_id}/rows/{row_id}/comments", response={201: dict}, summary="Comment on a row")
def create_comment(request: HttpRequest, table_id: str, row_id: str, body: CommentText) -> Status[dict[str, Any]]:
    """Adds a comment. Members whom it names with an @ find it under their mentions, and get an e-mail.

    Whoever sees the table may comment, viewers too; a token needs the scope `rows`.
    """
    who = actor(request)
    comment = comments.create(who, lookup.row(who, table_id, row_id), body.text)
    return Status(201, comments.as_json(who, comment))


@router.patch("/comments/{comment_id}", summary="Change a comment")
def change_comment(request: HttpRequest, comment_id: str, body: CommentText) -> dict[str, Any]:
    """Changes the text of your own comment. Only who was not named in it before is told."""
    who = actor(request)
    comment = lookup.comment(who, comment_id)
    comments.change(who, comment, body.text)
    return comments.as_json(who, comment)


@router.delete("/comments/{comment_id}", response={204: None}, summary="Delete a comment")
def delete_comment(request: HttpRequest, comment_id: str) -> Status[None]:
    """Deletes your own comment; owners delete those of others too. It can be restored for a day."""
    who = actor(request)
    comments.delete(who, lookup.comment(who, comment_id))
    return Status(204, None)


@router.post("/comments/{comment_id}/restore", summary="Restore a comment")
def restore_comment(request: HttpRequest, comment_id: str) -> dict[str, Any]:
    """Brings back what you have deleted within the last day, with its mentions."""
    who = actor(request)
    comment = lookup.comment(who, comment_id, deleted=True)
    comments.restore(who, comment)
    return comments.as_json(who, comment)


@router.get("/mentions", summary="List where you are mentioned")
def list_mentions(request: HttpRequest, unread: bool = False, offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Returns the comments that name you, or whoever made the token, the newest first. `unread` leaves out read ones.

    Those on rows in the trash come back with their rows.
    """
    found = mentions.of_user(actor(request))
    return described.listed(found.filter(read_at=None) if unread else found, offset, limit, mentions.as_json)


@router.post("/mentions/read", summary="Mark mentions as read")
def read_mentions(request: HttpRequest, body: MentionIds) -> dict[str, int]:
    """Marks these, or all, as read. `read` is how many of them had not been."""
    found = mentions.of_user(actor(request))
    if body.ids is not None:
        found = found.filter(pk__in=[lookup.number(pk) for pk in body.ids])
    return {"read": mentions.read(found)}


@router.get("/members", summary="List the members of the workspace")
def list_members(request: HttpRequest, table_id: str = "", offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Returns who is in the workspace, by name; with `table_id`, of them those who see this table.

    `mention` is what stands after the @ in a comment that names them.
    """
    who = actor(request)
    found = access.people(lookup.table(who, table_id)) if table_id else members.listed(who.workspace)
    shared = members.shared_names(who.workspace)
    return described.listed(found, offset, limit, lambda one: members.as_json(one, shared))
