"""The reference of the REST API, as its documentation page shows it."""

import re

from enrichment.api import api

SENTENCE_CASE = re.compile(r"[A-Z][a-z]+( (API|OpenAPI|[a-z'-]+))*")


def test_every_operation_says_what_it_does() -> None:
    operations = {
        f"{method} {path}": operation
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, operation in methods.items()
    }
    summaries = [operation["summary"] for operation in operations.values()]
    assert len(operations) > 50
    assert [name for name, operation in operations.items() if not operation.get("description")] == []
    assert [summary for summary in summaries if not SENTENCE_CASE.fullmatch(summary)] == []
    assert len(set(summaries)) == len(summaries)
