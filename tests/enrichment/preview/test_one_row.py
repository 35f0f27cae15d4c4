"""One row, sent once, as the API gives it."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from enrichment.preview import one_row
from tables import row_order
from tables.models import Column, Table
from tests.servers import misbehaving

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_redirects_of_an_attempt_stand_beside_its_request(
    http: Callable[..., Column], leads: Table, settings: Settings
) -> None:
    settings.MARL_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    [row] = row_order.window(leads.pk, 0, 1)
    with misbehaving.serving() as server:
        column = http(url=f"{server.url}/see_other", method="GET", body=None)
        [attempt] = one_row.send(column, row.pk)["attempts"]
        then = f"{server.url}/whole_answer"
    assert attempt["hops"] == [{"status": 303, "method": "GET", "url": then, "credentials": None}]
    assert set(attempt["request"]) == {"method", "url", "headers", "body"}
