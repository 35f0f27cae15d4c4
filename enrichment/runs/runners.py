"""The runners of a run: up to four chains of tasks that advance it at the same time, one step after another.

A step holds its runner while it works. Between steps whoever has the token goes on; when the broker lost it, or the
worker is gone, the sweep sees that the runner made no step since the last sweep and sends it on its way again.
"""

from uuid import uuid4

from django.db.models import Q

from enrichment.models import HttpColumn, Run, Runner
from enrichment.schema import HttpConfig
from tables import dispatch, queues

ADVANCE = "enrichment.advance"
MOST = 4
REQUESTS = 250  # that are worth another runner
RATE = 25  # requests a second that are worth another runner: while one is between two steps, the others go on
FEW = 10  # rows of a run that somebody waits for to its end


def open_for(run: Run) -> None:
    """Gives the run its runners and sends them on. In the transaction that plans the run."""
    Runner.objects.bulk_create([Runner(run=run, number=number) for number in range(_number_for(run))])
    go_on(run.pk)


def _number_for(run: Run) -> int:
    config = HttpConfig(**HttpColumn.objects.get(column_id=run.column_id).config)
    limit = config.rate_limit
    rate = limit.requests * 1000 / limit.duration_ms if limit else None
    return how_many(run.total // (config.batch.rows if config.batch else 1), rate)


def how_many(requests: int, rate: float | None) -> int:
    """Returns how many runners so many requests are worth, under a limit of so many a second."""
    number = min(MOST, 1 + requests // REQUESTS)
    return number if rate is None else min(number, 1 + int(rate // RATE))


def go_on(run_id: int) -> None:
    """Sends on every runner of the run that is not in a step."""
    free = Runner.objects.filter(run_id=run_id, worker_id=None)
    free.update(token="")
    for runner in free.select_related("run"):
        _send(runner.run, "", runner.number, begins=True)


def send(run_id: int, token: str, number: int, *, delay: float = 0) -> None:
    """Sends a runner to its next step, `delay` seconds from now."""
    if run := Run.objects.filter(pk=run_id).only("total").first():
        _send(run, token, number, delay=delay)


def _send(run: Run, token: str, number: int, *, begins: bool = False, delay: float = 0) -> None:
    """Sends a task; `begins` where the run comes to its first step, or to the first one after a pause."""
    dispatch.send(ADVANCE, run.pk, token, number, delay=delay, queue=queue_of(number, run.total, begins=begins))


def queue_of(number: int, rows: int, *, begins: bool) -> str:
    """Returns where a step of this runner of a run waits: the first one, and those of a short run, before all others.

    One runner is enough for the first cell.
    """
    return queues.FIRST if rows <= FEW or (begins and number == 0) else queues.LATER


def hasten(run_id: int, seconds: float) -> None:
    """Has the first runner take its next step in so many seconds, if it waits for one that may be later."""
    waiting = Runner.objects.filter(run_id=run_id, number=0, worker_id=None)
    if waiting.update(token=""):
        send(run_id, "", 0, delay=seconds)


def acquire(run_id: int, number: int, token: str, worker_id: int) -> str | None:
    """Puts the runner into a step of this worker and returns its token; None when it is in another step."""
    token = token or uuid4().hex
    free = Runner.objects.filter(Q(token="") | Q(token=token), run_id=run_id, number=number, worker_id=None)
    return token if free.renew(token=token, worker_id=worker_id) else None


def release(run_id: int, number: int, token: str) -> None:
    """Ends the step; whoever knows the token may take the next one."""
    Runner.objects.filter(run_id=run_id, number=number, token=token).update(worker_id=None)


def close(run_id: int, number: int) -> None:
    """Removes a runner that has nothing left to do."""
    Runner.objects.filter(run_id=run_id, number=number).delete()


def release_stalled() -> None:
    """Frees the runners that began no step since the last sweep, and sends them on.

    A runner whose step lasts longer than that gets a second step beside it: their claims keep the rows apart. Where
    more tasks wait than there are runners, those in no step wait among them, and would be sent again at every sweep.
    """
    Runner.objects.filter(run__state__in=(Run.State.DONE, Run.State.STOPPED)).delete()
    all_runners = Runner.objects.count()
    long = {name for name in queues.NAMES if dispatch.waiting(name) > all_runners}
    for runner in Runner.objects.lapsed().filter(run__state__in=Run.ACTIVE).select_related("run"):
        if runner.worker_id or _queue(runner) not in long:
            _send_again(runner)
    Runner.objects.note()


def _queue(runner: Runner) -> str:
    return queue_of(runner.number, runner.run.total, begins=runner.run.state == Run.State.PLANNING)


def _send_again(runner: Runner) -> None:
    if Runner.objects.lapsed().filter(pk=runner.pk).update(token="", worker_id=None):
        dispatch.send(ADVANCE, runner.run_id, "", runner.number, queue=_queue(runner))
