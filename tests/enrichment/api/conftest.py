"""The API, called with a token of an owner, editor or viewer. Models are imported late: Django is not set up yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.enrichment.api.test_api import Caller
    from workspaces.models import User, Workspace


@pytest.fixture
def call(workspace: Workspace, editor: User) -> Caller:
    return _caller(workspace, editor, "editor")


@pytest.fixture
def owning(workspace: Workspace, owner: User) -> Caller:
    return _caller(workspace, owner, "owner")


@pytest.fixture
def viewing(workspace: Workspace, viewer: User) -> Caller:
    return _caller(workspace, viewer, "viewer")


def _caller(workspace: Workspace, user: User, role: str) -> Caller:
    from tests.enrichment.api.test_api import Caller
    from workspaces.models import Role
    from workspaces.tokens import create_api_token

    return Caller(create_api_token(workspace, "tests", Role(role), user)[1])
