"""Reading the next part of a file while the one before is stored."""

from collections.abc import Iterator
from contextlib import closing
from threading import Event

import pytest

from tables.imports.reading_ahead import reading_ahead


def never() -> None:
    raise AssertionError("it waits")


def test_items_come_in_order() -> None:
    assert list(reading_ahead(iter(range(1, 100)), never)) == list(range(1, 100))


def test_the_next_item_is_made_before_it_is_asked_for() -> None:
    made = Event()

    def items() -> Iterator[str]:
        yield "first"
        made.set()
        yield "second"

    with closing(reading_ahead(items(), never)) as ahead:
        assert next(ahead) == "first"
        assert made.wait(10)


def test_what_fails_is_raised_after_the_items_before_it() -> None:
    def items() -> Iterator[str]:
        yield "first"
        raise ValueError("broken")

    ahead = reading_ahead(items(), never)
    assert next(ahead) == "first"
    with pytest.raises(ValueError, match="broken"):
        next(ahead)


def test_whoever_waits_can_give_up() -> None:
    given_up = Event()

    def items() -> Iterator[str]:
        assert given_up.wait(10)
        yield "too late"

    def waiting() -> None:
        given_up.set()
        raise TimeoutError

    with pytest.raises(TimeoutError):
        list(reading_ahead(items(), waiting))
