"""The words of a failed response, with the field at fault."""

import json
from typing import Any

import pytest

from enrichment.engine.answer.telling import telling_line
from enrichment.engine.messages import Response


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"detail": [{"loc": ["body", "email"], "msg": "field required", "type": "missing"}]}, "email: field required"),
        ({"title": "Validation failed", "errors": {"Email": ["is not valid"]}, "status": 400}, "Email: is not valid"),
        (
            {"errors": [{"title": "Invalid", "detail": "must exist", "source": {"pointer": "/data/attributes/owner"}}]},
            "owner: must exist",
        ),
        (
            {"error": {"code": "resource_missing", "param": "customer", "message": "No such object"}},
            "customer: No such object",
        ),
        (
            {"error": {"type": "INVALID_VALUE", "message": "Field “Size” cannot accept x"}},
            "Field “Size” cannot accept x",
        ),
        (
            {
                "error": {
                    "code": 400,
                    "message": "Invalid request",
                    "details": [{"fieldViolations": [{"field": "page_size", "description": "must be positive"}]}],
                }
            },
            "page_size: must be positive",
        ),
        ({"errors": [{"message": "Cannot query field", "path": ["user", "nme"]}]}, "user.nme: Cannot query field"),
        ({"error": {"code": "BadRequest", "message": "is required", "target": "Name"}}, "Name: is required"),
        ({"message": "email is taken", "field": "email"}, "email is taken"),
        ({"status": 404, "error": "Not Found", "path": "/api/x", "message": "No such lead"}, "No such lead"),
        ({"error": "invalid_grant", "error_description": "Code expired"}, "Code expired"),
        ({}, "bad request"),
        ("400 Bad Request", "Bad Request"),
        ({"error": "HTTP 400: no name"}, "no name"),
        ({"code": 400}, "bad request"),
        ({"message": "400 items are too many"}, "400 items are too many"),
    ],
)
def test_the_line_names_the_field_at_fault(body: Any, line: str) -> None:
    assert telling_line(Response(400, (), json.dumps(body).encode())) == line
