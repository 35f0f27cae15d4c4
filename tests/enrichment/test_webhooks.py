"""The inbound webhook: its secret address, the rows that come in by it, and who may see it."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from enrichment import webhooks
from enrichment.models import Hook, HookPost, Run
from tables import catalog, columns, rows
from tables.models import Column, ColumnType, Row, Table
from tests.enrichment.api.test_api import Caller
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(workspace: Workspace, editor: User) -> Caller:
    return Caller(create_api_token(workspace, "tests", Role.EDITOR, editor)[1])


@pytest.fixture
def address(call: Caller, leads: Table) -> str:
    status, made = call("POST", f"/tables/{leads.pk}/hook")
    assert (status, made["url"]) == (201, f"http://127.0.0.1:8000/api/v1/hooks/{made['secret']}")
    return f"/api/v1/hooks/{made['secret']}"


def send(address: str, body: Any, content_type: str = "application/json") -> tuple[int, Any]:
    """As a program without a token or cookie."""
    data = body if isinstance(body, bytes) else json.dumps(body)
    answer = Client(enforce_csrf_checks=True).post(address, data, content_type=content_type)
    return answer.status_code, answer.json()


def companies(table: Table) -> list[Any]:
    pk = str(Column.objects.get(table=table, name="Company").pk)
    return [row.values.get(pk) for row in Row.objects.filter(table=table).order_by("sort_key")]


def test_one_row_or_a_list_comes_in_without_a_token(address: str, leads: Table) -> None:
    status, told = send(address, {"Company": "Northwind", "Size": "0042"})
    assert (status, len(told["ids"])) == (202, 1)
    size = str(Column.objects.get(table=leads, name="Size").pk)
    assert Row.objects.get(pk=told["ids"][0]).values[size] == "0042"
    status, told = send(address, [{"Company": "Tailspin"}, {size: "7"}])
    assert (status, len(told["ids"])) == (202, 2)
    assert companies(leads)[3:] == ["Northwind", "Tailspin", None]
    assert send(address, []) == (202, {"ids": [], "updated": 0, "skipped": 0})


def test_a_field_is_a_name_before_it_is_an_id(address: str, leads: Table) -> None:
    first = columns.live(leads)[0].pk
    odd = columns.create(leads, str(first))
    assert send(address, [{str(first): "by name"}, {str(odd.pk): "by id"}])[0] == 202
    assert [row.values for row in rows.window(leads, 0, 9)][-2:] == [{str(odd.pk): "by name"}, {str(odd.pk): "by id"}]


def test_what_curl_calls_a_form_is_json_all_the_same(address: str, leads: Table) -> None:
    assert send(address, {"Company": "Northwind"}, "application/x-www-form-urlencoded")[0] == 202
    assert companies(leads)[3:] == ["Northwind"]


def test_a_row_that_comes_in_runs_by_itself(address: str, http: Callable[..., Column]) -> None:
    column = http(auto_update=True)
    [pk] = send(address, {"Company": "Northwind"})[1]["ids"]
    run = Run.objects.get(column=column)
    assert (run.automatic, run.scope) == (True, {"ids": [pk]})


def test_unknown_columns_are_named_and_nothing_is_added(
    address: str, leads: Table, http: Callable[..., Column]
) -> None:
    http()
    status, told = send(address, [{"Company": "Northwind"}, {"company": "x", "Zip": "y"}])
    assert status == 422
    assert told["error"]["message"] == (
        "There is no column “company”, “Zip”. Columns that can be filled: “Company”, “Size”. "
        "Add ?unknown=ignore to the address to leave other values out."
    )
    assert told["error"]["details"][0]["field"] == "company"
    assert len(companies(leads)) == 3


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("keys=Company", "Did you mean “key”?"),
        ("Key=Company", "Did you mean “key”?"),
        ("key=Company&onmatch=update", "Did you mean “on_match”?"),
        ("unkown=ignore", "Did you mean “unknown”?"),
        ("key=Company&keep-blank=false", "Did you mean “keep_blank”?"),
        ("unknown=ignore&unknown=refuse", "“unknown” is there more than once. Say it once."),
    ],
)
def test_an_address_that_slips_is_refused_and_the_post_is_shown(
    address: str, leads: Table, query: str, meant: str
) -> None:
    status, told = send(f"{address}?{query}", {"Company": "Acme"})
    assert status == 422
    assert meant in told["error"]["message"]
    assert companies(leads) == ["Acme", "Fabrikam", "Contoso"]
    assert meant in HookPost.objects.get().error


@pytest.mark.parametrize("query", ["utm_source=crm", "event=created&id=7", "token=x&signature=y", "k=1", "challenge=1"])
def test_what_a_program_adds_to_the_address_is_passed_over(address: str, leads: Table, query: str) -> None:
    assert send(f"{address}?{query}", {"Company": "Northwind"})[0] == 202


def test_unknown_columns_are_left_out_where_the_sender_says_so(address: str, leads: Table) -> None:
    status, _ = send(f"{address}?unknown=ignore", {"Company": "Northwind", "event": {"id": 1}})
    assert (status, companies(leads)[3:]) == (202, ["Northwind"])


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"Company=Northwind", 400, "The body isn't JSON."),
        (b"", 400, "The body isn't JSON."),
        (b"[" * 100_000, 400, "The body isn't JSON."),
        ("Northwind", 422, "A row is an object"),
        ([{"Company": "x"}, 3], 422, "A row is an object"),
        ({"Company": "x" * 100_001}, 422, "at most 100,000 characters"),
        ([{}] * 10_001, 422, "at most 10,000 rows"),
    ],
)
def test_what_cannot_be_rows_is_explained(body: Any, status: int, words: str, address: str, leads: Table) -> None:
    got, told = send(address, body)
    assert (got, set(told["error"])) == (status, {"code", "message", "details"})
    assert words in told["error"]["message"]
    assert len(companies(leads)) == 3


def test_what_marl_fills_cannot_be_written(address: str, http: Callable[..., Column]) -> None:
    http()
    status, told = send(address, {"Company": "x", "Profile": "y"})
    assert (status, told["error"]["message"]) == (422, "“Profile” is filled by Marl and cannot be edited.")


def test_too_much_at_once_is_refused(address: str, call: Caller, leads: Table, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
    large = {"Company": "x" * 1024 * 1024}
    for status, told in (send(address, large), call("POST", f"/tables/{leads.pk}/rows", {"rows": [large]})):
        assert (status, told["error"]["code"]) == (413, "too_large")
        assert told["error"]["message"] == "Send at most 1 MiB at once, or upload a file."


def test_the_secret_is_shown_again_and_a_new_one_ends_the_one_before(address: str, call: Caller, leads: Table) -> None:
    status, shown = call("GET", f"/tables/{leads.pk}/hook")
    assert (status, shown["url"].endswith(address)) == (200, True)
    assert call("POST", f"/tables/{leads.pk}/hook")[1]["secret"] != shown["secret"]
    status, told = send(address, {"Company": "x"})
    assert (status, told["error"]["code"]) == (404, "not_found")
    assert "has a new one" in told["error"]["message"]


def test_a_table_without_a_webhook_says_so(call: Caller, leads: Table) -> None:
    assert call("GET", f"/tables/{leads.pk}/hook") == (200, {"secret": None, "url": None})
    assert send("/api/v1/hooks/anything", {})[0] == 404


def test_the_webhook_goes_with_its_table(address: str, leads: Table) -> None:
    catalog.delete(leads)
    assert send(address, {"Company": "x"})[0] == 404


def test_making_and_renewing_are_noted_without_the_secret(
    address: str, call: Caller, leads: Table, workspace: Workspace
) -> None:
    call("POST", f"/tables/{leads.pk}/hook")
    renewed, created = audit.entries(workspace, "table")[:2]
    assert (created.action, renewed.action, renewed.name) == ("table.hook_created", "table.hook_renewed", "Leads")
    assert audit.in_words(renewed)[0] == "renewed the webhook of"
    assert address.rpartition("/")[2] not in str([vars(entry) for entry in audit.entries(workspace)])


def test_the_secret_stands_neither_in_the_database_nor_in_logs(address: str, caplog: pytest.LogCaptureFixture) -> None:
    secret = address.rpartition("/")[2]
    send(address, {"Zip": "x"})
    send(address, b"{")
    assert Client().get(address).status_code == 405
    assert len([record for record in caplog.records if record.name == "django.request"]) == 3
    assert secret not in caplog.text
    assert secret not in str(Hook.objects.values())


def test_keys_are_rotated(address: str, call: Caller, leads: Table, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["a new key", *settings.ENCRYPTION_KEYS]
    call_command("rotate_keys", stdout=StringIO())
    settings.ENCRYPTION_KEYS = ["a new key"]
    assert call("GET", f"/tables/{leads.pk}/hook")[1]["url"].endswith(address)
    settings.ENCRYPTION_KEYS = ["another key"]
    status, told = call("GET", f"/tables/{leads.pk}/hook")
    assert (status, told["error"]["code"]) == (409, "conflict")
    assert send(address, {"Company": "x"})[0] == 202


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_may_only_look_does_not_see_it(method: str, workspace: Workspace, viewer: User, leads: Table) -> None:
    viewing = Caller(create_api_token(workspace, "tests", Role.VIEWER, viewer)[1])
    assert viewing(method, f"/tables/{leads.pk}/hook")[0] == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_outsider_finds_nothing(method: str, address: str, outsider: User, leads: Table) -> None:
    elsewhere = Caller(create_api_token(outsider.workspaces.get(), "tests", Role.OWNER, outsider)[1])
    assert elsewhere(method, f"/tables/{leads.pk}/hook")[0] == 404
    assert send(address, {"Company": "x"})[0] == 202


def test_each_webhook_fills_its_own_table(address: str, call: Caller, leads: Table, outsider: User) -> None:
    theirs = catalog.create(
        Actor(outsider, outsider.workspaces.get(), Role.OWNER), "Theirs", [("Company", ColumnType.TEXT)]
    )
    rows.append(theirs, [{"Company": "Private"}])
    send(address, {"Company": "Northwind"})
    assert companies(theirs) == ["Private"]
    assert companies(leads)[3:] == ["Northwind"]


def test_how_rows_match_is_set_once_and_the_address_may_say_otherwise(address: str, call: Caller, leads: Table) -> None:
    path = f"/tables/{leads.pk}/hook"
    company = Column.objects.get(table=leads, name="Company").pk
    status, changed = call("PATCH", path, {"key": ["Company"], "on_match": "update", "unknown": "ignore"})
    assert (status, changed["key"], changed["on_match"], changed["unknown"]) == (200, [company], "update", "ignore")
    before = companies(leads)
    assert send(address, {"Company": before[0], "Size": "9", "Other": 1})[1]["updated"] == 1
    assert send(f"{address}?unknown=refuse", {"Company": "New", "Other": 1})[0] == 422
    assert send(f"{address}?on_match=add", {"Company": before[0]})[1]["updated"] == 0
    assert companies(leads) == [*before, before[0]]
    refused: list[dict[str, Any]] = [{"on_match": "merge"}, {"unknown": "keep"}, {"key": ["Nothing"]}, {"key": []}]
    for wrong in refused:
        assert call("PATCH", path, wrong)[0] == 422
    assert call("GET", path)[1]["on_match"] == "update"


def test_a_webhook_that_is_turned_off_takes_nothing_until_it_is_on_again(
    address: str, call: Caller, leads: Table
) -> None:
    before = companies(leads)
    call("PATCH", f"/tables/{leads.pk}/hook", {"enabled": False})
    status, told = send(address, {"Company": "Northwind"})
    assert (status, told["error"]["code"]) == (409, "conflict")
    call("PATCH", f"/tables/{leads.pk}/hook", {"enabled": True})
    assert send(address, {"Company": "Northwind"})[0] == 202
    assert companies(leads) == [*before, "Northwind"]
    noted = [entry.action for entry in audit.entries(leads.workspace, "table")[:2]]
    assert noted == ["table.hook_enabled", "table.hook_disabled"]


def test_the_last_posts_say_what_became_of_them(address: str, call: Caller, leads: Table) -> None:
    [row_id] = send(address, {"Company": "Northwind"})[1]["ids"]
    send(f"{address}?key=Company&on_match=skip", [{"Company": "Northwind"}, {"Company": "New"}])
    send(address, b"not JSON\x00" + b"x" * 50_000)
    status, told = call("GET", f"/tables/{leads.pk}/hook/posts")
    assert (status, told["total"]) == (200, 3)
    broken, second, first = told["items"]
    assert "isn't JSON" in broken["error"]
    assert broken["body"].startswith("not JSON")
    assert len(broken["body"]) == 4_000
    assert (second["added"], second["skipped"], second["body"]) == (1, 1, "")
    assert (first["added"], first["row_id"], first["error"]) == (1, row_id, "")
    for number in range(25):
        send(address, {"Company": f"Post {number}"})
    assert HookPost.objects.count() == 20
    assert call("GET", f"/tables/{leads.pk}/hook/posts")[1]["items"][-1]["added"] == 1


def test_settings_and_posts_need_a_webhook_and_an_editor(call: Caller, leads: Table, viewer: User) -> None:
    assert call("PATCH", f"/tables/{leads.pk}/hook", {"enabled": False})[0] == 404
    assert call("GET", f"/tables/{leads.pk}/hook/posts")[0] == 404
    looks = Caller(create_api_token(leads.workspace, "looks", Role.VIEWER, viewer)[1])
    assert looks("PATCH", f"/tables/{leads.pk}/hook", {"enabled": False})[0] == 403
    assert looks("GET", f"/tables/{leads.pk}/hook/posts")[0] == 403


@pytest.mark.parametrize("name", ["Na\0me", "Na\ud800me"])
def test_a_refusal_that_names_what_no_database_stores_is_kept_as_well(name: str, address: str, call: Caller) -> None:
    assert send(address, {name: "Northwind"})[0] == 422
    assert "There is no column" in HookPost.objects.get().error


@pytest.mark.parametrize(
    ("query", "headers", "why"),
    [
        ("?unknown=drop", {}, "unknown: Input should be 'refuse' or 'ignore'."),
        ("?keep_blank=perhaps", {}, "keep_blank: Input should be a valid boolean"),
        ("?key=Company&match=fuzzy", {}, "“fuzzy” is no way to compare keys."),
        ("?on_match=update", {}, "Choose the column by which rows match, to update them."),
        ("?key=Company&on_match=replace", {}, "Rows that match are either of: add, update, skip."),
        ("", {"Idempotency-Key": "x" * 300}, "Idempotency-Key is a text of 1 to 255 characters"),
        ("?" + "&".join(f"field{n}=1" for n in range(1_001)), {}, "The number of GET/POST parameters exceeded"),
    ],
)
def test_a_post_that_is_refused_before_it_is_read_is_among_the_last_ones(
    query: str, headers: dict[str, str], why: str, address: str, call: Caller, leads: Table
) -> None:
    data = json.dumps({"Company": "Northwind"})
    answer = Client().post(f"{address}{query}", data, content_type="application/json", headers=headers)
    assert answer.status_code in (400, 422)
    [post] = call("GET", f"/tables/{leads.pk}/hook/posts")[1]["items"]
    assert why in post["error"]
    assert (post["body"], post["added"], len(companies(leads))) == (data, 0, 3)


def test_a_post_that_is_too_large_is_among_the_last_ones(address: str, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
    assert send(address, {"Company": "x" * 1024 * 1024})[0] == 413
    assert HookPost.objects.get().error == "Send at most 1 MiB at once, or upload a file."


def test_a_post_whose_end_cannot_be_noted_adds_no_row(
    address: str, leads: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(post: HookPost) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(webhooks, "_keep", fails)
    assert send(address, {"Company": "Northwind"})[0] >= 500
    assert len(companies(leads)) == 3


def test_a_post_by_a_key_whose_column_was_deleted_says_so(address: str, call: Caller, leads: Table) -> None:
    company = Column.objects.get(table=leads, name="Company")
    call("PATCH", f"/tables/{leads.pk}/hook", {"key": ["Company"], "on_match": "update"})
    columns.delete(company)
    status, told = send(address, {"Size": 5})
    assert (status, told["error"]["message"][:45]) == (409, "The column by which rows match was deleted. R")
    columns.restore(company)
    assert send(address, {"Company": "Acme", "Size": 5})[1]["updated"] == 1


def test_a_number_with_more_digits_than_a_double_keeps_them(address: str, leads: Table) -> None:
    [row_id] = send(address, b'{"Size": 1.00000000000000000001}')[1]["ids"]
    size = str(Column.objects.get(table=leads, name="Size").pk)
    assert str(Row.objects.get(pk=row_id).values[size]) == "1.00000000000000000001"
