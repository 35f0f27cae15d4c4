"""Assistants with tokens of different roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.enrichment.mcp.assistants import Assistant
from tests.servers.web import serving

if TYPE_CHECKING:
    from workspaces.models import Workspace


@pytest.fixture
def url(transactional_db: None) -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.fixture
def assistant(url: str, workspace: Workspace) -> Callable[..., Assistant]:
    """Makes one with a token of this role, in the workspace of the tests or in another one."""
    from workspaces.tokens import create_api_token

    def make(role: str = "editor", of: Workspace = workspace, **bounds: Any) -> Assistant:
        return Assistant(url, create_api_token(of, "Claude", role, **bounds)[1])

    return make
