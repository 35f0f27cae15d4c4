"""Secrets that are shown once and kept as a hash."""

import hashlib
import secrets

from workspaces.models import ApiToken, User, Workspace


def hash_token(text: str) -> str:
    """Tokens are long and random, so a plain hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_token(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(32)


def create_api_token(workspace: Workspace, name: str, role: str, user: User | None = None) -> tuple[ApiToken, str]:
    """The token's text is not kept: it can be shown now alone."""
    text = new_token("marl_")
    token = ApiToken.objects.create(
        workspace=workspace, name=name, role=role, created_by=user, token_hash=hash_token(text), prefix=text[:12]
    )
    return token, text
