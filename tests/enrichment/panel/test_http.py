"""The side panel and the connection pages, as the browser asks for them."""

import io
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from django.test import Client
from django.utils import timezone

from enrichment import schedules
from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.models import Connection, Run, Schedule
from enrichment.panel import documents
from tables import catalog, rows
from tables.models import Column, ColumnType, Table
from tests.servers.threads import answer_json, running
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

IN_PANEL = {"HX-Request": "true"}


class Handler(BaseHTTPRequestHandler):
    """Signs in at /login, has moved from /moved and /kept to /c, and otherwise says what it was sent."""

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "null")
        if self.path == "/login":
            good = sent["password"] == "open sesame"
            self.answer(
                *((200, {"data": {"access_token": "opaque-token-0123456789"}}) if good else (401, {"detail": "no"}))
            )
        elif self.path.startswith("/moved/"):
            path, mark, query = self.path.removeprefix("/moved").partition("?")
            self.answer(301, None, f"/c{path}/{mark}{query}")
        elif self.path.startswith("/kept/"):
            self.answer(308, None, self.path.replace("/kept", "/c"))
        else:
            self.answer(200, {"name": sent["name"], "token": self.headers["Authorization"]})

    def answer(self, status: int, value: Any, location: str = "") -> None:
        answer_json(self, status, value, {"Location": location} if location else {})

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture
def actor(workspace: Any, editor: Any) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


@pytest.fixture
def client(client_for: Callable[[Any], Client], editor: Any) -> Client:
    return client_for(editor)


@pytest.fixture
def table(actor: Actor) -> Table:
    made = catalog.create(actor, "Leads", [("Company", "text"), ("Zip", "text")])
    rows.append(made, [{"Company": "Northwind", "Zip": "3511"}, {"Company": 'Con"toso', "Zip": "0042"}])
    made.refresh_from_db()
    return made


def connection_form(server: str, **changed: Any) -> dict[str, Any]:
    return {
        "name": "Acme CRM",
        "auth_request.method": "POST",
        "auth_request.url": f"{server}/login",
        "auth_request.body_format": "json",
        "auth_request.body": '{"email": "{{secret.username}}", "password": "{{secret.password}}"}',
        "secret.name": ["username", "password"],
        "secret.value": ["sam", "open sesame"],
        "token_path": "data.access_token",
        "token_type": "Bearer",
        "header_name": "Authorization",
        "renew_on.statuses": "401",
        **changed,
    }


@pytest.fixture
def connection(client: Client, server: str) -> Connection:
    client.post("/connections/new", connection_form(server))
    return Connection.objects.get()


def column_form(url: str, **changed: Any) -> dict[str, Any]:
    return {
        "name": "Profile",
        "connection_id": "",
        "method": "POST",
        "url": url,
        "query.name": ["", "fields"],
        "query.value": ["", "name"],
        "headers.name": "X-Team",
        "headers.value": "growth",
        "body": '{"name": "{{Company}}"}',
        "remove_null": "on",
        "keep_existing": "on",
        "field_paths": ["data.name", ""],
        "run_if": "",
        "rate_limit.requests": "5",
        "rate_limit.duration": "1",
        "rate_limit.unit": "second",
        "timeout_s": "5",
        "max_in_flight": "4",
        "retry.max_retries": "1",
        "retry.statuses": "429, 503",
        "follow_redirects": "on",
        "row": "1",
        **changed,
    }


@pytest.fixture
def column(table: Table) -> Column:
    config = {"method": "POST", "url": "https://api.example/c", "body": '{"name": "{{Company}}"}', "auto_update": False}
    return http_columns.create(table, "Profile", config)


