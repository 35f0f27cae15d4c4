"""Saved views that anybody with a link reads."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tables.models import Cell, Row, ViewLink
from tests.enrichment.api.test_api import Caller, http_column
from workspaces.models import AuditEntry, User
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def table(call: Caller) -> dict[str, Any]:
    columns = [{"name": "Company", "type": "text"}, {"name": "Size", "type": "number"}, {"name": "Note"}]
    made = call("POST", "/tables", {"name": "Leads", "columns": columns})[1]
    rows = [{"Company": f"Firm {n}", "Size": n, "Note": "for us alone"} for n in range(1, 151)]
    call("POST", f"/tables/{made['id']}/rows", {"rows": rows})
    return dict(made)


@pytest.fixture
def view(call: Caller, table: dict[str, Any]) -> dict[str, Any]:
    """The largest first, without notes and those below 10; the size comes before the name."""
    company, size, note = (column["id"] for column in table["columns"])
    body = {
        "name": "Large",
        "filter": [{"column": size, "op": "gte", "value": 10}],
        "sort": [{"column": size, "desc": True}],
        "hidden": [note],
        "order": [size, company, note],
    }
    return dict(call("POST", f"/tables/{table['id']}/views", body)[1])


@pytest.fixture
def link(call: Caller, view: dict[str, Any]) -> dict[str, Any]:
    status, made = call("POST", f"/views/{view['id']}/links", {"days": 7})
    assert status == 201
    return dict(made)


def opened(link: dict[str, Any], query: str = "") -> tuple[int, str]:
    response = Client().get(link["url"].removeprefix("http://127.0.0.1:8000") + query)
    return response.status_code, response.content.decode()


def test_a_stranger_reads_the_view_and_nothing_else(link: dict[str, Any]) -> None:
    response = Client().get(link["url"].removeprefix("http://127.0.0.1:8000"))
    page = response.content.decode()
    assert response.status_code == 200
    assert page.index(">Size</th>") < page.index(">Company</th>") < page.index("Firm 150") < page.index("Firm 149")
    assert "141 rows, read only" in page
    assert "Note" not in page
    assert "for us alone" not in page
    assert "Firm 50<" not in page
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]


def test_pages_follow_each_other(link: dict[str, Any]) -> None:
    status, page = opened(link, "?offset=100")
    assert status == 200
    assert "Firm 50<" in page
    assert "Firm 9<" not in page
    assert 'href="?offset=0"' in page
    assert 'rel="next"' not in page
    for odd in ("?offset=99999999999999999999", "?offset=-5", "?offset=x", "?offset="):
        assert opened(link, odd)[0] == 200


def test_a_link_opens_nothing_in_the_api(link: dict[str, Any], view: dict[str, Any]) -> None:
    token = link["url"].rpartition("/")[2]
    asked = Client().get(f"/api/v1/views/{view['id']}", headers={"Authorization": f"Bearer {token}"})
    assert asked.status_code == 401


def test_results_are_shown_without_what_was_sent(call: Caller, table: dict[str, Any], view: dict[str, Any]) -> None:
    column = http_column(call, table, url="https://secret.example/?key=canary")
    call("PATCH", f"/views/{view['id']}", {"order": None})
    row = Row.objects.filter(table_id=table["id"]).latest("pk")
    Cell.objects.create(
        row=row,
        column_id=column["id"],
        state="done",
        value={"city": "Ulm"},
        error_message="canary",
        error_detail="canary",
    )
    page = opened(call("POST", f"/views/{view['id']}/links", {"days": 1})[1])[1]
    assert "Profile</th>" in page
    assert "{&quot;city&quot;:&quot;Ulm&quot;}" in page
    assert "canary" not in page
    assert "secret.example" not in page


def test_a_link_ends_by_hand_and_by_itself(call: Caller, link: dict[str, Any], view: dict[str, Any]) -> None:
    other = call("POST", f"/views/{view['id']}/links", {})[1]
    assert call("DELETE", f"/links/{link['id']}")[0] == 204
    status, page = opened(link)
    assert status == 404
    assert "This link has ended" in page
    assert opened(other)[0] == 200
    ViewLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert opened(other)[0] == 404
    assert call("GET", f"/views/{view['id']}/links")[1] == {"items": [], "total": 0}


def test_a_link_ends_with_its_view_and_comes_back_with_it(call: Caller, link: dict[str, Any], view: Any) -> None:
    call("DELETE", f"/views/{view['id']}")
    assert opened(link)[0] == 404
    call("POST", f"/views/{view['id']}/restore")
    assert opened(link)[0] == 200
    call("DELETE", f"/tables/{view['table_id']}")
    assert opened(link)[0] == 404


def test_a_view_that_cannot_tell_its_rows_says_so(call: Caller, link: dict[str, Any], table: dict[str, Any]) -> None:
    call("DELETE", f"/columns/{table['columns'][1]['id']}")
    status, page = opened(link)
    assert status == 409
    assert "filters by a column that was deleted" in page


def test_only_editors_of_the_workspace_share(
    call: Caller, viewing: Caller, link: dict[str, Any], view: dict[str, Any], outsider: User
) -> None:
    assert viewing("POST", f"/views/{view['id']}/links", {})[0] == 403
    assert viewing("GET", f"/views/{view['id']}/links")[0] == 403
    assert viewing("DELETE", f"/links/{link['id']}")[0] == 403
    _, token = create_api_token(outsider.memberships.get().workspace, "tests", "owner", outsider)
    headers = {"Authorization": f"Bearer {token}"}
    assert Client().delete(f"/api/v1/links/{link['id']}", headers=headers).status_code == 404
    assert Client().get(f"/api/v1/views/{view['id']}/links", headers=headers).status_code == 404


def test_the_address_is_stored_and_logged_nowhere(call: Caller, link: dict[str, Any], view: dict[str, Any]) -> None:
    token = link["url"].rpartition("/")[2]
    [listed] = call("GET", f"/views/{view['id']}/links")[1]["items"]
    assert listed == {key: value for key, value in link.items() if key != "url"}
    assert token not in str(list(ViewLink.objects.values()))
    assert token not in str(list(AuditEntry.objects.values()))
    assert AuditEntry.objects.filter(action="view.shared").count() == 1


def test_a_view_has_so_many_links(call: Caller, view: dict[str, Any]) -> None:
    made = [call("POST", f"/views/{view['id']}/links", {})[0] for _ in range(21)]
    assert made == [201] * 20 + [422]
    assert call("POST", f"/views/{view['id']}/links", {"days": 0})[0] == 422
    assert call("POST", f"/views/{view['id']}/links", {"days": 367})[0] == 422


def test_a_long_value_says_how_long_it_is(call: Caller, link: dict[str, Any], table: dict[str, Any]) -> None:
    call("POST", f"/tables/{table['id']}/rows", {"rows": [{"Company": "<b>" + "x" * 600, "Size": 9999}]})
    page = opened(link)[1]
    assert "&lt;b&gt;xxx" in page
    assert "x… (603 characters)" in page


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1234567", "1,234,567"),
        ("-1234.50", "-1,234.50"),
        ("123456789012345678901", "123,456,789,012,345,678,901"),
        ("999", "999"),
        ("0042", "0042"),
        ("12e5", "12e5"),
    ],
)
def test_numbers_are_grouped_as_in_the_grid(value: str, shown: str, call: Caller) -> None:
    table = call("POST", "/tables", {"name": "Leads", "columns": [{"name": "Size", "type": "number"}]})[1]
    call("POST", f"/tables/{table['id']}/rows", {"rows": [{"Size": value}]})
    view = call("POST", f"/tables/{table['id']}/views", {"name": "All"})[1]
    assert f'<td class="num">{shown}</td>' in opened(call("POST", f"/views/{view['id']}/links", {})[1])[1]
