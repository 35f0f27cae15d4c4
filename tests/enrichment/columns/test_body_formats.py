"""Bodies in every format: as the API takes them, as they are kept, and as they arrive."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment import graph
from enrichment.columns import http as http_columns
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.columns import recipe_export, table_lifecycle
from enrichment.engine.errors import InvalidSettings
from enrichment.engine.template import request
from enrichment.models import HttpColumn
from enrichment.preview import one_row
from enrichment.runs import lifecycle
from tables import columns as table_columns
from tables.models import Cell, Column, Table
from tests.enrichment.api.test_api import Caller
from tests.servers.echo import Echo
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = [{"name": "of", "value": "{{Company}} & more"}, {"name": "size", "value": "{{Size}}"}]
BODIES: dict[str, dict[str, Any]] = {
    "json": {"body": '{"of": "{{Company}} & more"}'},
    "form": {"form": PAIRS},
    "multipart": {"form": PAIRS},
    "xml": {"body": "<ask><of>{{Company}} &amp; more</of></ask>"},
    "text": {"body": "{{Company}} & more"},
}


@pytest.fixture
def call(workspace: Workspace, editor: User) -> Caller:
    return Caller(create_api_token(workspace, "tests", Role.EDITOR, editor)[1])


@pytest.fixture
def make(leads: Table, echo: Echo) -> Callable[..., Column]:
    def make(body_format: str, **config: Any) -> Column:
        fixed = {"method": "POST", "url": f"{echo.url}/a", "auto_update": False, "body_format": body_format}
        return http_columns.create(leads, "Asked", fixed | config)

    return make


@pytest.mark.parametrize("body_format", BODIES)
def test_what_is_previewed_is_what_a_test_and_a_run_send(
    body_format: str, make: Callable[..., Column], echo: Echo, leads: Table, work: Callable[[Table], None]
) -> None:
    column = make(body_format, **BODIES[body_format])
    row_ids = list(leads.rows.order_by("sort_key").values_list("pk", flat=True))
    shown = [one_row.preview(column, pk)["request"] for pk in row_ids]
    for pk in row_ids:
        assert one_row.send(column, pk)["cell"]["state"] == "done"
    tested, echo.received = echo.received, []
    lifecycle.plan(column, "all")
    work(leads)
    previewed = [(request["headers"]["Content-Type"], request["body"]) for request in shown]
    assert tested == previewed
    assert sorted(echo.received) == sorted(previewed)
    assert [cell.value for cell in Cell.objects.filter(column=column).order_by("row__sort_key")] == [
        {"is": f"a({name} & more)"} for name in ("Acme", "Fabrikam", "Contoso")
    ]


def test_an_object_in_a_form_fails_its_row_and_nothing_is_sent(
    make: Callable[..., Column],
    asking: Callable[..., Column],
    answer: Callable[..., None],
    echo: Echo,
    leads: Table,
    work: Callable[[Table], None],
) -> None:
    contact = asking("Contact", "{{Company}}")
    [first, *_] = leads.rows.order_by("sort_key").values_list("pk", flat=True)
    answer(contact, {first: {"data": {"id": 7}}})
    column = make("form", form=[{"name": "contact", "value": "{{Contact}}"}])
    words = "Contact holds an object. Choose a field: data.id"
    previewed = one_row.preview(column, first)
    assert (previewed["request"], previewed["reason"]) == (None, words)
    assert previewed["problems"][0]["choices"][0]["text"] == "{{Contact.data.id}}"
    tested = one_row.send(column, first)
    assert (tested["cell"]["state"], tested["cell"]["error"]["message"]) == ("failed", words)
    assert tested["problems"][0]["field"] == "form.0.value"
    lifecycle.plan(column, {"ids": [first]})
    work(leads)
    cell = Cell.objects.get(column=column)
    assert (cell.state, cell.error_code, cell.error_message) == ("failed", "object", words)
    assert echo.calls == []


def test_names_go_in_and_out_and_ids_are_stored(call: Caller, leads: Table) -> None:
    company = Column.objects.get(table=leads, name="Company")
    form = [{"name": "a", "value": "{{Company}}"}, {"name": "b", "value": f"{{{{@{company.pk}}}}}"}]
    config = {"method": "POST", "url": "https://api.example/", "body_format": "form", "form": form, "body": "kept"}
    status, made = call("POST", f"/tables/{leads.pk}/columns", {"name": "P", "type": "http", "config": config})
    assert status == 201
    assert [item["value"] for item in made["config"]["form"]] == ["{{Company}}", "{{Company}}"]
    assert (made["config"]["body_format"], made["config"]["body"]) == ("form", "kept")
    stored = HttpColumn.objects.get(column=made["id"])
    assert {item["value"] for item in stored.config["form"]} == {f"{{{{@{company.pk}}}}}"}
    call("PATCH", f"/columns/{company.pk}", {"name": "Firm"})
    assert call("GET", f"/columns/{made['id']}")[1]["config"]["form"][0]["value"] == "{{Firm}}"


@pytest.mark.parametrize(
    ("config", "field", "offset"),
    [
        ({"body_format": "form", "form": [{"name": "a", "value": "x {{Nobody}}"}]}, "form.0.value", 2),
        ({"body_format": "multipart", "form": [{"name": "", "value": "x"}]}, "form.0.name", None),
        ({"body_format": "xml", "body": "<a>\n<b></a>"}, "body", 9),
        ({"body_format": "text", "body": "x {{Nobody}}"}, "body", 2),
        ({"body_format": "yaml"}, "body_format", None),
        ({"body_format": "form", "form": {"a": "1"}}, "form", None),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    config: dict[str, Any], field: str, offset: int | None, call: Caller, leads: Table
) -> None:
    body = {"name": "P", "type": "http", "config": {"method": "POST", "url": "https://api.example/"} | config}
    status, told = call("POST", f"/tables/{leads.pk}/columns", body)
    assert status == 422
    assert [(one["field"], one["offset"]) for one in told["error"]["details"]] == [(field, offset)]


def test_only_the_format_that_is_sent_is_checked_and_needs_columns(http: Callable[..., Column], leads: Table) -> None:
    kept = {"body": '{"a": {{Nobody}}', "form": [{"name": "a", "value": "{{Company}}"}]}
    column = http("Profile", body_format="form", **kept)
    company, size = (Column.objects.get(table=leads, name=name).pk for name in ("Company", "Size"))
    assert graph.of_table(leads.pk).requests[column.pk] == {company}
    http_columns.save(column, {"body_format": "text", "body": "{{Size}}"})
    assert graph.of_table(leads.pk).requests[column.pk] == {size}
    assert http_columns.shown(column)["form"] == kept["form"]
    http_columns.save(column, {"body_format": "none"})
    assert graph.of_table(leads.pk).requests[column.pk] == frozenset()
    with pytest.raises(InvalidSettings):
        http_columns.save(column, {"body_format": "json", "body": kept["body"]})


def test_a_change_of_what_a_form_refers_to_makes_its_result_stale(
    make: Callable[..., Column],
    leads: Table,
    work: Callable[[Table], None],
    edit: Callable[..., None],
    stale: Callable[[Column], list[bool]],
    compute: Callable[[Table], None],
) -> None:
    column = make("form", form=PAIRS)
    lifecycle.plan(column, "all")
    work(leads)
    edit(1, Size="251")
    compute(leads)
    assert stale(column) == [False, True, False]


def test_identical_forms_are_sent_once(
    make: Callable[..., Column], echo: Echo, leads: Table, work: Callable[[Table], None]
) -> None:
    column = make("multipart", form=[{"name": "of", "value": "all"}], collapse_duplicates=True)
    lifecycle.plan(column, "all")
    work(leads)
    assert echo.calls == ["a(all)"]


def test_copies_and_recipes_take_the_body_along(http: Callable[..., Column], leads: Table, editor: User) -> None:
    column = http("Profile", body_format="form", form=PAIRS, body='{"kept": {{Nobody}}}')
    assert http_columns.shown(column_lifecycle.duplicate(column))["form"] == PAIRS
    table_lifecycle.duplicate(Actor(editor, leads.workspace, Role.EDITOR), leads)
    copy = HttpColumn.objects.exclude(column__table=leads).get(column__name="Profile")
    copied = {item.pk for item in table_columns.live(copy.column.table)}
    assert copy.column_ids
    assert copy.column_ids <= copied
    recipe = recipe_export.export(column)
    assert recipe["columns"] == ["Company", "Size"]
    assert (recipe["config"]["form"], recipe["config"]["body"]) == (PAIRS, None)


def test_a_recipe_leaves_out_what_is_named_like_a_secret(http: Callable[..., Column]) -> None:
    canary = "canary-4711"
    form = [{"name": "api_key", "value": canary}, {"name": "a", "value": "{{Company}}"}]
    assert canary not in str(recipe_export.export(http("Form", body_format="form", form=form)))
    body = f"<ask><password kind='x'>{canary}</password><token>{{{{Company}}}}</token></ask>"
    exported = recipe_export.export(http("XML", body_format="xml", body=body))["config"]["body"]
    assert exported == "<ask><password kind='x'></password><token>{{Company}}</token></ask>"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAME = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\{'), max_size=20)
    .map(str.strip)
    .filter(bool)
)


@settings(max_examples=60)
@given(st.lists(st.tuples(NAME, TEXT), min_size=1, max_size=4))
def test_any_multipart_form_is_read_by_django_as_it_was(pairs: list[tuple[str, str]]) -> None:
    form = [{"name": name, "value": f"{{{{V{index}}}}}"} for index, (name, _) in enumerate(pairs, 1)]
    config = {"method": "POST", "url": "https://api.example/", "body_format": "multipart", "form": form}
    names = {index: f"V{index}" for index, _ in enumerate(pairs, 1)}
    sent = request.compile(config, names).render({index: value for index, (_, value) in enumerate(pairs, 1)}).request
    assert sent.body is not None
    meta = {"CONTENT_TYPE": dict(sent.headers)["Content-Type"], "CONTENT_LENGTH": len(sent.body)}
    read, files = MultiPartParser(meta, io.BytesIO(sent.body), [MemoryFileUploadHandler()]).parse()
    expected: dict[str, list[str]] = {}
    for name, value in pairs:
        expected.setdefault(name, []).append(value)
    assert dict(read.lists()) == expected
    assert not files
