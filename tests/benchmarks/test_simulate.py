"""The simulation keeps the rules of the product, and its figures are those that can be told beforehand."""

import statistics
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks import simulate
from benchmarks.discrete_events import Clock, Server
from benchmarks.simulate import Costs, Figures, Place, Simulation

ALONE = Place(workers=1, runs=1, hosts=1, people=0.001)


def simulated(place: Place, seconds: float = 20, seed: int = 1) -> Figures:
    return Simulation(place, seed).run(seconds)


def test_what_is_asked_of_a_server_is_done_in_turn() -> None:
    clock = Clock()
    one, two = Server(clock, 1), Server(clock, 2)
    assert [one.serve(2), one.serve(1), two.serve(2), two.serve(1), two.serve(1)] == [2, 3, 2, 1, 2]
    clock.run(2.5)
    assert (one.busy, two.busy) == (1.0, 0.8)
    assert one.serve(1) == 1.5


def test_the_same_seed_gives_the_same_figures() -> None:
    place = Place(workers=3, runs=20)
    assert simulated(place) == simulated(place)
    assert simulated(place) != simulated(place, seed=2)


def test_a_worker_does_as_much_as_its_processor_can() -> None:
    figures = simulated(Place(workers=2, runs=8, hosts=8, latency=0.01, costs=Costs(worker=1e-3)))
    assert figures.cells == pytest.approx(2000, rel=0.03)
    assert (figures.bottleneck, round(figures.busy["workers"], 2)) == ("workers", 1.0)


def test_a_run_has_no_more_requests_under_way_than_its_cap() -> None:
    figures = simulated(Place(workers=10, runs=1, hosts=1, people=0.001, latency=1.0, in_flight=64))
    assert 45 < figures.cells <= 64
    assert figures.bottleneck == "the APIs"


def test_a_host_has_no_more_than_its_own() -> None:
    figures = simulated(Place(workers=20, runs=20, hosts=1, people=0.001, latency=1.0, per_host=256))
    assert figures.cells <= 256


def test_a_rate_limit_is_kept() -> None:
    figures = simulated(Place(workers=2, runs=4, hosts=4, people=0.001, rate=10), seconds=60)
    assert 4 * 10 * 0.85 < figures.cells <= 4 * 10 * 1.02


def test_runs_that_are_alike_get_alike_and_small_ones_are_served_while_there_is_room() -> None:
    figures = simulated(Place(workers=8, runs=16, hosts=16, people=1.0), seconds=60)
    assert figures.fairness > 0.95
    assert figures.unserved <= 1
    assert max(figures.first_cells) < 2


def test_small_runs_wait_where_all_threads_are_busy_if_there_is_one_queue() -> None:
    crowded = Place(workers=1, runs=100, people=1.0)
    assert simulated(replace(crowded, one_queue=True), 30).first_cells == []
    figures = simulated(crowded, 60)
    assert len(figures.first_cells) > 5 * figures.unserved
    assert statistics.median(figures.first_cells) < 5


def test_large_runs_go_on_however_many_small_ones_are_started() -> None:
    crowd = Place(workers=1, runs=100, people=200.0)
    alone = simulated(replace(crowd, people=0.001), 60).of_large
    assert simulated(crowd, 60).of_large > 0.8 * alone


def test_the_database_is_the_bottleneck_where_it_is_small() -> None:
    figures = simulated(Place(workers=8, runs=32, hosts=32, database_cores=1, costs=Costs(database=1e-3)))
    assert figures.bottleneck == "database"
    assert figures.cells < 1000


def test_it_claims_as_workers_do() -> None:
    from enrichment.worker.pipeline import Pipeline

    config = SimpleNamespace(max_in_flight=64)
    step = SimpleNamespace(
        job=SimpleNamespace(compiled=SimpleNamespace(config=config), limiter=SimpleNamespace(within=lambda _: None)),
        budget=SimpleNamespace(seconds_to_claim=5.0),
    )
    claimed = vars(Pipeline)["_requests_to_claim"].fget
    assert claimed(step) == simulate.rules().portion(64) == 128


def test_a_line_stands_under_its_heads() -> None:
    figures = simulated(ALONE, 5)
    assert len(simulate.line(figures).rsplit("  ", 1)[0]) == len(simulate.HEAD.splitlines()[1].rsplit("  ", 1)[0])
