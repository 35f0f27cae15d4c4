"""The examples in the OpenAPI document are what operations really take and answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from jsonschema_rs import validator_for

from enrichment.api import api, examples
from enrichment.api.bodies import Body
from tests.enrichment.api import everything

if TYPE_CHECKING:
    from tables.models import Table
    from tests.enrichment.api.test_api import Caller

pytestmark = pytest.mark.django_db

# What there is nothing for in the workspace of this test, by the words of the refusal.
REFUSED = {
    "tables_create_sample": "MARL_SAMPLE_API_URL",
    "tables_restore_table": "doesn't exist",
    "exports_follow_export": "doesn't exist",
    "imports_get_rejected": "doesn't exist",
    "imports_undo": "no longer be undone",
    "imports_stop_undo": "not under way",
    "views_restore_view": "doesn't exist",
    "find_replace_stop": "not under way",
    "duplicates_get_search": "expired",
    "duplicates_stop_search": "expired",
    "columns_restore_column": "already restored",
    "runs_resume_run": "is planning",
    "notices_try_notices": "No webhook",
    "trash_stop": "not under way",
}


def test_every_example_is_taken_and_answered_as_it_says(
    owning: Caller, leads: Table, given: Any, subtests: Any
) -> None:
    document = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    things = everything.made(owning, leads, given())
    for path, method, operation in _operations(document):
        name = operation["operationId"].removeprefix("enrichment_api_")
        with subtests.test(name), transaction.atomic():
            answer = _call(owning, method, everything.address(path, things), operation, things)
            transaction.set_rollback(True)
            if name in REFUSED:
                assert REFUSED[name] in answer.json()["error"]["message"]
                continue
            assert answer.status_code < 300, answer.content
            content = operation["responses"][str(answer.status_code)].get("content", {})
            if "application/json" in content and answer["Content-Type"].startswith("application/json"):
                _check(content["application/json"], document, answer.json())


def test_no_answer_has_the_name_of_a_body() -> None:
    names = {schema["title"] for schema in (item.model_json_schema() for item in _bodies())}
    assert names & examples.things().keys() == set()


def _bodies() -> list[type[Body]]:
    found = [Body]
    for body in found:
        found += body.__subclasses__()
    return found


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Those that take a file out of the way come last: the database is put back, and the file is not."""
    found = [(path, method, told) for path, methods in document["paths"].items() for method, told in methods.items()]
    return sorted(found, key=lambda operation: operation[1] == "delete")


def _call(call: Caller, method: str, address: str, operation: dict[str, Any], things: dict[str, str]) -> Any:
    content = next(iter(operation.get("requestBody", {}).get("content", {})), None)
    if content == "multipart/form-data":
        return call.client.post(address, {"file": everything.csv_file(), "name": "Leads"})
    if content is None:
        return getattr(call.client, method)(address)
    body = everything.body(examples.of(operation["operationId"])["body"], things)
    return getattr(call.client, method)(address, data=json.dumps(body), content_type="application/json")


def _check(content: dict[str, Any], document: dict[str, Any], answer: Any) -> None:
    schema = validator_for({**content["schema"], "components": document["components"]})
    for value in (answer, content["example"]):
        assert [error.message for error in schema.iter_errors(value)] == []