def page(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return unescape(answer.content.decode())


def events(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.headers.get("HX-Trigger", "{}"))
    return found


class TestPanel:
    def test_offers_the_settings_of_a_new_column_in_order(self, client: Client, table: Table) -> None:
        html = page(client.get(f"/tables/{table.pk}/panel/new", headers=IN_PANEL))
        labels = [
            "Name",
            "Request",
            "Method",
            "Endpoint URL",
            "Query",
            "Headers",
            "Body",
            "Remove null and undefined values",
            "Sign-in",
            "Connection",
            "What to keep",
            "Fields of the answer to keep",
            "Success if",
            "When to run",
            "Auto-update",
            "Only run if",
            "Schedule",
            "Speed & retries",
            "At most",
            "requests per",
            "Retry",
            "Cache answers for",
        ]
        places = [html.index(f">{label}") for label in labels]
        assert places == sorted(places)
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        assert [item["name"] for item in json.loads(html.split('data-references="')[1].split('"\n')[0])] == [
            "Company",
            "Zip",
        ]

    def test_a_new_column_starts_with_get_and_auto_update(self, client: Client, table: Table) -> None:
        html = page(client.get(f"/tables/{table.pk}/panel/new", headers=IN_PANEL))
        assert '<option value="GET" selected>GET</option>' in html
        assert re.search(r'name="auto_update" checked', html)

    def test_holds_no_inline_script_or_style(self, client: Client, column: Column) -> None:
        html = page(client.get(f"/columns/{column.pk}/panel", headers=IN_PANEL))
        assert "<script" not in html
        assert "style=" not in html
        assert " on" + "click" not in html

    def test_a_saved_form_comes_back_as_it_was(self, client: Client, table: Table) -> None:
        answer = client.post(
            f"/tables/{table.pk}/panel/new",
            column_form("https://api.example/c/{{Zip}}", answer="xml", success_if="{{body.ok}}"),
        )
        html = page(answer)
        saved = Column.objects.get(type=ColumnType.HTTP)
        config = http_columns.shown(saved)
        assert config["query"] == [{"name": "fields", "value": "name"}]
        assert config["headers"] == [{"name": "X-Team", "value": "growth"}]
        assert config["rate_limit"] == {"requests": 5, "duration_ms": 1000}
        assert config["retry"] == {"max_retries": 1, "statuses": [429, 503], "unsafe_methods": False}
        assert config["field_paths"] == ["data.name"]
        assert config["remove_null"] is True
        assert config["auto_update"] is False
        assert config["keep_existing"] is True
        assert (config["answer"], config["success_if"]) == ("xml", "{{body.ok}}")
        assert 'value="https://api.example/c/{{Zip}}"' in html
        assert '<option value="xml" selected>' in html
        assert "Saved." in html
        assert events(answer)["marl:columns-changed"] == {"columnId": saved.pk, "newFields": []}
        again = page(client.get(f"/columns/{saved.pk}/panel"))
        assert re.search(r'name="rate_limit.duration"[^>]*value="1"', again)

    def test_fields_that_become_columns_survive_a_problem_and_are_told_once_the_column_is_saved(
        self, client: Client, table: Table
    ) -> None:
        fields = {"new_fields.path": ["data.city", "data.id"], "new_fields.name": ["City", " "]}
        address = f"/tables/{table.pk}/panel/new"
        refused = page(client.post(address, column_form("", **fields)), 422)
        assert 'name="new_fields.name" value="City"' in refused
        saved = client.post(address, column_form("https://api.example", **fields))
        told = [{"path": "data.city", "name": "City"}, {"path": "data.id", "name": "data.id"}]
        assert events(saved)["marl:columns-changed"]["newFields"] == told
        assert 'value="data.city"' not in page(saved)

    def test_a_schedule_is_saved_with_the_form_and_comes_back(self, client: Client, table: Table) -> None:
        every_week = {
            "schedule.every": "week",
            "schedule.at": "07:30",
            "schedule.timezone": "Europe/Berlin",
            "schedule.rows": "older",
            "schedule.older_than_days": "30",
        }
        address, form = f"/tables/{table.pk}/panel/new", column_form("https://api.example/", **every_week)
        refused = page(client.post(address, form, headers=IN_PANEL), 422)
        assert "Choose at least one day of the week." in refused
        assert not Column.objects.filter(name="Profile").exists()
        saved = page(client.post(address, {**form, "schedule.weekdays": ["mon", "thu"]}, headers=IN_PANEL))
        assert "Every week on Mon, Thu at 07:30 · results older than 30 days" in saved
        assert 'value="thu" checked' in saved
        column = Column.objects.get(name="Profile")
        ended = page(client.post(f"/columns/{column.pk}/panel", column_form("https://api.example/"), headers=IN_PANEL))
        assert (">Off<" in ended, schedules.of(column)) == (True, None)

    def test_wrong_numbers_come_back_as_typed_with_a_problem_each(self, client: Client, column: Column) -> None:
        form = column_form("https://api.example/", timeout_s="soon", name="Renamed", **{"retry.max_retries": "99"})
        html = page(client.post(f"/columns/{column.pk}/panel", form), 422)
        assert 'data-field="timeout_s"' in html
        assert 'data-field="retry.max_retries"' in html
        assert 'value="soon"' in html
        assert Column.objects.get(pk=column.pk).name == "Profile"

    def test_every_wrong_template_has_its_problem(self, client: Client, column: Column) -> None:
        form = column_form("nowhere", body='{"name": {{Nobody}}}', run_if="{{Zip}} =", field_paths="a[")
        html = page(client.post(f"/columns/{column.pk}/panel", form), 422)
        for field in ("url", "body", "run_if", "field_paths.0"):
            assert f'data-field="{field}"' in html
        assert '{"name": {{Nobody}}}' in html

    def test_a_problem_offers_its_edit(self, client: Client, column: Column) -> None:
        html = page(
            client.post(f"/columns/{column.pk}/panel", column_form("https://a.example/", body='{name: "x"}')), 422
        )
        assert 'data-field="body"' in html
        assert "data-edit-offset=" in html
        assert "data-edit-text=" in html

    def test_a_name_taken_is_a_problem_of_the_name(self, client: Client, column: Column) -> None:
        html = page(client.post(f"/columns/{column.pk}/panel", column_form("https://a.example/", name="Zip")), 422)
        assert 'data-field="name"' in html

    @pytest.mark.parametrize(("then", "scope"), [("first", {"first": 10}), ("missing", "missing"), ("all", "all")])
    def test_save_and_run_starts_the_chosen_rows(self, client: Client, column: Column, then: str, scope: Any) -> None:
        answer = client.post(f"/columns/{column.pk}/panel", column_form("https://a.example/", then=then))
        assert "Saved. Running 2 rows…" in page(answer)
        run = Run.objects.get()
        assert run.scope == scope
        assert events(answer)["marl:run-started"]["run"]["id"] == run.pk

    def test_a_new_host_gets_credentials_only_after_a_yes(
        self, client: Client, column: Column, connection: Connection
    ) -> None:
        form = column_form("https://elsewhere.example/c", connection_id=str(connection.pk), then="first")
        html = page(client.post(f"/columns/{column.pk}/panel", form), 422)
        assert "Allow elsewhere.example and save" in html
        assert '<input type="hidden" name="then" value="first">' in html
        page(client.post(f"/columns/{column.pk}/panel", form | {"confirm_host": "elsewhere.example"}))
        connection.refresh_from_db()
        assert connection_settings.allows(connection, "elsewhere.example")
        assert Run.objects.count() == 1

    def test_preview_shows_the_request_of_the_row(self, client: Client, column: Column) -> None:
        form = column_form("https://api.example/c/{{Zip}}", row="2")
        html = page(client.post(f"/columns/{column.pk}/panel/preview", form))
        assert "https://api.example/c/0042?fields=name" in html
        assert r'{"name":"Con\"toso"}' in html.replace('": "', '":"')
        assert "x-team: growth" in html

    def test_preview_puts_problems_out_of_band(self, client: Client, table: Table) -> None:
        html = page(client.post(f"/tables/{table.pk}/panel/preview", column_form("https://a.example/", body="{")))
        assert '<ul id="panel-problems"' in html
        assert 'hx-swap-oob="true"' in html
        assert 'data-field="body"' in html

    def test_preview_of_a_row_that_is_not_there_says_so(self, client: Client, column: Column) -> None:
        html = page(client.post(f"/columns/{column.pk}/panel/preview", column_form("https://a.example/", row="99")))
        assert "There is no row 99." in html

    def test_preview_in_a_table_without_rows_asks_for_one(self, client: Client, table: Table) -> None:
        table.rows.all().delete()
        Table.objects.update(row_count=0)
        html = page(client.post(f"/tables/{table.pk}/panel/preview", column_form("https://a.example/")))
        assert "Add a row to the table to see its request here." in html

    def test_a_test_names_the_setting_to_fix_first_and_sends_nothing(self, client: Client, column: Column) -> None:
        form = column_form("https://api.example/", body='{"name": ')
        html = page(client.post(f"/columns/{column.pk}/panel/test", form))
        assert "Fix “Body” above first. Nothing was sent." in html

    def test_a_test_sends_the_row_and_hides_the_token(
        self, client: Client, column: Column, connection: Connection, server: str
    ) -> None:
        form = column_form(f"{server}/c", connection_id=str(connection.pk), field_paths="name")
        html = page(client.post(f"/columns/{column.pk}/panel/test", form))
        assert re.search(r"<b>Row 1: Done</b>\s*<span>200</span>", html)
        assert "Northwind" in html
        assert "opaque-token-0123456789" not in html

    def test_a_failed_test_gives_the_status_once(self, client: Client, column: Column, server: str) -> None:
        form = column_form(f"{server}/login", body='{"password": "wrong"}') | {"query.name": "", "query.value": ""}
        html = page(client.post(f"/columns/{column.pk}/panel/test", form))
        headline = re.search(r"<b>Row 1: Failed</b>(.*?)</p>", html, re.DOTALL)
        assert headline
        assert headline[1].count("401") == 1

    def test_a_test_of_an_address_that_was_moved_offers_the_new_one(
        self, client: Client, column: Column, server: str
    ) -> None:
        form = column_form(f"{server}/moved/{{{{Zip}}}}")
        html = page(client.post(f"/columns/{column.pk}/panel/test", form))
        assert f"The API moved this address to {server}/c/3511/?fields=name." in html
        assert f"The new address is {server}/c/{{{{Zip}}}}/" in html
        assert f'data-edit-offset="0" data-edit-length="{len(form["url"])}"' in html
        assert f'data-edit-text="{server}/c/{{{{Zip}}}}/">Use the new address</button>' in html

    def test_a_test_shows_every_redirect(self, client: Client, column: Column, server: str) -> None:
        html = page(client.post(f"/columns/{column.pk}/panel/test", column_form(f"{server}/kept/{{{{Zip}}}}")))
        assert re.search(rf"<b>308</b>.*?POST {re.escape(server)}/c/3511\?fields=name", html, re.DOTALL)
        assert "Use the new address" not in html

    def test_the_body_of_another_format_is_kept(self, client: Client, table: Table) -> None:
        form = {"form.name": ["", "of", "size"], "form.value": ["", "{{Company}}", ""], "body_format": "form"}
        html = page(client.post(f"/tables/{table.pk}/panel/new", column_form("https://api.example/", **form)))
        config = http_columns.shown(Column.objects.get(type=ColumnType.HTTP))
        assert config["form"] == [{"name": "of", "value": "{{Company}}"}, {"name": "size", "value": ""}]
        assert (config["body_format"], config["body"]) == ("form", '{"name": "{{Company}}"}')
        assert re.search(r'<option value="form"[^>]* selected>Form</option>', html)
        assert '{"name": "{{Company}}"}</textarea>' in html

    def test_a_pasted_form_fills_its_fields(self, client: Client, table: Table) -> None:
        command = "curl https://api.example/v1 -d 'of=a b' -d of=2"
        html = page(client.post(f"/tables/{table.pk}/panel/paste", column_form("") | {"curl": command}))
        assert re.search(r'<option value="form"[^>]* selected>Form</option>', html)
        assert html.count('name="form.name" value="of"') == 2
        assert 'name="form.value" value="a b"' in html

    def test_a_wrong_field_of_a_form_is_marked(self, client: Client, column: Column) -> None:
        form = column_form("https://a.example/", body_format="form") | {"form.name": "of", "form.value": "{{Nobody}}"}
        html = page(client.post(f"/columns/{column.pk}/panel", form), 422)
        assert 'data-field="form.0.value"' in html
        tested = page(client.post(f"/columns/{column.pk}/panel/test", form))
        assert "Fix “Form fields” above first. Nothing was sent." in tested

    def test_a_pasted_curl_command_fills_the_form_unsaved(self, client: Client, table: Table) -> None:
        command = "curl -X PUT https://api.example/v1 -H 'X-Team: growth' -H 'Authorization: Bearer a' -d '{\"a\": 1}'"
        html = page(client.post(f"/tables/{table.pk}/panel/paste", column_form("", name="Mine") | {"curl": command}))
        assert 'value="https://api.example/v1"' in html
        assert '<option value="PUT" selected>PUT</option>' in html
        assert 'value="growth"' in html
        assert '{"a": 1}</textarea>' in html
        assert 'value="Mine"' in html
        assert "The header Authorization was left out" in html
        assert "Bearer a" not in html
        assert "data-unsaved" in html
        assert not Column.objects.filter(name="Mine").exists()

    def test_a_curl_command_that_cannot_be_read_leaves_the_form_as_it_was(self, client: Client, column: Column) -> None:
        form = column_form("https://api.example/mine") | {"curl": "curl -d @file a.example"}
        html = page(client.post(f"/columns/{column.pk}/panel/paste", form), 422)
        assert 'value="https://api.example/mine"' in html
        assert "comes from the file" in html

    def test_an_operation_offers_its_optional_fields_before_it_fills_the_form(
        self, client: Client, table: Table
    ) -> None:
        fields = {"Company": {"type": "string"}, "note": {"type": "string"}}
        content = {"application/json": {"schema": {"type": "object", "properties": fields}}}
        item = {"patch": {"requestBody": {"content": content}}}
        document = {"openapi": "3.1.0", "servers": [{"url": "https://api.example"}], "paths": {"/c": item}}
        form = column_form("", name="Mine") | {"carried": documents.packed(document), "operation": "PATCH /c"}
        answer = client.post(f"/tables/{table.pk}/panel/fill", form | {"choosing": ""})
        assert answer["HX-Retarget"] == "#openapi-operations"
        assert re.findall(r'<input type="checkbox"[^>]*>', page(answer)) == [
            '<input type="checkbox" name="chosen" value="/note">'
        ]
        html = page(client.post(f"/tables/{table.pk}/panel/fill", form))
        assert '"Company": "{{Company}}"\n}</textarea>' in html
        html = page(client.post(f"/tables/{table.pk}/panel/fill", form | {"chosen": "/note"}))
        assert '"note": "{{note}}"' in html
        assert "Choose a column for note." in html

    def test_a_document_comes_from_a_file_or_a_text(self, client: Client, table: Table) -> None:
        text = "openapi: 3.1.0\npaths: {/c: {get: {responses: {200: {description: Done}}}}}"
        for source in ({"document": text}, {"file": io.BytesIO(f"\ufeff{text}".encode())}):
            html = page(client.post(f"/tables/{table.pk}/panel/operations", source))
            assert "<code>GET /c</code>" in html
            carried = re.findall(r'name="carried" value="([^"]+)"', html)[0]
            assert documents.unpacked(carried)["paths"]["/c"]["get"]["responses"] == {"200": {"description": "Done"}}

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ({"document": "openapi: 3.1.0\npaths: &x {/c: *x}"}, "contains itself"),
            ({"document": "openapi: 3.1.0\npaths: {/c: {$ref: c.yaml}}"}, "missing from it: c.yaml"),
            ({"carried": "x"}, "Import it again"),
        ],
    )
    def test_a_document_that_cannot_be_used_says_why(
        self, client: Client, table: Table, source: dict[str, str], words: str
    ) -> None:
        assert words in page(client.post(f"/tables/{table.pk}/panel/operations", source))

    def test_the_estimate_counts_rows(self, client: Client, column: Column) -> None:
        assert "2 requests" in page(client.get(f"/columns/{column.pk}/panel/estimate"))

    def test_the_choices_of_a_run_are_counted_with_the_form_as_it_is(self, client: Client, column: Column) -> None:
        form = column_form("https://api.example/c", run_if='{{Zip}} == "0042"')
        html = page(client.post(f"/columns/{column.pk}/panel/choices", form))
        counts = re.findall(r'<span class="hint">([\d,]+)</span>', html)
        assert counts == ["2", "2", "0", "0", "2"]
        assert "1 request, 1 skipped" in html

    def test_a_new_column_has_choices_too(self, client: Client, table: Table) -> None:
        html = page(client.post(f"/tables/{table.pk}/panel/choices", column_form("https://api.example/c")))
        assert "2 requests" in html

    def test_a_preview_can_be_copied_as_curl(self, client: Client, column: Column) -> None:
        html = page(client.post(f"/columns/{column.pk}/panel/preview", column_form("https://api.example/c/{{Zip}}")))
        assert 'data-copy="curl -X POST' in html

    def test_a_viewer_looks_but_changes_nothing(
        self, client_for: Callable[[Any], Client], viewer: Any, column: Column
    ) -> None:
        client = client_for(viewer)
        html = page(client.get(f"/columns/{column.pk}/panel"))
        assert "data-save" not in html
        assert client.post(f"/columns/{column.pk}/panel", column_form("https://a.example/")).status_code == 403
        assert client.post(f"/columns/{column.pk}/panel/test", column_form("https://a.example/")).status_code == 403

    def test_somebody_elses_are_not_found(
        self, client_for: Callable[[Any], Client], outsider: Any, column: Column, connection: Connection
    ) -> None:
        client = client_for(outsider)
        for path in (
            f"/columns/{column.pk}/panel",
            f"/tables/{column.table_id}/panel/new",
            f"/connections/{connection.pk}/edit",
        ):
            assert client.get(path).status_code == 404
            assert client.post(path, {}).status_code == 404
        for path in (
            f"/columns/{column.pk}/panel/preview",
            f"/columns/{column.pk}/panel/test",
            f"/connections/{connection.pk}/test",
            f"/connections/{connection.pk}/delete",
        ):
            assert client.post(path, {}).status_code == 404

    def test_a_text_column_has_no_panel(self, client: Client, table: Table) -> None:
        text = Column.objects.get(name="Zip")
        assert client.get(f"/columns/{text.pk}/panel").status_code == 404


