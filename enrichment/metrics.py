"""What Prometheus reads: ids and numbers, no names. Every value is looked up when it is asked for."""

from collections.abc import Iterator

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from enrichment import runs, status
from enrichment.models import Run
from enrichment.results import COUNTED

MOST_RUNS = 200  # told one by one


class _Parts(Collector):
    def collect(self) -> Iterator[Metric]:
        parts = status.look()
        up = GaugeMetricFamily("marl_up", "Whether a part answers (1) or not (0).", labels=["part"])
        up.add_metric(["scheduler"], parts.scheduler)
        for part in ("database", "redis", "worker"):
            up.add_metric([part], part not in parts.down)
        yield up
        yield GaugeMetricFamily("marl_workers", "Worker processes that answer.", value=len(parts.workers))
        yield GaugeMetricFamily("marl_tasks_waiting", "Tasks that no worker has taken yet.", value=parts.waiting)
        busy = sum(worker.busy for worker in parts.workers)
        yield GaugeMetricFamily("marl_tasks_under_way", "Tasks that workers are at.", value=busy)


class _Runs(Collector):
    def collect(self) -> Iterator[Metric]:
        states = dict(Run.objects.values_list("state").annotate(Count("pk")))
        by_state = GaugeMetricFamily("marl_runs", "Runs by state.", labels=["state"])
        for state in Run.State.values:
            by_state.add_metric([state], states.get(state, 0))
        yield by_state
        ended = Run.objects.aggregate(**{name: Sum(name) for name in COUNTED})
        rows = CounterMetricFamily("marl_rows", "Rows that runs have ended, by how.", labels=["state"])
        for name in COUNTED:
            rows.add_metric([name], ended[name] or 0)
        yield rows
        yield from _of_open_runs()


def _of_open_runs() -> Iterator[Metric]:
    labels = ["run", "column"]
    rows = GaugeMetricFamily("marl_run_rows", "Rows of an open run, by state.", labels=[*labels, "state"])
    rate = GaugeMetricFamily("marl_run_rows_per_second", "Rows a second of an open run.", labels=labels)
    left = GaugeMetricFamily("marl_run_seconds_left", "Seconds until an open run ends, by its rate.", labels=labels)
    for run in Run.objects.filter(state__in=runs.OPEN).order_by("-pk")[:MOST_RUNS]:
        told, ids = runs.as_json(run), [str(run.pk), str(run.column_id)]
        for state, number in told["counts"].items():
            rows.add_metric([*ids, state], number)
        for family, value in ((rate, told["rate_per_s"]), (left, told["seconds_left"])):
            if value is not None:
                family.add_metric(ids, value)
    yield from (rows, rate, left)


def registry() -> CollectorRegistry:
    made = CollectorRegistry(auto_describe=False)
    made.register(_Parts())
    if status.database_answers():
        made.register(_Runs())
    return made


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)
