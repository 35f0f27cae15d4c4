"""Finds the PostgreSQL and Redis of this machine; prints DATABASE_URL and REDIS_URL, or says what is missing."""

import sys

import psycopg
import redis

POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"


PROCESSES = 4  # of the test run: each takes the database before that of the one before it, the first one the one given


def empty_redis() -> str:
    """The last of as many empty databases as there are processes, so that nobody's data is touched."""
    empty = 0
    for number in range(1, 16):
        with redis.Redis.from_url(f"redis://127.0.0.1:6379/{number}") as server:
            empty = 0 if server.dbsize() else empty + 1
        if empty == PROCESSES:
            return f"redis://127.0.0.1:6379/{number}"
    raise redis.RedisError("too few databases of this Redis are empty")


def main() -> int:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
        print(f"DATABASE_URL={POSTGRES} REDIS_URL={empty_redis()}")
    except (psycopg.Error, redis.RedisError) as error:
        print(f"PostgreSQL and Redis cannot be used for the tests: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
