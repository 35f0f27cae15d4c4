"""The audit log: who changed, ran or exported what. The functions that do it note it in their transaction."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from workspaces.models import AuditEntry, User, Workspace

STORED_FOR = timedelta(days=365)
WORDS = {
    "connection.created": "created the connection",
    "connection.changed": "changed the connection",
    "connection.deleted": "deleted the connection",
    "connection.connected": "connected the connection",
    "connection.disconnected": "disconnected the connection",
    "connection.lost": "can no longer sign in with the connection",
    "connection.host_allowed": "allowed a host for the connection",
    "column.created": "created the column",
    "column.changed": "changed the column",
    "column.scheduled": "changed the schedule of the column",
    "column.deleted": "deleted the column",
    "column.restored": "restored the column",
    "column.purged": "deleted for good the column",
    "table.created": "created the table",
    "table.deleted": "deleted the table",
    "table.restored": "restored the table",
    "table.purged": "deleted for good the table",
    "table.rows_deleted": "deleted rows of",
    "table.rows_restored": "restored rows of",
    "table.rows_stopped": "stopped merging or restoring rows of",
    "table.rows_purged": "deleted for good rows of",
    "table.replaced": "found and replaced in",
    "table.cleared": "emptied columns of",
    "table.copied": "duplicated the table",
    "comment.deleted": "deleted a comment on a row of",
    "comment.restored": "restored a comment on a row of",
    "list.expanded": "made rows of the list",
    "list.stopped": "stopped making rows of the list",
    "table.imported": "uploaded",
    "table.exported": "exported the table",
    "table.shared": "changed who sees the table",
    "table.hook_created": "created the webhook of",
    "table.hook_renewed": "renewed the webhook of",
    "table.notices_changed": "changed the notices of",
    "table.retention_changed": "changed how long attempts are kept in",
    "table.hook_enabled": "turned on the webhook of",
    "table.hook_disabled": "turned off the webhook of",
    "source.created": "created the source",
    "source.changed": "changed the source",
    "source.deleted": "deleted the source",
    "source.run": "fetched the source",
    "view.created": "saved the view",
    "view.changed": "changed the view",
    "view.deleted": "deleted the view",
    "view.restored": "restored the view",
    "view.shared": "made a link for anyone to the view",
    "view.unshared": "ended a link for anyone to the view",
    "view.purged": "deleted for good the view",
    "run.started": "ran the column",
    "run.stopped": "stopped the run of",
    "member.invited": "invited",
    "member.joined": "joined as",
    "member.changed": "changed the role of",
    "member.removed": "removed",
    "member.second_factor_required": "made a second factor everyone's duty",
    "member.second_factor_optional": "left a second factor to everyone's choice",
    "token.created": "created the API token",
    "token.revoked": "revoked the API token",
    "workspace.restored": "restored from a backup the workspace",
}

ROWS = {
    "missing": "those with no result",
    "failed": "those that failed",
    "stale": "those out of date",
}


@dataclass(frozen=True, slots=True)
class Acting:
    user: User | None
    who: str


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def set_actor(user: User | None, token_name: str = "") -> None:
    """Says whose is everything that is noted until the next call; a token is named beside its user."""
    name = str(user) if user else ""
    via = f"API token “{token_name}”" if token_name else ""
    _acting.set(Acting(user, ", ".join(part for part in (name, via) if part)))


def set_program(name: str) -> None:
    """Says that what is noted until the next call is what a program outside did."""
    _acting.set(Acting(None, name))


def clear_actor() -> None:
    """Says that what is noted from now on is Marl's own doing."""
    _acting.set(None)


def acting() -> str:
    """Returns who acts, as entries name them."""
    actor = _acting.get()
    return actor.who[:260] if actor else "Marl"


def note(workspace: Workspace | int, action: str, name: str, object_id: int | None = None, **detail: Any) -> None:
    """Notes an action; `detail` is JSON that may be shown: names of settings and secrets, not what they hold."""
    actor = _acting.get()
    AuditEntry.objects.create(
        workspace_id=workspace if isinstance(workspace, int) else workspace.pk,
        user=actor.user if actor else None,
        who=acting(),
        action=action,
        object_id=object_id,
        name=name[:260],
        detail={key: value for key, value in detail.items() if value},
    )


def entries(workspace: Workspace, kind: str = "") -> QuerySet[AuditEntry]:
    """Returns the newest first; `kind` is the part of an action before the dot, like “column”."""
    entries = AuditEntry.objects.filter(workspace=workspace)
    return entries.filter(action__startswith=f"{kind}.") if kind else entries


def in_words(entry: AuditEntry) -> tuple[str, str]:
    """Returns what was done, and its details."""
    parts = [f"{_plain(key)}: {_plain(value)}" for key, value in entry.detail.items()]
    return WORDS.get(entry.action, entry.action), " · ".join(parts)


def _plain(value: Any) -> str:
    """Returns names of settings and of rows as the pages call them: “keep existing”, “rows with no result”."""
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    return ROWS.get(value, value.replace("_", " ")) if isinstance(value, str) else str(value)


def as_json(entry: AuditEntry) -> dict[str, Any]:
    """Returns the entry of the API."""
    return {
        "id": entry.pk,
        "at": entry.at,
        "who": entry.who,
        "user_id": entry.user_id,
        "action": entry.action,
        "object_id": entry.object_id,
        "name": entry.name,
        "detail": entry.detail,
    }


def prune() -> None:
    """Deletes what is older than a year."""
    AuditEntry.objects.filter(at__lt=timezone.now() - STORED_FOR).delete()
