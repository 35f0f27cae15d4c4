"""Simulates many workers, runs and people, to see who waits, how fairly work is shared, and what saturates first.

`python -m benchmarks.simulate [--runs 1000] [--workers 1,2,4,50,200] [--seconds 60] [--seed 1]`. Workers, the database
and Redis are servers with a queue each, and every piece of work takes the processor's time that it was measured to
take. The rules are those of the product: a step lasts at most five seconds and goes to the end of its queue, workers
look into the queues in its order, a claim has as many rows as go out while the next ones are claimed, a run has up to
four runners and so many requests under way. Large runs are under way all the time; people start runs of ten rows beside
them, and wait for their first cell. Other tables show the same if all tasks stood in one queue, as they once did, if
all large runs began in one moment, and how these go on while a great many small ones are started.
"""

import argparse
import os
import random
import statistics
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from benchmarks.discrete_events import Clock, Process, Server
from tables import queues
from tables.queues import FirstOnesFirst

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of a processor, measured with `benchmarks.runs` on PostgreSQL; the request language is in `worker`."""

    worker: float = 1000e-6  # a row: claim, render, send, read, store, all that Python does
    database: float = 190e-6  # a row: claim and store
    claim: float = 2e-3  # a claim, and a step, whatever their rows
    redis: float = 17e-6  # a row: permits, events, counts
    task: float = 100e-6  # a task on its way through Redis


@dataclass(frozen=True, slots=True)
class Place:
    """What is simulated."""

    workers: int
    runs: int = 1000
    hosts: int = 200  # that the runs send to
    latency: float = 0.2  # seconds that an API takes
    in_flight: int = 64  # requests of a column
    per_host: int = 256
    rate: float | None = None  # requests a second that each run may send
    people: float = 2.0  # runs of ten rows that are started each second
    small: int = 10
    threads: int = 16  # tasks of a worker at a time
    one_queue: bool = False
    begin_at_once: bool = False  # the large runs, which else have begun before
    database_cores: int = 16
    costs: Costs = Costs()


class Worker(Server):
    """One core, whose threads take tasks from the queues."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, 1)
        self._order = FirstOnesFirst()
        self._order.update(queues.NAMES)

    def take(self, tasks: dict[str, deque["Task"]]) -> "Task":
        name = next(name for name in self._order.consume(len(tasks)) if tasks[name])
        self._order.rotate(name)
        return tasks[name].popleft()


@dataclass(slots=True)
class Run:
    """A run, with the requests that share its cap."""

    host: int
    total: float = float("inf")  # rows
    rows: float = float("inf")  # that are still to be claimed
    begun_at: float = 0.0
    first_at: float | None = None
    done: int = 0
    steps: int = 0  # under way now
    next_start: float = 0.0  # of a request, by its rate limit

    def count(self, rows: int) -> None:
        self.done += rows


@dataclass(frozen=True, slots=True)
class Task:
    """The next step of a runner of a run, and since when it waits."""

    run: Run
    runner: int
    since: float


@dataclass(slots=True)
class Figures:
    """What came of it."""

    place: Place
    cells: float  # a second
    of_large: float  # of them, those of large runs
    busy: dict[str, float]  # the part of its time that a server works
    task_waits: list[float]  # seconds
    first_cells: list[float]  # seconds, of small runs
    unserved: int  # small runs that had no cell when time was up
    by_run: list[int]  # cells of the large runs

    @property
    def fairness(self) -> float:
        """Jain's index over runs that are alike: 1 if all got the same, 1/n if one got all."""
        squares = sum(number * number for number in self.by_run)
        return sum(self.by_run) ** 2 / (len(self.by_run) * squares) if squares else 0.0

    @property
    def bottleneck(self) -> str:
        """What has no time left, if anything."""
        name = max(self.busy, key=lambda name: self.busy[name])
        return name if self.busy[name] > 0.9 else "the APIs"


