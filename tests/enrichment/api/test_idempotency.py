"""A POST that is sent again with the same Idempotency-Key does its work once."""

import json
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from enrichment.models import KeyedAnswer
from tables import upserts
from tables.models import Import, Row, Table
from tests.enrichment.api.test_api import Caller
from workspaces import unwritable
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = {"rows": [{"Company": "Northwind"}]}


def post(call: Caller, path: str, body: Any, key: str) -> Any:
    data = json.dumps(body)
    headers = {"idempotency-key": key}
    return call.client.post(f"/api/v1{path}", data=data, content_type="application/json", headers=headers)


@pytest.fixture
def path(leads: Table) -> str:
    return f"/tables/{leads.pk}/rows"


def test_the_same_key_and_body_is_answered_the_same_and_done_once(call: Caller, path: str) -> None:
    first, again = (post(call, path, ROWS, "a1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert Row.objects.count() == 4
    assert post(call, path, ROWS, '"a1"').json() == first.json()
    assert post(call, path, ROWS, "a2").json() != first.json()


def test_the_same_key_with_another_body_or_address_is_refused(call: Caller, path: str) -> None:
    post(call, path, ROWS, "a1")
    for other in (post(call, path, {"rows": [{"Company": "Acme"}]}, "a1"), post(call, "/tables", {"name": "x"}, "a1")):
        assert other.status_code == 422
        assert other.json()["error"]["code"] == "idempotency_key_reused"
    assert Row.objects.count() == 4


@pytest.mark.skipif(connection.vendor != "sqlite", reason="others wait for rows, not for the whole database")
def test_a_database_that_is_busy_for_long_says_so_and_the_key_is_free(call: Caller, path: str) -> None:
    call.client.raise_request_exception = False
    with connection.cursor() as cursor, closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        cursor.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        answer = post(call, path, ROWS, "a1")
        other.rollback()
        cursor.execute("PRAGMA busy_timeout = 20000")
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, unwritable.BUSY)
    assert post(call, path, ROWS, "a1").status_code == 201


def test_a_key_is_forgotten_after_a_day(call: Caller, path: str) -> None:
    post(call, path, ROWS, "a1")
    KeyedAnswer.objects.update(at=timezone.now() - timedelta(hours=25))
    assert "Idempotency-Replayed" not in post(call, path, ROWS, "a1")
    assert Row.objects.count() == 5


def test_keys_of_others_are_never_met(call: Caller, owning: Caller, path: str) -> None:
    post(call, path, ROWS, "a1")
    assert "Idempotency-Replayed" not in post(owning, path, ROWS, "a1")


def test_a_revoked_token_gets_no_answer_of_before(call: Caller, path: str) -> None:
    from workspaces.models import ApiToken

    post(call, path, ROWS, "a1")
    ApiToken.objects.update(revoked_at=timezone.now())
    assert post(call, path, ROWS, "a1").status_code == 401


def test_what_was_refused_may_be_sent_again(call: Caller, path: str, leads: Table) -> None:
    wish = {"name": "City", "type": "text"}
    assert call("POST", f"/tables/{leads.pk}/columns", wish)[0] == 201
    assert post(call, f"/tables/{leads.pk}/columns", wish, "a1").status_code == 409
    column = next(item for item in call("GET", f"/tables/{leads.pk}")[1]["columns"] if item["name"] == "City")
    call("DELETE", f"/columns/{column['id']}")
    assert post(call, f"/tables/{leads.pk}/columns", wish, "a1").status_code == 201


def test_after_a_failure_there_is_neither_work_nor_answer(
    call: Caller, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = upserts.write

    def break_off(*given: Any) -> Any:
        write(*given)
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(upserts, "write", break_off)
        assert post(call, path, ROWS, "a1").status_code == 500
    assert (Row.objects.count(), KeyedAnswer.objects.count()) == (3, 0)
    assert post(call, path, ROWS, "a1").status_code == 201
    assert Row.objects.count() == 4


def test_whoever_comes_meanwhile_waits_for_the_first(call: Caller, path: str) -> None:
    together, answers = threading.Barrier(3), []

    def send() -> None:
        try:
            together.wait()
            answers.append(post(call, path, ROWS, "a1").json())
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len({str(answer) for answer in answers})) == (3, 1)
    assert Row.objects.count() == 4


def test_what_is_shown_once_is_stored_sealed(call: Caller) -> None:
    first, again = (post(call, "/tokens", {"name": "CI", "scopes": ["read"]}, "a1") for _ in range(2))
    assert again.json()["token"] == first.json()["token"]
    assert first.json()["token"] not in KeyedAnswer.objects.get().body


def test_a_file_that_is_uploaded_again_is_imported_once(call: Caller) -> None:
    def upload(content: bytes) -> Any:
        fields = {"file": SimpleUploadedFile("leads.csv", content), "name": "Leads"}
        return call.client.post("/api/v1/imports", fields, headers={"idempotency-key": "a1"})

    first, again = (upload(b"Company\nAcme\n") for _ in range(2))
    assert (first.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert upload(b"Company\nZeta\n").status_code == 422
    assert Import.objects.count() == 1


def test_a_webhook_takes_a_key_without_a_token(call: Caller, leads: Table) -> None:
    secret = call("POST", f"/tables/{leads.pk}/hook")[1]["secret"]
    for _ in range(2):
        headers = {"idempotency-key": "a1"}
        body = json.dumps({"Company": "Northwind"})
        answer = Client().post(f"/api/v1/hooks/{secret}", body, content_type="application/json", headers=headers)
        assert answer.status_code == 202
    assert Row.objects.count() == 4


def test_a_page_takes_a_key_too(client: Client, editor: User, path: str) -> None:
    client.force_login(editor)
    for _ in range(2):
        headers = {"idempotency-key": "a1"}
        client.post(f"/api/v1{path}", json.dumps(ROWS), content_type="application/json", headers=headers)
    assert Row.objects.count() == 4


@pytest.mark.parametrize("key", ["", '""', "x" * 256])
def test_a_key_that_is_none_is_refused(key: str, call: Caller, path: str) -> None:
    assert post(call, path, ROWS, key).status_code == 400


def test_what_only_looks_takes_no_notice_of_a_key(call: Caller, leads: Table) -> None:
    for text in ("acme", "zeta"):
        assert post(call, f"/tables/{leads.pk}/find", {"find": text}, "a1").status_code == 200
    assert not KeyedAnswer.objects.exists()
