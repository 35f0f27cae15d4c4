"""The words of a failed response, with the field at fault."""

import json
from typing import Any

import pytest

from enrichment.engine.answer.telling import error_of, telling_line
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


SOAP = """<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<soap:Fault><faultcode>soap:Client</faultcode><faultstring>Customer 7 is unknown</faultstring></soap:Fault>
</soap:Body></soap:Envelope>"""
SOAP_12 = """<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body><env:Fault>
<env:Code><env:Value>env:Sender</env:Value></env:Code>
<env:Reason><env:Text xml:lang="en">Processing error</env:Text></env:Reason></env:Fault></env:Body></env:Envelope>"""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            {"type": "https://e.example/credit", "title": "Not enough credit", "detail": "It costs 50.", "status": 400},
            "It costs 50.",
        ),  # RFC 9457
        (
            {"title": "Not valid", "invalid-params": [{"name": "age", "reason": "must be positive"}]},
            "age: must be positive",
        ),
        (
            {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}},
            "API key not valid.",
        ),  # Google
        (
            [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
            "Session expired or invalid",
        ),  # Salesforce
        (
            {"errors": [{"message": "Not logged in", "extensions": {"code": "UNAUTHENTICATED"}}], "data": None},
            "Not logged in",
        ),  # GraphQL
        (
            {"status": "error", "message": "Property “x” does not exist", "correlationId": "a-b", "category": "V"},
            "Property “x” does not exist",
        ),  # HubSpot
        (
            {"error": {"type": "card_error", "code": "declined", "message": "Your card was declined."}},
            "Your card was declined.",
        ),  # Stripe
        ({"error": "NOT_FOUND"}, "NOT_FOUND"),  # Airtable
        (
            {"object": "error", "status": 400, "code": "validation_error", "message": "body failed validation"},
            "body failed validation",
        ),  # Notion
        ({"__type": "com.amazon.coral#AccessDeniedException", "Message": "No access to it"}, "No access to it"),
        ({"error": {"code": "", "message": {"lang": "en-US", "value": "Resource not found"}}}, "Resource not found"),
        (
            {"message": "Validation Failed", "errors": [{"resource": "Issue", "code": "missing", "field": "title"}]},
            "title: missing",
        ),  # GitHub
        ({"errorMessages": ["Issue does not exist"], "errors": {}}, "Issue does not exist"),  # Jira
        ({"error": "RecordInvalid", "description": "Record validation errors"}, "Record validation errors"),  # Zendesk
        ({"error_message": "The key is invalid", "results": [], "status": "DENIED"}, "The key is invalid"),  # Maps
        ({"fault": {"faultstring": "Spike arrest", "detail": {"errorcode": "policies.SpikeArrest"}}}, "Spike arrest"),
        ({"code": 20404, "message": "It was not found", "more_info": "https://t.example"}, "It was not found"),
        (SOAP, "Customer 7 is unknown"),
        (SOAP_12, "Processing error"),
        ("<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>", "The key does not exist."),
        ("<html><head><title>400 Bad Request</title></head><body>nginx</body></html>", "Bad Request"),
        ("Invalid API key.\nSee the documentation", "Invalid API key."),
        ("<p>Please wait</p>", "Please wait"),
        ("null", "bad request"),
    ],
)
def test_the_line_is_what_each_api_says(body: Any, line: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    assert telling_line(Response(400, (), text.encode())) == line


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": "INVALID_REQUEST", "error_message": "Not ready"}, "Not ready"),
        ({"status": "INVALID_REQUEST"}, "INVALID_REQUEST"),
        ({"Error": {"message": "No such list"}}, "No such list"),
        ({"errorMessage": "Denied", "data": []}, "Denied"),
        ({"status": "ok", "errors": [], "error": None}, ""),
        ([], ""),
        ({"status": "error", "message": "Quota used up"}, "Quota used up"),
        ({"status": "REQUEST_DENIED", "results": []}, "REQUEST_DENIED"),
        ({"ok": False, "error": "channel_not_found"}, "channel_not_found"),  # Slack
        (
            {"success": False, "errors": [{"code": 9109, "message": "Invalid access token"}], "result": None},
            "Invalid access token",
        ),  # Cloudflare
        ({"error": True, "message": "No such list"}, "No such list"),
        ({"success": False}, "“success” is false"),
        ({"errcode": 40001, "errmsg": "invalid credential"}, "invalid credential"),
        ({"errcode": 0, "errmsg": "ok", "data": []}, ""),
        ({"error": {"code": 190, "message": "Token has expired", "type": "OAuthException"}}, "Token has expired"),
        ({"errors": [{"message": "Cannot query field", "path": ["user"]}]}, "user: Cannot query field"),
        ({"success": True, "message": "All is well", "data": []}, ""),
        ({"title": "Errors and how to avoid them", "description": "A book"}, ""),
    ],
)
def test_an_answer_may_say_what_went_wrong_in_spite_of_its_status(answer: object, words: str) -> None:
    assert error_of(answer) == words
