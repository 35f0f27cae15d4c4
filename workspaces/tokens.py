"""Secrets that are shown once and kept as a hash."""

import hashlib
import secrets

from django.db import transaction
from django.utils import timezone

from workspaces import audit
from workspaces.models import ApiToken, User, Workspace


def hash_token(text: str) -> str:
    """Tokens are long and random, so a plain hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_token(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(32)


def create_api_token(workspace: Workspace, name: str, role: str, user: User | None = None) -> tuple[ApiToken, str]:
    """The token's text is not kept: it can be shown now alone."""
    text = new_token("marl_")
    with transaction.atomic():
        token = ApiToken.objects.create(
            workspace=workspace, name=name, role=role, created_by=user, token_hash=hash_token(text), prefix=text[:12]
        )
        audit.note(workspace, "token.created", name, token.pk, role=role)
    return token, text


def revoke(token: ApiToken) -> None:
    """Who uses it is shut out at once."""
    with transaction.atomic():
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.note(token.workspace_id, "token.revoked", token.name, token.pk)
