"""What the workers make of the broker's errors."""

import redis

from config.celery import app


def test_a_redis_that_refuses_to_write_does_not_end_a_worker() -> None:
    """Such as on a full disk: it connects again, as where the connection broke."""
    with app.connection_for_read() as connection:
        assert issubclass(redis.ResponseError, connection.connection_errors)
