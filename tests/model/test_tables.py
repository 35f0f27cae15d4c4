"""A table through the API and a simple model of it are the same after any edits.

A few edits at random, always the same ones; `MARL_MODEL_EXAMPLES=500 .venv/bin/pytest tests/model` tries many others.
"""

import os
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Api, Editing
from workspaces.models import Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)

FEW = hypothesis.settings(max_examples=10, stateful_step_count=25, derandomize=True, database=None)
MANY = hypothesis.settings(stateful_step_count=40, print_blob=True)


def test_a_table_holds_what_its_model_holds(
    workspace: Workspace, owner: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0
    monkeypatch.setattr(Editing, "api", Api(create_api_token(workspace, "model", "editor", owner)[1]), raising=False)
    examples = int(os.environ.get("MARL_MODEL_EXAMPLES", "0"))
    chosen = hypothesis.settings(MANY, max_examples=examples) if examples else FEW
    slow = hypothesis.settings(chosen, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Editing, settings=slow)
