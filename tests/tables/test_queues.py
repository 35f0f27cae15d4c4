"""Which task a worker takes next, with its real consumer on a real broker."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import redis
from celery import Celery
from django.conf import settings

from config.celery import app
from tables import dispatch, queues

pytestmark = pytest.mark.django_db(transaction=True)

type Take = Callable[..., list[str]]


@pytest.fixture
def take() -> Iterator[Take]:
    """Takes all tasks that there are, as a worker of one thread does, and returns their names."""
    with app.connection_for_read() as connection:

        def all_tasks(*, acknowledge: bool = True) -> list[str]:
            taken: list[str] = []

            def receive(message: Any) -> None:
                taken.append(message.headers["task"])
                if acknowledge:
                    message.ack()

            channel: Any = connection.channel()
            with app.amqp.TaskConsumer(channel, on_message=receive) as consumer:
                consumer.qos(prefetch_count=1)
                with suppress(TimeoutError):
                    while True:
                        connection.drain_events(timeout=0.2)
            channel.close()
            return taken

        yield all_tasks


def length(queue: str) -> int:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        return int(server.llen(queue))


def test_later_steps_wait_but_for_one_task_in_a_few(take: Take) -> None:
    for _ in range(3):
        dispatch.send("later", queue=queues.LATER)
    for _ in range(2 * queues.IN_A_ROW + 1):
        dispatch.send("first")
    in_a_row = ["first"] * queues.IN_A_ROW
    assert take() == [*in_a_row, "later", *in_a_row, "later", "first", "later"]


def test_each_queue_keeps_its_order(take: Take) -> None:
    for number in range(3):
        dispatch.send(f"later {number}", queue=queues.LATER)
        dispatch.send(f"first {number}")
    assert take() == [*(f"first {number}" for number in range(3)), *(f"later {number}" for number in range(3))]


def test_tasks_of_a_version_with_one_queue_are_taken(take: Take) -> None:
    with Celery("earlier", broker=settings.CELERY_BROKER_URL, set_as_current=False) as earlier:
        earlier.send_task("from before", [1])
    assert take() == ["from before"]


def test_a_task_that_was_taken_and_not_done_goes_back_to_its_queue(take: Take) -> None:
    dispatch.send("later", queue=queues.LATER)
    assert take(acknowledge=False) == ["later"]
    assert (length(queues.FIRST), length(queues.LATER)) == (0, 1)
