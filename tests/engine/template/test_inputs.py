"""Which columns a request takes its values from."""

from typing import Any

import pytest

from enrichment.engine.template import inputs

NAMES = {1: "Company", 2: "Domain", 3: "City"}


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("https://api.example/{{Domain}}/x/{{Company.id}}?city={{City}}", [2, 1]),
        ("https://{{City}}.api.example/{{City}}#{{Domain}}", [3]),
        ("{{Domain}}/about", [2]),
        ("https://api.example/?q={{Domain}}", []),
        ("https://api.example/{{Nobody}}", []),
        ("https://api.example/{{@2}}", [2]),
        ("", []),
    ],
)
def test_an_address_needs_what_stands_before_its_query(url: str, ids: list[int]) -> None:
    assert inputs.address_ids({"url": url}, NAMES) == ids


@pytest.mark.parametrize(
    ("config", "ids"),
    [
        ({"url": "https://a.example/{{Domain}}", "query": [{"name": "a", "value": "{{City}}"}]}, {2, 3}),
        ({"headers": [{"name": "a", "value": "{{City}}"}], "body": '{"a": "{{Company.x}}", broken'}, {1, 3}),
        ({"body_format": "form", "form": [{"name": "a", "value": "{{City}}"}], "body": "{{Company}}"}, {3}),
        ({"body_format": "none", "body": "{{Company}}", "form": [{"name": "a", "value": "{{City}}"}]}, set()),
    ],
)
def test_a_request_takes_what_it_sends(config: dict[str, Any], ids: set[int]) -> None:
    assert inputs.column_ids(config, NAMES) == ids
