"""Names that an operation does not know are refused by name, in whichever operation and part of a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from enrichment.api import api, examples
from tests.enrichment.api import everything

if TYPE_CHECKING:
    from tables.models import Table
    from tests.enrichment.api.test_api import Caller

pytestmark = pytest.mark.django_db

DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(), default=str))
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if "security" in operation  # who needs no token is a program with names of its own
]


def schemas(schema: dict[str, Any], seen: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yields the schemas of objects that a body has or holds, each with all of its fields."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name in seen:
            return
        schema, seen = DOCUMENT["components"]["schemas"][name], (*seen, name)
    if "properties" in schema:
        yield schema
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("allOf", [])]
    for inner in [*parts, *([schema["items"]] if "items" in schema else [])]:
        yield from schemas(inner, seen)


def refused_name(answer: Any) -> str:
    assert answer.status_code == 422, answer.content
    problem = answer.json()["error"]["details"][0]
    assert f"“{problem['field'].rpartition('.')[2]}” here" in problem["message"]
    return str(problem["field"])


def test_every_operation_refuses_names_that_it_does_not_know(
    owning: Caller, leads: Table, given: Any, subtests: Any
) -> None:
    things = everything.made(owning, leads, given())
    for path, method, operation in OPERATIONS:
        content = next(iter(operation.get("requestBody", {}).get("content", {})), None)
        address = everything.address(path, things)
        with subtests.test(operation["operationId"]), transaction.atomic():
            send = getattr(owning.client, method)
            more = "&" if "?" in address else "?"
            if content == "multipart/form-data":
                assert refused_name(send(address, {"file": everything.csv_file(), "has_headr": "1"})) == "has_headr"
                assert refused_name(send(f"{address}{more}limt=1", {"file": everything.csv_file()})) == "limt"
            else:
                example = examples.of(operation["operationId"]).get("body") if content else {}
                body = everything.body(example, things)
                sent = {"data": json.dumps(body), "content_type": "application/json"} if content else {}
                assert refused_name(send(f"{address}{more}limt=1", **sent)) == "limt"
                if method != "get" and isinstance(body, dict):
                    text = json.dumps(body | {"onmatch": "update"})
                    assert refused_name(send(address, data=text, content_type="application/json")) == "onmatch"
            transaction.set_rollback(True)


def test_no_body_has_a_part_that_takes_any_field() -> None:
    contents = [operation.get("requestBody", {}).get("content", {}) for _, _, operation in OPERATIONS]
    bodies = [content["application/json"]["schema"] for content in contents if "application/json" in content]
    found = {schema["title"]: schema for body in bodies for schema in schemas(body)}
    assert {"RowChange", "NewSource", "Goes"} <= found.keys()
    assert [title for title, schema in found.items() if schema.get("additionalProperties") is not False] == []


def test_a_slip_is_answered_with_what_it_was_meant_for(call: Caller, leads: Table) -> None:
    status, answer = call("GET", f"/tables/{leads.pk}/rows?limt=1&filtr=[]&xyz=")
    assert status == 422
    assert [detail["message"] for detail in answer["error"]["details"]] == [
        "There is no parameter “limt” here. Did you mean “limit”?",
        "There is no parameter “filtr” here. Did you mean “filter”?",
        "There is no parameter “xyz” here.",
    ]
    assert call("GET", f"/tables/{leads.pk}/events?last_event=1")[0] == 422


def test_a_parameter_that_is_there_twice_is_refused(call: Caller, leads: Table) -> None:
    status, answer = call("GET", f"/tables/{leads.pk}/rows?limit=1&offset=0&limit=2")
    assert (status, answer["error"]["details"][0]["field"]) == (422, "limit")
    assert answer["error"]["message"] == "“limit” is there more than once. Send it once."


def test_who_has_no_token_is_told_that_first(leads: Table) -> None:
    from django.test import Client

    assert Client().get(f"/api/v1/tables/{leads.pk}/rows?limt=1").status_code == 401


def test_callbacks_and_webhooks_take_what_programs_add(call: Caller, leads: Table) -> None:
    secret = call("POST", f"/tables/{leads.pk}/hook")[1]["secret"]
    status, answer = call("POST", f"/hooks/{secret}?utm_source=crm", {"Company": "Zeta"})
    assert (status, len(answer["ids"])) == (202, 1)
    assert call("GET", "/callbacks/unknown?state=1")[0] == 404


@pytest.mark.parametrize("path", ["/tables", "/tables/{}/rows", "/columns/{}/failures", "/tables/{}/duplicates"])
def test_a_window_is_refused_that_is_larger_than_what_is_answered(path: str, call: Caller, leads: Table) -> None:
    most = 100 if path.endswith("duplicates") else 500
    thing = leads.columns.all()[0].pk if "columns" in path else leads.pk
    address = path.format(thing) + ("?columns=Company&" if most == 100 else "?")
    assert call("GET", f"{address}limit={most}")[0] == 200
    status, answer = call("GET", f"{address}limit={most + 1}")
    assert status == 422
    assert answer["error"]["details"][0] == answer["error"]["details"][0] | {
        "field": "limit",
        "message": f"limit can be up to {most}. Ask for what follows with offset.",
    }
