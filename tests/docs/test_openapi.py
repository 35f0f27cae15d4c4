"""The reference of the REST API, as its documentation page shows it."""

import re
from typing import Any

import pytest

from enrichment.api import api

SENTENCE_CASE = re.compile(r"[A-Z][a-z]+( (API|OpenAPI|[a-z'-]+))*")


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method} {path}": operation
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_says_what_it_does(operations: dict[str, dict[str, Any]]) -> None:
    summaries = [operation["summary"] for operation in operations.values()]
    assert len(operations) > 50
    assert [name for name, operation in operations.items() if not operation.get("description")] == []
    assert [summary for summary in summaries if not SENTENCE_CASE.fullmatch(summary)] == []
    assert len(set(summaries)) == len(summaries)


def test_every_operation_shows_a_body_and_an_answer(operations: dict[str, dict[str, Any]]) -> None:
    without = [
        (name, status)
        for name, operation in operations.items()
        for status, told in {"body": operation.get("requestBody"), **operation["responses"]}.items()
        if told and "$ref" not in told and status != 204 and not _has_example(told)
    ]
    assert without == []


def _has_example(told: dict[str, Any]) -> bool:
    contents = told.get("content", {}).values()
    return bool(contents) and all("example" in content for content in contents)


def test_every_operation_tells_its_errors(operations: dict[str, dict[str, Any]]) -> None:
    told = api.get_openapi_schema()["components"]["responses"]
    for name, operation in operations.items():
        errors = {status: answer for status, answer in operation["responses"].items() if status >= 400}
        assert {404, 422, 429, 503} <= set(errors), name
        assert 401 in errors or "security" not in operation, name
        for answer in errors.values():
            assert "example" in told[answer["$ref"].rpartition("/")[2]]["content"]["application/json"], name


def test_every_schema_has_an_example() -> None:
    document = api.get_openapi_schema()
    schemas = document["components"]["schemas"]
    used = {name for name in schemas if f"schemas/{name}'" in str(document)}
    assert len(used) > 60
    assert [name for name in used if "examples" not in schemas[name]] == []
