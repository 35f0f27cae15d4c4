"""Leases that are counted, on the runners of a run."""

from collections.abc import Callable

import pytest

from enrichment.models import Runner
from enrichment.runs import lifecycle
from tables.models import Column

pytestmark = pytest.mark.django_db


@pytest.fixture
def runner(http: Callable[..., Column]) -> Runner:
    return lifecycle.plan(http(), "all").runners.get()


def test_a_lease_lapses_when_two_sweeps_find_the_same_count(runner: Runner) -> None:
    assert not Runner.objects.lapsed().exists()
    Runner.objects.note()
    assert Runner.objects.lapsed().get() == runner


def test_a_lease_that_is_renewed_does_not_lapse(runner: Runner) -> None:
    for _ in range(3):
        Runner.objects.note()
        assert Runner.objects.filter(pk=runner.pk).renew()
        assert not Runner.objects.lapsed().exists()


def test_a_lease_that_was_renewed_meanwhile_is_not_taken_back(runner: Runner) -> None:
    Runner.objects.note()
    lapsed = Runner.objects.lapsed()
    Runner.objects.filter(pk=runner.pk).renew()
    assert not lapsed.update(worker_id=None)


def test_a_lease_that_is_gone_cannot_be_renewed(runner: Runner) -> None:
    assert not Runner.objects.filter(pk=runner.pk + 1).renew()
