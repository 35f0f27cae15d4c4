"""Every example of the guide on connections can be saved as it stands."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from enrichment.connections.settings import renewal_of
from enrichment.engine.auth import kinds

GUIDE = (Path(__file__).parents[2] / "docs/guide/connections.md").read_text()
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)]


def test_there_is_an_example_of_most_kinds() -> None:
    assert {example["kind"] for example in EXAMPLES} >= {"jwt", "api_key", "oauth2_client_credentials", "signed_jwt"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_saved(example: dict[str, Any]) -> None:
    kind, config = example["kind"], example["config"]
    defaults = kinds.defaults(kind)
    assert set(config) <= set(defaults)
    kinds.compile(kind, defaults | config)
    renewal_of(defaults | config)
    assert set(example.get("secrets", kinds.KINDS[kind].secrets)) == set(kinds.KINDS[kind].secrets)


def test_every_test_that_the_security_page_names_is_there() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs/security.md").read_text()
    named = re.findall(r"`(tests/[\w/.]+)`", page)
    assert len(named) > 10
    assert [path for path in named if not (root / path).exists()] == []
