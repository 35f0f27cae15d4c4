"""What Prometheus reads: ids and numbers, no names. No value needs more than a few rows or keys to look up."""

import contextlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Func, IntegerField, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from redis import RedisError

from enrichment.models import Claim, Run, Runner, Worker
from enrichment.monitoring import probes
from enrichment.runs import progress
from enrichment.runs.results import COUNTED
from tables.redis import client

log = logging.getLogger(__name__)

MOST_RUNS = 200  # that have figures of their own
ATTEMPTS = "marl:attempts"  # {outcome: attempts}


def outcome(response: Mapping[str, object] | None, error: Mapping[str, object] | None) -> str:
    """Returns the HTTP status of an attempt, or the code of its error when there was no response."""
    return str(response["status"] if response else (error or {}).get("code", "none"))


def count_attempts(outcomes: Counter[str]) -> None:
    """Counts attempts as they are stored: their table is never counted. While Redis is away they are not."""
    with contextlib.suppress(RedisError), client().pipeline(transaction=False) as counting:
        for outcome, number in outcomes.items():
            counting.hincrby(ATTEMPTS, outcome, number)
        counting.execute()


def page(request: HttpRequest) -> HttpResponse:
    """Answers with what there is when the database or Redis does not; asks for a token where one is set."""
    if settings.METRICS_TOKEN and not _sends_token(request):
        asks = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("Send MARL_METRICS_TOKEN as a bearer token.\n", "text/plain", 401, headers=asks)
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def _sends_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.METRICS_TOKEN)


def registry() -> CollectorRegistry:
    """Returns the metrics of the parts that answer."""
    parts = probes.probe()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Metrics(_of_parts(parts)))
    if parts.redis:
        registry.register(_Metrics(_of_redis(parts.redis)))
    if parts.database:
        registry.register(_Metrics(_of_database(parts.database)))
    return registry


class _Metrics(Collector):
    def __init__(self, metrics: Iterator[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Yields the metrics up to where the database or Redis stops answering."""
        try:
            yield from self.metrics
        except (DatabaseError, RedisError) as error:
            log.warning("not all metrics could be read: %s", error)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _of_parts(parts: probes.Parts) -> Iterator[Metric]:
    up = GaugeMetricFamily("marl_up", "Whether a part answers (1) or not (0).", labels=["part"])
    up.add_metric(["scheduler"], parts.scheduler)
    for part in ("database", "redis", "worker"):
        up.add_metric([part], part not in parts.down)
    yield up
    yield _gauge("marl_workers", "Worker processes that answer.", len(parts.workers))
    busy = sum(worker.busy for worker in parts.workers)
    yield _gauge("marl_tasks_under_way", "Tasks that workers are running.", busy)
    if (free := probes.data_folder_free()) is not None:
        yield _gauge("marl_data_folder_free_bytes", "Free space on the disk of the data folder.", free)


def _of_redis(server: probes.Redis) -> Iterator[Metric]:
    yield _gauge("marl_tasks_waiting", "Tasks that wait for a worker.", server.waiting)
    yield _gauge("marl_redis_memory_bytes", "Memory that Redis uses.", server.memory)
    attempts = CounterMetricFamily("marl_attempts", "Requests sent, by status or error code.", labels=["outcome"])
    by_outcome: dict[Any, Any] = client().hgetall(ATTEMPTS)
    for outcome, number in sorted(by_outcome.items()):
        attempts.add_metric([outcome.decode()], int(number))
    yield attempts


def _of_database(database: probes.Database) -> Iterator[Metric]:
    yield _gauge("marl_database_bytes", "Size of the database.", database.size)
    yield from _of_runs()
    yield from _of_open_runs()
    yield from _of_sending()


def _of_runs() -> Iterator[Metric]:
    states = dict(Run.objects.order_by().values_list("state").annotate(Count("pk")))
    by_state = GaugeMetricFamily("marl_runs", "Runs by state.", labels=["state"])
    for state in Run.State.values:
        by_state.add_metric([state], states.get(state, 0))
    yield by_state
    ended = Run.objects.aggregate(**{name: Sum(name) for name in COUNTED})
    rows = CounterMetricFamily("marl_rows", "Rows that runs have finished, by state.", labels=["state"])
    for name in COUNTED:
        rows.add_metric([name], ended[name] or 0)
    yield rows


def _of_open_runs() -> Iterator[Metric]:
    labels = ["run", "column"]
    rows = GaugeMetricFamily("marl_run_rows", "Rows of an open run, by state.", labels=[*labels, "state"])
    rate = GaugeMetricFamily("marl_run_rows_per_second", "Rows per second of an open run.", labels=labels)
    left = GaugeMetricFamily("marl_run_seconds_left", "Seconds until an open run ends at that rate.", labels=labels)
    for run in Run.objects.filter(state__in=Run.OPEN).order_by("-pk")[:MOST_RUNS]:
        described, ids = progress.as_json(run), [str(run.pk), str(run.column_id)]
        for state, number in described["counts"].items():
            rows.add_metric([*ids, state], number)
        for family, value in ((rate, described["rate_per_s"]), (left, described["seconds_left"])):
            if value is not None:
                family.add_metric(ids, value)
    yield from (rows, rate, left)


def _of_sending() -> Iterator[Metric]:
    length = "jsonb_array_length" if connection.vendor == "postgresql" else "json_array_length"
    rows = Sum(Func("row_ids", function=length, output_field=IntegerField()))
    claimed = Claim.objects.filter(worker_id__isnull=False).aggregate(rows=rows)
    yield _gauge("marl_rows_in_flight", "Rows that workers have claimed and not finished.", claimed["rows"] or 0)
    runners = Runner.objects.filter(run__state__in=Run.OPEN).aggregate(all=Count("pk"), busy=Count("worker_id"))
    # Alerts know runners by their old name until the release after the one that renamed them.
    for name in ("marl_runners", "marl_lanes"):
        family = GaugeMetricFamily(name, "Runners of open runs: busy with a step, or free.", labels=["state"])
        family.add_metric(["busy"], runners["busy"])
        family.add_metric(["free"], runners["all"] - runners["busy"])
        yield family
    yield _gauge("marl_sending_processes", "Processes that send and have a heartbeat.", Worker.objects.count())
