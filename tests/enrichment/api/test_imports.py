"""Files through the REST API: into a table by key, looked at first, undone, and the rows that did not come in."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tables.imports import checks, job
from tests.enrichment.api.test_api import Caller

pytestmark = pytest.mark.django_db(transaction=True)

FILE = "Website;Umsatz;Notiz\na.example;1.200,50;x\nc.example;ca. 5;y\n"


@pytest.fixture
def leads(call: Caller) -> str:
    columns = [{"name": "Domain", "type": "text"}, {"name": "Revenue", "type": "number"}]
    made = call("POST", "/tables", {"name": "Leads", "columns": columns})[1]["id"]
    call("POST", f"/tables/{made}/rows", {"rows": [{"Domain": "a.example", "Revenue": "1"}, {"Domain": "b.example"}]})
    return str(made)


def uploaded(call: Caller, path: str = "/imports", **form: str) -> tuple[int, dict[str, Any]]:
    file = SimpleUploadedFile("october.csv", FILE.encode())
    answer = call.client.post(f"/api/v1{path}", {"file": file, **form})
    return answer.status_code, answer.json()


def columns_of(call: Caller, leads: str) -> list[dict[str, Any]]:
    revenue = next(item for item in call("GET", f"/tables/{leads}")[1]["columns"] if item["name"] == "Revenue")
    return [
        {"from": "Website", "to": "Domain"},
        {"from": "Umsatz", "to": revenue["id"], "type": "number:comma"},
        {"from": "Notiz", "to": None},
    ]


def shown(call: Caller, table: object) -> list[list[Any]]:
    items = call("GET", f"/tables/{table}/rows")[1]["items"]
    return [[cell["value"] for cell in item["cells"].values()] for item in items]


def test_a_file_updates_the_rows_that_match_and_is_undone(call: Caller, leads: str) -> None:
    before = shown(call, leads)
    form = {"table": leads, "columns": json.dumps(columns_of(call, leads)), "key": "Domain", "on_match": "update"}
    status, started = uploaded(call, **form)
    assert (status, started["state"], started["added"]) == (202, "queued", 0)
    job.run(started["id"])
    done = call("GET", f"/imports/{started['id']}")[1]
    assert {name: done[name] for name in ("state", "added", "updated", "skipped", "rejected", "left_blank")} == {
        "state": "done",
        "added": 1,
        "updated": 1,
        "skipped": 0,
        "rejected": 0,
        "left_blank": 1,
    }
    assert done["table_id"] == int(leads)
    words = "“ca. 5” isn't a number like 1.234,56. “Revenue” was left blank."
    assert done["warnings"] == [{"line": 3, "message": words, "column": "Umsatz"}]
    assert shown(call, leads) == [["a.example", "1200.50"], ["b.example", None], ["c.example", None]]
    head, row = call.client.get(f"/api/v1/imports/{started['id']}/rejected").getvalue().decode().splitlines()
    assert head == "Line,Reason,Website,Umsatz,Notiz"
    assert row.endswith("c.example,ca. 5,y")
    listed = call("GET", f"/tables/{leads}/imports")[1]["items"]
    assert [item["id"] for item in listed] == [started["id"]]
    status, undone = call("POST", f"/imports/{started['id']}/undo")
    assert (status, bool(undone["undone_at"]), undone["can_undo_until"]) == (200, True, None)
    assert shown(call, leads) == before
    assert call("POST", f"/imports/{started['id']}/undo")[0] == 409


def test_a_staged_file_is_mapped_and_checked_before_it_is_started(call: Caller, leads: str) -> None:
    status, staged = uploaded(call, "/imports?stage=1", table=leads)
    assert status == 201
    assert [
        (item["from"], item["to"], item["type"], item["is_new"]) for item in staged["preview"]["columns_guess"]
    ] == [
        ("Website", "Website", "text", True),
        ("Umsatz", "Umsatz", "text", True),
        ("Notiz", "Notiz", "text", True),
    ]
    path, options = (
        f"/imports/{staged['id']}",
        {"columns": columns_of(call, leads), "key": "Domain", "on_match": "skip"},
    )
    assert call("POST", f"{path}/start", {"options": {}})[0] == 422  # its columns have no place yet
    status, looking = call("POST", f"{path}/check", {"options": options})
    assert (status, looking["check_state"], looking["check"]) == (202, "running", None)
    checks.run(staged["id"], 1)
    found = call("GET", path)[1]
    assert (found["check_state"], found["check"]["added"], found["check"]["skipped"]) == ("done", 1, 1)
    assert call("POST", f"{path}/start", {"options": options})[0] == 202
    job.run(staged["id"])
    assert shown(call, leads)[2] == ["c.example", None]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"columns": "[nonsense"}, "columns"),
        ({"columns": '[{"from": "Website", "to": "Domain", "type": "money"}]'}, "columns"),
        ({"on_match": "update"}, "key"),
        ({"key": "Domain", "on_match": "drop"}, "on_match"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused_where_it_is(form: dict[str, str], field: str, call: Caller) -> None:
    status, answer = uploaded(call, **form)
    assert status == 422
    assert field in json.dumps(answer["error"]["details"])


def test_a_form_holds_a_key_of_several_columns_as_a_list(call: Caller, leads: str) -> None:
    form = {"table": leads, "columns": json.dumps(columns_of(call, leads)), "on_match": "update"}
    started = uploaded(call, **form, key='["Domain", "Revenue"]')[1]
    job.run(started["id"])
    done = call("GET", f"/imports/{started['id']}")[1]
    assert (done["state"], done["updated"]) == ("done", 0)
    assert done["added"] == 2


def test_what_came_in_whole_has_no_file_of_rejected_rows(call: Caller) -> None:
    started = uploaded(call)[1]
    assert call("GET", f"/imports/{started['id']}/rejected")[0] == 404
    job.run(started["id"])
    assert call("GET", f"/imports/{started['id']}/rejected")[0] == 404


def test_rows_match_by_key_wherever_they_are_sent_to(call: Caller, leads: str) -> None:
    keyed = {"key": "Domain", "match": "loose", "on_match": "update"}
    status, written = call(
        "POST", f"/tables/{leads}/rows", {"rows": [{"Domain": "A.example", "Revenue": "2"}], **keyed}
    )
    assert (status, written["updated"], len(written["ids"])) == (201, 1, 1)
    pasted = call("POST", f"/tables/{leads}/paste", {"added": [{"Domain": "b.example", "Revenue": "3"}], **keyed})[1]
    assert (pasted["updated"], pasted["refused"]) == (1, [])
    url = call("POST", f"/tables/{leads}/hook")[1]["url"].removeprefix("http://localhost:8000/api/v1")
    path = url[url.index("/hooks/") :] + "?key=Domain&match=loose&on_match=update"
    status, received = call("POST", path, {"Domain": " a.EXAMPLE", "Revenue": "4"})
    assert (status, received["updated"]) == (202, 1)
    assert shown(call, leads) == [[" a.EXAMPLE", "4"], ["b.example", "3"]]
    assert call("POST", f"/tables/{leads}/rows", {"rows": [], "on_match": "update"})[0] == 422