class TestConnections:
    def test_secrets_are_stored_and_never_shown(self, client: Client, connection: Connection) -> None:
        html = page(client.get(f"/connections/{connection.pk}/edit"))
        assert "open sesame" not in html
        assert html.count("Stored. Type to replace") == 2
        assert connection_settings.opened(connection) == {"username": "sam", "password": "open sesame"}

    def test_a_blank_secret_is_kept_and_a_removed_one_goes(
        self, client: Client, connection: Connection, server: str
    ) -> None:
        changed = connection_form(server) | {"secret.name": ["password", "code"], "secret.value": ["", "77"]}
        changed["auth_request.body"] = '{"password": "{{secret.password}}", "code": "{{secret.code}}"}'
        client.post(f"/connections/{connection.pk}/edit", changed)
        connection.refresh_from_db()
        assert connection_settings.opened(connection) == {"password": "open sesame", "code": "77"}

    def test_saving_in_the_panel_brings_the_select_with_it_chosen(self, client: Client, server: str) -> None:
        answer = client.post("/connections/new", connection_form(server), headers=IN_PANEL)
        made = Connection.objects.get()
        html = page(answer)
        assert f'<option value="{made.pk}" selected' in html
        assert 'id="connection-field" hx-swap-oob="true"' in html
        assert events(answer)["marl:connection-saved"] == {"connectionId": made.pk}

    def test_wrong_settings_come_back_with_problems(self, client: Client, server: str) -> None:
        form = connection_form(server, token_path="", name="Acme") | {"auth_request.body": "{"}
        html = page(client.post("/connections/new", form, headers=IN_PANEL), 422)
        assert 'data-field="token_path"' in html
        assert 'data-field="auth_request.body"' in html
        assert "open sesame" not in html
        assert not Connection.objects.exists()

    def test_a_lifetime_must_be_a_number(self, client: Client, server: str) -> None:
        html = page(client.post("/connections/new", connection_form(server, lifetime_seconds="an hour")), 422)
        assert 'data-field="lifetime_seconds"' in html

    def test_a_test_of_a_sign_in_that_was_moved_offers_the_new_address(self, client: Client, server: str) -> None:
        form = connection_form(server) | {"auth_request.url": f"{server}/moved/login"}
        html = page(client.post("/connections/new/test", form, headers=IN_PANEL))
        assert f"The sign-in failed: 301 · The API moved this address to {server}/c/login/." in html
        assert 'data-field="auth_request.url"' in html
        assert f'data-edit-text="{server}/c/login/">Use the new address</button>' in html

    def test_a_test_signs_in_before_anything_is_saved(self, client: Client, server: str) -> None:
        html = page(client.post("/connections/new/test", connection_form(server), headers=IN_PANEL))
        assert "Signed in" in html
        assert "Authorization: Bearer ••••••••" in html
        assert "opaque-token-0123456789" not in html
        assert not Connection.objects.exists()

    def test_a_wrong_location_lists_where_the_token_is(self, client: Client, server: str) -> None:
        html = page(client.post("/connections/new/test", connection_form(server, token_path="token"), headers=IN_PANEL))
        assert 'data-take-path="data.access_token"' in html

    def test_an_empty_location_is_looked_for(self, client: Client, server: str) -> None:
        html = page(client.post("/connections/new/test", connection_form(server, token_path=""), headers=IN_PANEL))
        assert 'data-take-path="data.access_token"' in html

    def test_a_stored_secret_is_used_by_the_test_of_an_edit(
        self, client: Client, connection: Connection, server: str
    ) -> None:
        form = connection_form(server) | {"secret.value": ["", ""]}
        assert "Signed in" in page(client.post(f"/connections/{connection.pk}/test", form, headers=IN_PANEL))

    def test_a_test_names_the_setting_to_fix_first_and_sends_nothing(self, client: Client, server: str) -> None:
        form = connection_form(server) | {"auth_request.url": ""}
        html = page(client.post("/connections/new/test", form, headers=IN_PANEL))
        assert "Fix “Sign-in URL” above first. Nothing was sent." in html
        assert "Not signed in" not in html

    def test_a_refused_sign_in_says_so(self, client: Client, server: str) -> None:
        form = connection_form(server) | {"secret.value": ["sam", "wrong"]}
        html = page(client.post("/connections/new/test", form, headers=IN_PANEL))
        assert "Not signed in" in html
        assert "401" in html

    def test_one_in_use_cannot_be_deleted(self, client: Client, column: Column, connection: Connection) -> None:
        http_columns.save(column, {"connection_id": connection.pk, "confirm_host": "api.example"})
        listed = page(client.get("/connections"))
        assert f'action="/connections/{connection.pk}/delete"' not in listed
        assert f'href="/tables/{column.table_id}"' in listed
        html = page(client.post(f"/connections/{connection.pk}/delete", follow=True))
        assert "is used by “Profile”" in html
        assert Connection.objects.exists()

    def test_one_not_in_use_is_deleted(self, client: Client, connection: Connection) -> None:
        client.post(f"/connections/{connection.pk}/delete")
        assert not Connection.objects.exists()


