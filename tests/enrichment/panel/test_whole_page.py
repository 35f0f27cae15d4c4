"""The address of a part of a page leads a browser to the whole page."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from enrichment.models import Source
from enrichment.sources import settings as source_settings
from tables.models import Column, Table
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PART = {"HX-Request": "true", "Accept": "text/html"}


@pytest.fixture
def browser(editor: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(editor)


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the names of all addresses with what they take."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if not pattern.namespace:  # the API has its own
                yield from addresses(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, pattern.pattern.converters


@pytest.fixture
def source(leads: Table, editor: User) -> Source:
    fields = [{"path": "name", "column": "Company"}]
    given = {"config": {"url": "https://crm.example/accounts"}, "columns": fields}
    return source_settings.create(leads, editor, "CRM accounts", given)


def test_what_a_browser_opens_is_a_whole_page(
    browser: Client, leads: Table, http: Callable[..., Column], source: Source
) -> None:
    ids = {"table_id": leads.pk, "column_id": http().pk, "source_id": source.pk, "kind": "formula"}
    opened = []
    for name, taken in addresses(get_resolver()):
        if not taken or taken.keys() - ids:
            continue
        answer = browser.get(reverse(name, kwargs={key: ids[key] for key in taken}), headers=BROWSER, follow=True)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            assert "<!doctype html>" in answer.content.decode().lower(), name
            opened.append(name)
    assert {"table", "sources", "new_source", "source", "source_runs", "webhook_posts"} < set(opened)
    assert {"new_panel", "column_panel", "estimate_column", "rows_new", "new_formula_panel"} < set(opened)


def test_the_address_of_a_form_is_no_blank_page(browser: Client, leads: Table, source: Source) -> None:
    for path in (f"/sources/{source.pk}/run", f"/tables/{leads.pk}/panel/preview", "/sign-out"):
        answer = browser.get(path, headers=BROWSER)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert "Page not found" in answer.content.decode()
        assert "Connections" in answer.content.decode()  # the way to all pages
    assert browser.get(f"/sources/{source.pk}/run").content == b""  # a script asked


def test_a_page_asks_for_its_parts_as_before(browser: Client, leads: Table, source: Source) -> None:
    for path in (f"/tables/{leads.pk}/sources", f"/sources/{source.pk}", f"/tables/{leads.pk}/panel/new"):
        answer = browser.get(path, headers=PART)
        assert answer.status_code == 200
        assert "<!doctype" not in answer.content.decode().lower()


@pytest.mark.parametrize(
    ("path", "panel"),
    [
        ("/tables/{table}/sources", "/tables/{table}/sources"),
        ("/tables/{table}/sources/webhook/posts", "/tables/{table}/sources"),
        ("/tables/{table}/sources/new", "/tables/{table}/sources/new"),
        ("/sources/{source}", "/sources/{source}"),
        ("/sources/{source}/runs", "/tables/{table}/sources"),
        ("/columns/{column}/panel", "/columns/{column}/panel"),
        ("/columns/{column}/panel/estimate", "/columns/{column}/panel"),
        ("/tables/{table}/panel/new/formula", "/tables/{table}/panel/new/formula"),
        ("/tables/{table}/panel/new/lookup", "/tables/{table}/panel/new/lookup"),
    ],
)
def test_it_opens_the_panel_that_was_meant(
    path: str, panel: str, browser: Client, leads: Table, http: Callable[..., Column], source: Source
) -> None:
    ids = {"table": leads.pk, "column": http().pk, "source": source.pk}
    answer = browser.get(path.format(**ids), headers=BROWSER, follow=True)
    [(_, status)] = answer.redirect_chain
    assert status == 302
    url = answer.wsgi_request
    assert (url.path, url.GET["panel"]) == (f"/tables/{leads.pk}", panel.format(**ids))


def test_whoever_may_not_see_the_part_is_led_nowhere(
    source: Source, outsider: User, client_for: Callable[[User], Client]
) -> None:
    stranger = client_for(outsider)
    for path in (f"/tables/{source.table_id}/sources", f"/sources/{source.pk}", f"/sources/{source.pk}/runs"):
        assert stranger.get(path, headers=BROWSER).status_code == 404
