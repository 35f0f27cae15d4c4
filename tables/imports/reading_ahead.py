"""A file read in a thread of its own while the rows before are stored: a database works without Python's lock."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

_HEARD_EVERY = 0.5  # seconds


def reading_ahead[T](items: Iterator[T], waiting: Callable[[], None]) -> Generator[T]:
    """Yields the items, of which the next one is already being made; to be closed before what they are made from.

    Making them must not use a database: its connections belong to threads. `waiting` is called while none comes.
    """
    with ThreadPoolExecutor(1, "reading-ahead") as reader:
        coming: Future[T | None] = reader.submit(next, items, None)
        while (item := _taken(coming, waiting)) is not None:
            coming = reader.submit(next, items, None)
            yield item


def _taken[T](coming: Future[T], waiting: Callable[[], None]) -> T:
    while not wait([coming], _HEARD_EVERY).done:
        waiting()
    return coming.result()