class TestTheShapeOfTheApi:
    SHAPES: ClassVar[dict[str, Any]] = {
        "shapes": "1",
        "poll": "on",
        "poll.until": '{{body.state}} == "done"',
        "poll.url": "/jobs/{{first.job}}",
        "poll.every_s": "0.5",
        "poll.for_s": "60",
        "pages": "on",
        "pages.by": "cursor",
        "pages.next": "paging.next",
        "pages.parameter": "after",
        "pages.max_pages": "20",
        "pages.max_items": "900",
    }

    def test_is_saved_and_comes_back(self, client: Client, column: Column) -> None:
        address = f"/columns/{column.pk}/panel"
        page(client.post(address, column_form("https://api.example", **self.SHAPES)))
        saved = http_columns.shown(column)
        assert saved["poll"] == {
            "until": '{{body.state}} == "done"',
            "url": "/jobs/{{first.job}}",
            "every_ms": 500,
            "for_ms": 60_000,
            "failed_if": "",
        }
        assert (saved["pages"]["next"], saved["pages"]["max_pages"], saved["pages"]["size"]) == (
            "paging.next",
            20,
            None,
        )
        html = page(client.get(address))
        assert "waits for the result, asks every 500 ms · fetches up to 20 pages" in html
        assert 'name="poll.every_s" inputmode="decimal" aria-label="Seconds between two questions" value="0.5"' in html
        page(client.post(address, column_form("https://api.example", shapes="1")))
        assert (http_columns.shown(column)["poll"], http_columns.shown(column)["pages"]) == (None, None)

    def test_what_is_wrong_stands_at_its_field(self, client: Client, column: Column) -> None:
        wrong = self.SHAPES | {"poll.every_s": "soon", "pages.next": ""}
        html = page(client.post(f"/columns/{column.pk}/panel", column_form("https://api.example", **wrong)), 422)
        assert 'data-field="poll.every_s"' in html
        assert 'value="soon"' in html


