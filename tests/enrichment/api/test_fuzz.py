"""The API under a fuzzer: no 500, and no status, content type or answer that the OpenAPI document doesn't tell.

`python -m benchmarks.fuzz` looks for longer, at a server, and at operations one after another.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, seed
from hypothesis import given as examples_of
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from enrichment.api import api, examples
from tests.enrichment.api import everything
from tests.enrichment.api.test_odd_values import ODD

if TYPE_CHECKING:
    from tables.models import Table
    from tests.enrichment.api.test_api import Caller

pytestmark = pytest.mark.django_db

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SENDING = ("/test", "/sources/{source_id}/preview")  # ends of addresses that make Marl send a request to wherever
EXAMPLES = int(os.environ.get("MARL_FUZZ_EXAMPLES", "6"))  # of each operation
DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(), default=str))
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if not path.endswith(SENDING)
]
TAGS = sorted({tag for _, _, operation in OPERATIONS for tag in operation["tags"]})


@pytest.fixture(scope="module")
def schema() -> Any:
    loaded = schemathesis.openapi.from_dict(DOCUMENT)
    loaded.app = get_wsgi_application()
    return loaded


@pytest.mark.parametrize("tag", TAGS)
def test_whatever_is_sent_is_answered_as_the_document_says(
    tag: str, schema: Any, owning: Caller, leads: Table, given: Any, subtests: Any, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0
    things = everything.made(owning, leads, given())
    headers = {"Authorization": f"Bearer {owning.token}"}
    for path, method, told in OPERATIONS:
        if tag in told["tags"]:
            with subtests.test(told["operationId"]), _staying_connected():
                _fuzz(_cases(schema[path][method], told, things), headers)


def _fuzz(cases: st.SearchStrategy[Any], headers: dict[str, str]) -> None:
    """What an example has changed is put back before the next one."""

    @seed(17)
    @hypothesis.settings(
        max_examples=EXAMPLES, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @examples_of(cases)
    def check(case: Any) -> None:
        with transaction.atomic():
            case.headers.pop("Authorization", None)
            case.validate_response(case.call(headers=headers), checks=CHECKS)
            transaction.set_rollback(True)

    check()


def _cases(operation: Any, told: dict[str, Any], things: dict[str, str]) -> st.SearchStrategy[Any]:
    """Mostly about things that there are: what nobody finds says little."""
    names = [item["name"] for item in told["parameters"] if item["in"] == "path"]
    known = {name: things[name] for name in names}
    if "/hooks/" in operation.path:
        known["secret"] = things["hook_secret"]
    found = [operation.as_strategy(mode, path_parameters=known) for mode in _modes(told)]
    if bodies := _spoilt_bodies(told, things):
        found.append(st.sampled_from(bodies).map(lambda body: _sent(operation, known, body)))
    return st.one_of(*found, operation.as_strategy())


def _sent(operation: Any, known: dict[str, str], body: Any) -> Any:
    return operation.Case(path_parameters=known, body=body, media_type="application/json")


def _modes(told: dict[str, Any]) -> list[GenerationMode]:
    """Where nothing but ids is sent, nothing else can be wrong."""
    takes = "requestBody" in told or any(item["in"] == "query" for item in told["parameters"])
    return [GenerationMode.POSITIVE, GenerationMode.NEGATIVE] if takes else [GenerationMode.POSITIVE]


def _spoilt_bodies(told: dict[str, Any], things: dict[str, str]) -> list[Any]:
    if "application/json" not in told.get("requestBody", {}).get("content", {}):
        return []
    return list(_spoilt(everything.body(examples.of(told["operationId"])["body"], things)))


def _spoilt(value: Any) -> Iterator[Any]:
    """A value as it is, and with each of its parts replaced by each odd one."""
    yield value
    yield from ODD
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        for spoilt in _spoilt(part):
            copy = value.copy()
            copy[key] = spoilt
            yield copy


@contextmanager
def _staying_connected() -> Iterator[None]:
    """The end of a request would close the connection that the test has a transaction on."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (signals.request_started, signals.request_finished):
            signal.connect(close_old_connections)