class Simulation:
    """A place in which everything happens that the rules say."""

    def __init__(self, place: Place, seed: int = 1) -> None:
        self.place, self.random, self.clock = place, random.Random(seed), Clock()
        self.rules = rules()
        self.workers = [Worker(self.clock) for _ in range(place.workers)]
        self.database, self.redis = Server(self.clock, place.database_cores), Server(self.clock, 1)
        self.free = [worker for worker in self.workers for _ in range(place.threads)]
        self.tasks: dict[str, deque[Task]] = {name: deque() for name in queues.NAMES}
        self.waits: list[float] = []  # of tasks, until a worker took them
        self.at_hosts = [0] * place.hosts  # steps under way
        self.large = [Run(self.random.randrange(place.hosts)) for _ in range(place.runs)]
        self.small: list[Run] = []

    def run(self, seconds: float) -> Figures:
        """Returns what came of so many seconds."""
        for run in self.large:
            self._open(run, begins=self.place.begin_at_once)
        self.clock.start(self._people())
        self.clock.run(seconds)
        served = [run for run in self.small if run.first_at is not None and run.first_at <= seconds]
        busy = {
            "workers": statistics.mean(worker.busy for worker in self.workers),
            "database": self.database.busy,
            "Redis": self.redis.busy,
        }
        return Figures(
            self.place,
            cells=sum(run.done for run in (*self.large, *self.small)) / seconds,
            of_large=sum(run.done for run in self.large) / seconds,
            busy=busy,
            task_waits=self.waits + [seconds - task.since for tasks in self.tasks.values() for task in tasks],
            first_cells=[run.first_at - run.begun_at for run in served if run.first_at is not None],
            unserved=len(self.small) - len(served),
            by_run=[run.done for run in self.large],
        )

    def _people(self) -> Process:
        while True:
            yield self.random.expovariate(self.place.people)
            few = self.place.small
            run = Run(self.random.randrange(self.place.hosts), few, few, self.clock.now)
            self.small.append(run)
            self._open(run)

    def _open(self, run: Run, *, begins: bool = True) -> None:
        for number in range(self.rules.runners(_number(run.total), self.place.rate)):
            self._send(run, number, begins=begins)

    def _send(self, run: Run, number: int, *, begins: bool = False) -> None:
        """Sends a task, which the first free worker takes."""
        self.redis.serve(self.place.costs.task)
        name = self.rules.queue_of(number, _number(run.total), begins=begins)
        self.tasks[queues.FIRST if self.place.one_queue else name].append(Task(run, number, self.clock.now))
        self._take()

    def _take(self) -> None:
        while self.free and any(self.tasks.values()):
            at = self.random.randrange(len(self.free))
            self.free[at], self.free[-1] = self.free[-1], self.free[at]
            worker = self.free.pop()
            task = worker.take(self.tasks)
            self.waits.append(self.clock.now - task.since)
            self.clock.start(self._step(task, worker))

    def _later(self, seconds: float, what: Callable[[], object]) -> None:
        def wait() -> Process:
            yield seconds
            what()

        self.clock.start(wait())

    def _step(self, task: Task, worker: Worker) -> Process:
        """Claims and sends until its time is over, and sends the next step to the end of its queue."""
        run = task.run
        deadline = self.clock.now + self.rules.step * self.random.uniform(0.7, 1)
        run.steps += 1
        self.at_hosts[run.host] += 1
        yield self.database.serve(self.place.costs.claim)  # it takes its runner, and reads its settings
        rows = self._claimable(run, self.place.in_flight, deadline)
        yield self._claim(run, rows)
        stored = 0.0
        while rows:
            sending = self._sending(run, rows, worker)
            stored = self._store(run, rows, sending)
            more = self.clock.now < deadline
            rows = self._claimable(run, self.rules.portion(self.place.in_flight), deadline) if more else 0
            yield max(sending, self._claim(run, rows))
        if not run.rows:  # otherwise the next step goes on while requests of this one are under way
            yield max(0.0, min(deadline, stored) - self.clock.now)
        run.steps -= 1
        self.at_hosts[run.host] -= 1
        if run.rows:
            pause = min(self.rules.longest_pause, max(0.0, run.next_start - self.clock.now - self.rules.overtime))
            self._later(pause, partial(self._send, run, task.runner))
        self.free.append(worker)
        self._take()

    def _claimable(self, run: Run, most: int, deadline: float) -> int:
        """Returns how many rows are claimed: no more than may start in this step; what is left over is released."""
        place = self.place
        left = deadline + self.rules.overtime - self.clock.now
        startable = [run.rows, most, max(1.0, left * self._at_once(run) / place.latency)]
        if place.rate:
            startable.append((deadline + self.rules.overtime - max(self.clock.now, run.next_start)) * place.rate)
        return max(0, int(min(startable)))

    def _at_once(self, run: Run) -> float:
        """Returns how many requests each step of the run has under way."""
        return min(self.place.in_flight / run.steps, self.place.per_host / self.at_hosts[run.host])

    def _claim(self, run: Run, rows: int) -> float:
        if not rows:
            return 0.0
        run.rows -= rows
        return self.database.serve(self.place.costs.claim + rows * self.place.costs.database / 2)

    def _sending(self, run: Run, rows: int, worker: Server) -> float:
        """Returns the seconds until these rows are sent: as long as what is slowest takes."""
        place = self.place
        slowest = [
            place.latency * rows / self._at_once(run),
            worker.serve(rows * place.costs.worker),
            self.redis.serve(rows * place.costs.redis),
        ]
        if place.rate:
            run.next_start = max(run.next_start, self.clock.now) + rows / place.rate
            slowest.append(run.next_start - self.clock.now)
        return max(slowest)

    def _store(self, run: Run, rows: int, sending: float) -> float:
        """Stores rows as their answers come, and returns when the last ones are."""
        wait = self.rules.first_wait if run.first_at is None else self.rules.store_wait
        after = self.place.latency + wait + self.database.serve(rows * self.place.costs.database / 2)
        run.first_at = self.clock.now + after if run.first_at is None else run.first_at
        self._later(sending + after, partial(run.count, rows))
        return self.clock.now + sending + after


