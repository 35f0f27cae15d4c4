"""Every address under /api/ answers as JSON in the shape of all errors, whoever refuses the request."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.enrichment.api.test_api import Caller
from workspaces.models import User

pytestmark = pytest.mark.django_db

JSON = "application/json"


def told(answer: Any) -> tuple[int, str, str]:
    assert answer["Content-Type"] == JSON, answer.content
    assert int(answer.get("Content-Length", len(answer.content))) == len(answer.content)
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "details"}
    return answer.status_code, error["code"], error["message"]


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/", "/api/v2/tables", "/api/v1/nothing", "/api/v1/tables/", "/api/v1/%00"])
def test_an_unknown_address(method: str, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert told(getattr(client, method)(path)) == (404, "not_found", "There is nothing at this address.")


def test_a_method_that_an_address_does_not_take(call: Caller) -> None:
    answer = call.client.put("/api/v1/tables")
    assert told(answer) == (405, "method_not_allowed", "PUT isn't allowed here. Use GET, POST.")
    assert answer["Allow"] == "GET, POST"
    assert told(Client(enforce_csrf_checks=True).post("/api/v1/tables/1/events"))[0] == 405


def test_a_host_that_is_not_ours(call: Caller) -> None:
    status, code, words = told(call.client.get("/api/v1/me", headers={"host": "elsewhere.example"}))
    assert (status, code) == (400, "malformed")
    assert "Host" in words


def test_a_page_without_its_csrf_token(editor: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    assert told(client.post("/api/v1/tables", "{}", content_type=JSON))[:2] == (403, "forbidden")


def test_nobody_without_a_session_is_told_of_csrf() -> None:
    client = Client(enforce_csrf_checks=True)
    assert told(client.post("/api/v1/tables", "{}", content_type=JSON))[:2] == (401, "unauthorized")
    wrong = Client(headers={"authorization": "Bearer marl_wrong"}, enforce_csrf_checks=True)
    assert told(wrong.post("/api/v1/tables", "{}", content_type=JSON))[:2] == (401, "unauthorized")


def test_a_wrong_token_does_not_act_as_the_person_who_is_signed_in(editor: User) -> None:
    client = Client(headers={"authorization": "Bearer marl_wrong"})
    client.force_login(editor)
    assert told(client.get("/api/v1/me"))[0] == 401


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "Expecting property name enclosed in double quotes in line 1, column 2"),
        ('{"name":\n"x",}', "in line 2, column"),
        (b'{"name": "\xff"}', "byte 11 can't be read"),
        (r'{"name": "\ud800"}', "half of a surrogate pair"),
        ('{"name": NaN}', "NaN"),
        ('{"name": 1e999}', "too large"),
        ('{"name": ' + "1" * 5_000 + "}", "too large"),
        ("[" * 200_000, "nested too deeply"),
    ],
)
def test_a_body_that_is_no_json_says_where(body: str | bytes, words: str, call: Caller) -> None:
    status, code, message = told(call.client.post("/api/v1/tables", body, content_type=JSON))
    assert (status, code) == (400, "malformed")
    assert words in message


def test_both_halves_of_a_surrogate_pair_are_a_character(call: Caller) -> None:
    answer = call.client.post("/api/v1/tables", r'{"name": "\ud83d\ude00"}', content_type=JSON)
    assert answer.json()["name"] == "😀"


def test_a_body_that_is_too_large(call: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert told(call.client.post("/api/v1/tables", f'{{"name": "{"x" * 200}"}}', content_type=JSON))[0] == 413


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=é"]
)
def test_a_malformed_upload(kind: str, call: Caller) -> None:
    assert told(call.client.post("/api/v1/imports", b"--x\r\nfile", content_type=kind))[0] in (400, 422)


def test_too_many_fields_in_an_upload(call: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
    fields = {"name": "Leads", "has_header": "1", "file": SimpleUploadedFile("a.csv", b"a\n1\n")}
    assert told(call.client.post("/api/v1/imports", fields))[0] == 400


def test_an_error_of_a_middleware(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    from workspaces import audit

    def fail() -> None:
        raise OSError

    monkeypatch.setattr(audit, "clear_actor", fail)
    call.client.raise_request_exception = False
    assert told(call.client.get("/api/v1/me"))[:2] == (500, "internal")
