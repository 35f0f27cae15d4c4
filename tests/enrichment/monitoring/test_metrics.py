"""Who may read the metrics."""

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def test_metrics_are_open_without_a_token_of_their_own(client: Client) -> None:
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize("sent", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic abc"}])
def test_metrics_ask_for_their_token(sent: dict[str, str], client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "abc"
    answer = client.get("/metrics", headers=sent)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert b"marl_up" not in answer.content


def test_metrics_take_their_token(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "abc"
    answer = client.get("/metrics", headers={"authorization": "Bearer abc"})
    assert (answer.status_code, b"marl_up" in answer.content) == (200, True)
