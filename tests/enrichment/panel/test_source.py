"""The form of an HTTP source, and the list of the sources, as the browser asks for them."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from enrichment.models import Source, SourceRun
from enrichment.panel import versions
from enrichment.sources import runs, samples, settings
from tables.imports import job
from tables.models import Column, Import, Row, Table
from tests.servers.shape_books import AccountsBook
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def post(leads: Table, editor: User, client_for: Callable[[User], Client]) -> Callable[..., str]:
    """Posts the form of a new source to a part of it."""
    client = client_for(editor)

    def posted(part: str = "", status: int = 200, at: str = "", **fields: object) -> str:
        path = at or f"/tables/{leads.pk}/sources/new"
        answer = client.post(f"{path}{part}", fields)
        assert answer.status_code == status, answer.content.decode()[:500]
        return unescape(answer.content.decode())

    return posted


@pytest.fixture
def form(crm: AccountsBook) -> dict[str, Any]:
    return {"name": "CRM", "method": "GET", "url": f"{crm.url}/accounts", "items": "data.items", "shapes": "1"}


def test_fields_become_columns_with_a_click_without_asking_the_api_again(
    post: Any, form: dict[str, Any], leads: Table, crm: AccountsBook
) -> None:
    crm.accounts = [{"name": "Acme", "staff": 12}, {"name": "Zeta"}]
    shown = post("/fetch", **form)
    company = Column.objects.get(table=leads, name="Size")
    assert "Not in a column:" not in shown  # nothing has the name of a column, and so nothing is chosen yet
    assert "Fields of the API:" in shown
    [sample] = set(re.findall(r'name="sample" value="(\w+)"', shown))
    added = post("/land", **form, sample=sample, add="*")
    assert 'value="new:Staff" selected' in added
    mapped = {"columns.path": ["name", "staff"], "columns.to": ["new:Name", str(company.pk)]}
    landed = post("/land", **form, sample=sample, **mapped, key="new:Name", on_match="update")
    assert re.search(r"<td>Acme</td>\s*<td>12</td>", landed)
    assert crm.asked == [1]
    saved = post("", **form, sample=sample, **mapped, key="new:Name", on_match="update", then="run")
    assert "Fetching" in saved
    made = Source.objects.get()
    assert settings.shown(made)["key"] == ["Name"]
    assert settings.shown(made)["columns"][0] == {"path": "name", "column": "Name"}
    [begun] = SourceRun.objects.all()
    runs.fetch(begun.pk)
    job.run(begun.import_job_id)
    assert Row.objects.filter(table=leads).count() == 5


def test_a_sample_is_encrypted_and_of_one_table_alone(leads: Table) -> None:
    from tables.redis import client

    name = samples.keep(leads.pk, [{"token": "very secret"}])
    assert samples.kept(leads.pk, name) == [{"token": "very secret"}]
    assert samples.kept(leads.pk + 1, name) == samples.kept(leads.pk, "") == []
    stored = client().get(f"marl:sample:{leads.pk}:{name}")
    assert b"secret" not in stored  # type: ignore[operator]


def test_a_list_in_another_place_is_offered(post: Any, form: dict[str, Any]) -> None:
    shown = post("/fetch", **form | {"items": "rows"})
    assert 'data-edit-text="data.items">Use data.items</button>' in shown
    assert "There is no list at “rows”." in shown


def test_an_api_that_refuses_shows_its_answer(post: Any, form: dict[str, Any], crm: AccountsBook) -> None:
    crm.before = {1: [403]}
    shown = post("/fetch", **form)
    assert "403 · down" in shown
    assert '{"error": "down"}' in shown
    assert re.search(rf'data-copy="curl [^"]*{re.escape(crm.url)}/accounts', shown)


def test_what_is_wrong_is_told_when_it_is_saved_and_nothing_is_stored(post: Any, form: dict[str, Any]) -> None:
    shown = post("", 422, **form | {"url": "https://api.example/{{Company}}", "name": ""})
    assert "Enter a name for the source." in shown
    shown = post("", 422, **form | {"url": "https://api.example/{{Company}}"})
    assert "has none to take “Company” from" in shown
    shown = post("", 422, **form, **{"schedule.every": "day", "schedule.at": "9", "schedule.timezone": "UTC"})
    assert "Write the time like 09:00." in shown
    assert not Source.objects.exists()
    assert "Fix “List at” above first." in post("/fetch", **form | {"items": "a..b"})


def test_a_curl_command_fills_the_request(post: Any, form: dict[str, Any]) -> None:
    shown = post("/paste", **form, curl="curl -X POST https://api.example/v1/list -H 'X-Team: growth' -d '{\"a\": 1}'")
    assert 'value="https://api.example/v1/list"' in shown
    assert 'value="growth"' in shown
    assert "Filled from the cURL command." in shown


def test_the_list_tells_of_runs_and_offers_to_undo_them(
    post: Any, form: dict[str, Any], leads: Table, crm: AccountsBook
) -> None:
    company = Column.objects.get(table=leads, name="Company").pk
    post("", **form, **{"columns.path": "name", "columns.to": company})
    source = Source.objects.get()
    at = f"/sources/{source.pk}"
    assert "not run yet" in unescape(_get(post, f"/tables/{leads.pk}/sources"))
    assert "Fetching" in post("/run", at=at)
    assert "is being fetched already" in post("/run", at=at)
    assert "Cancelled. Nothing was changed." in post("/runs/cancel", at=at)
    post("/run", at=at)
    begun = SourceRun.objects.latest("pk")
    runs.fetch(begun.pk)
    job.run(begun.import_job_id)
    assert Row.objects.filter(table=leads).count() == 5
    assert "Undo…" in _get(post, f"{at}/runs")
    assert "Undone" in post(f"/runs/{begun.pk}/undo", at=at)
    assert Row.objects.filter(table=leads).count() == 3
    assert "Add an HTTP API" in post("/delete", at=at)
    assert Import.objects.count() == 2


def test_an_open_list_follows_runs_that_the_clock_starts(
    post: Any, form: dict[str, Any], leads: Table, crm: AccountsBook
) -> None:
    company = Column.objects.get(table=leads, name="Company").pk
    daily = {"schedule.every": "day", "schedule.at": "09:00", "schedule.timezone": "UTC"}
    post("", **form, **{"columns.path": "name", "columns.to": company}, **daily)
    source = Source.objects.get()
    [asked] = re.findall(rf"/sources/{source.pk}/runs\?after=\d+", _get(post, f"/tables/{leads.pk}/sources"))
    _get(post, asked, 204)
    begun = runs.start(source, source.created_by)
    shown = _get(post, asked)
    assert "Fetching" in shown
    assert "every 1s" in shown
    runs.fetch(begun.pk)
    job.run(begun.import_job_id)
    shown = _get(post, f"/sources/{source.pk}/runs")
    assert "last run" in shown
    [asked] = re.findall(rf"/sources/{source.pk}/runs\?after=\d+", shown)
    _get(post, asked, 204)


def _get(post: Any, path: str, status: int = 200) -> str:
    client: Client = post.__closure__[0].cell_contents
    found = client.get(path)
    assert found.status_code == status
    return found.content.decode()


def test_viewers_and_outsiders_see_no_source(
    post: Any, form: dict[str, Any], leads: Table, viewer: User, outsider: User, client_for: Callable[[User], Client]
) -> None:
    post("", **form)
    path = f"/sources/{Source.objects.get().pk}"
    for user, status in ((viewer, 403), (outsider, 404)):
        client = client_for(user)
        assert client.get(path).status_code == status
        assert client.get(f"/tables/{leads.pk}/sources/new").status_code == status
        for part in ("/fetch", "/land", "/run", "/runs/cancel", "/delete"):
            assert client.post(f"{path}{part}", form).status_code == status


def test_a_source_that_somebody_else_changed_meanwhile_is_not_replaced_unasked(
    post: Any, form: dict[str, Any], leads: Table
) -> None:
    post("", **form)
    made = Source.objects.get()
    at = f"/sources/{made.pk}"
    opened = {"was": versions.of(settings.shown(made), made.schedule)}
    post("", at=at, **form | opened | {"name": "Theirs", "items": "rows"})
    refused = post("", 422, at=at, **form | opened)
    assert "These settings were changed after you opened them." in refused
    [now] = re.findall('name="was" value="([0-9a-f]{24})"', refused)
    post("", at=at, **form | {"was": now})
    assert settings.shown(Source.objects.get())["config"]["items"] == "data.items"


@pytest.mark.parametrize("key", [["Company"], ["Company", "Size"]])
def test_a_source_that_is_saved_as_it_is_shown_keeps_its_key(
    post: Any, form: dict[str, Any], leads: Table, editor: User, client_for: Callable[[User], Client], key: list[str]
) -> None:
    columns = [{"path": "name", "column": "Company"}, {"path": "staff", "column": "Size"}]
    given = {"config": {"url": form["url"], "items": form["items"]}, "columns": columns, "key": key}
    source = settings.create(leads, editor, "CRM", {**given, "on_match": "skip"})
    shown = unescape(client_for(editor).get(f"/sources/{source.pk}").content.decode())
    select = re.search(r'<select id="source-key".*?</select>', shown, re.DOTALL)
    assert select
    [(chosen, words)] = re.findall(r'<option value="(\w+)" selected>([^<]+)<', select[0])
    assert words == " and ".join(key)
    to = {item["column"]: item["column"] for item in source.columns}
    fields = {"columns.path": ["name", "staff"], "columns.to": [str(pk) for pk in to], "on_match": "skip"}
    [version] = re.findall(r'name="was" value="([^"]+)"', shown)
    post("", at=f"/sources/{source.pk}", **form, **fields, key=chosen, was=version)
    source.refresh_from_db()
    assert settings.shown(source)["key"] == key
    assert source.on_match == "skip"