def _number(rows: float) -> int:
    """Returns a whole number, for a run without an end a large one."""
    return int(min(rows, 1_000_000))


@dataclass(frozen=True, slots=True)
class Rules:
    """Those of the product, by which everything happens."""

    runners: Callable[[int, float | None], int]
    queue_of: Callable[..., str]
    portion: Callable[[int], int]
    step: float
    overtime: float
    longest_pause: float
    store_wait: float
    first_wait: float


def rules() -> Rules:
    """Reads them where the product has them, which needs the settings of Django."""
    import django

    django.setup()
    from enrichment.runs import runners
    from enrichment.worker import budget, pipeline, step, writer

    return Rules(
        runners.how_many,
        runners.queue_of,
        pipeline.portion,
        budget.STEP_SECONDS,
        budget.OVERTIME,
        step.LONGEST_PAUSE,
        writer.LONGEST_WAIT,
        writer.FIRST_WAIT,
    )


HEAD = (
    "                   of large  processor's time of        task waits     first cell         runs          bound\n"
    "workers   cells/s      runs  workers  database  Redis    p50    p99    p50    p99  unserved  fairness  by"
)


def line(figures: Figures) -> str:
    """Returns a line of the table; waits are in seconds."""
    busy = figures.busy
    waits = (_part(values, percent) for values in (figures.task_waits, figures.first_cells) for percent in (50, 99))
    return (
        f"{figures.place.workers:7,} {figures.cells:9,.0f} {figures.of_large:9,.0f}"
        f" {busy['workers']:8.0%} {busy['database']:9.0%}"
        f" {busy['Redis']:6.0%} {' '.join(f'{wait:>6}' for wait in waits)}"
        f" {figures.unserved:9,} {figures.fairness:9.2f}  {figures.bottleneck}"
    )


def _part(values: Sequence[float], percent: int) -> str:
    """Returns what so many percent of these are below; a dash for none."""
    if len(values) < 2:
        return "–"
    return f"{statistics.quantiles(values, n=100, method='inclusive')[percent - 1]:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="large ones that are open all the time")
    parser.add_argument("--workers", default="1,2,4,16,50,100,200")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that an API takes")
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--rate", type=float, help="requests a second of each run")
    parser.add_argument("--people", type=float, default=2.0, help="runs of ten rows that are started each second")
    parser.add_argument("--cores", type=int, default=16, help="of the database")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    place = Place(
        workers=1,
        runs=given.runs,
        hosts=given.hosts,
        latency=given.latency,
        rate=given.rate,
        people=given.people,
        database_cores=given.cores,
    )
    print(
        f"{given.runs:,} large runs at {given.hosts:,} APIs that take {given.latency} s, {given.cores} database cores,"
    )
    print(f"{given.people:g} runs of ten rows a second, {given.seconds:.0f} s, seed {given.seed}")
    crowd = replace(place, people=100 * place.people)
    for words, kind in (
        ("As it is:", place),
        ("If all tasks stood in one queue:", replace(place, one_queue=True)),
        ("If all large runs began in one moment:", replace(place, begin_at_once=True)),
        (f"With {crowd.people:g} runs of ten rows a second:", crowd),
    ):
        print(f"\n{words}\n{HEAD}")
        for workers in map(int, given.workers.split(",")):
            print(line(Simulation(replace(kind, workers=workers), given.seed).run(given.seconds)), flush=True)


if __name__ == "__main__":
    main()