def test_settings_that_somebody_else_saved_meanwhile_are_not_replaced_unasked(client: Client, column: Column) -> None:
    address = f"/columns/{column.pk}/panel"
    opened = page(client.get(address))
    ours = column_form("https://api.example/ours", was=version_in(opened))
    theirs = column_form("https://api.example/theirs", was=version_in(opened))
    page(client.post(address, theirs, headers=IN_PANEL))
    refused = page(client.post(address, ours, headers=IN_PANEL), 422)
    assert "These settings were changed after you opened them." in refused
    assert "https://api.example/ours" in refused
    assert http_columns.shown(column)["url"] == "https://api.example/theirs"
    page(client.post(address, ours | {"was": version_in(refused)}, headers=IN_PANEL))
    assert http_columns.shown(column)["url"] == "https://api.example/ours"


def test_a_schedule_is_no_other_one_because_it_ran(client: Client, column: Column) -> None:
    address = f"/columns/{column.pk}/panel"
    times = {"every": "day", "at": "09:00", "timezone": "Europe/Berlin", "rows": "missing"}
    daily = {f"schedule.{name}": value for name, value in times.items()}
    page(client.post(address, column_form("https://api.example/c") | daily, headers=IN_PANEL))
    opened = version_in(page(client.get(address)))
    Schedule.objects.update(ran_at=timezone.now(), due_at=timezone.now())
    assert version_in(page(client.get(address))) == opened


def version_in(html: str) -> str:
    found = re.search('name="was" value="([0-9a-f]{24})"', html)
    assert found
    return found[1]
