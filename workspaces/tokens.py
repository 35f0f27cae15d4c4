"""Secrets that are shown once and stored as a hash."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from workspaces import audit
from workspaces.models import ApiToken, Scope, User, Workspace


def hash_token(text: str) -> str:
    """Returns a plain SHA-256, which is enough: tokens are long and random."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_token(prefix: str = "") -> str:
    """Returns 32 random bytes as text that can stand in an address."""
    return prefix + secrets.token_urlsafe(32)


def create_api_token(
    workspace: Workspace,
    name: str,
    role: str,
    user: User | None = None,
    *,
    scopes: Iterable[str] = tuple(Scope),
    ends_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Returns the token and its text, which is not stored and cannot be shown again."""
    text, chosen = new_token("marl_"), [scope.value for scope in Scope if scope in scopes]
    with transaction.atomic():
        token = ApiToken.objects.create(
            workspace=workspace,
            name=name,
            role=role,
            scopes=chosen,
            ends_at=ends_at,
            created_by=user,
            token_hash=hash_token(text),
            prefix=text[:12],
        )
        end = ends_at.date().isoformat() if ends_at else None
        audit.note(workspace, "token.created", name, token.pk, role=role, scopes=chosen, ends=end)
    return token, text


def revoke(token: ApiToken) -> None:
    """Shuts out at once whoever uses it."""
    with transaction.atomic():
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.note(token.workspace_id, "token.revoked", token.name, token.pk)
