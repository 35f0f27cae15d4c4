#!/bin/sh
# All checks, then all tests: on SQLite with the bundled Redis, then on PostgreSQL with a Redis server. The browser tests
# start an app of their own, which is the same on both. The faults run alone: they look at the time.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
sh scripts/check.sh
npm test --silent
echo "== SQLite and the bundled Redis"
env -u DATABASE_URL -u REDIS_URL pytest -q -n 2 --dist loadfile --ignore=tests/faults
env -u DATABASE_URL -u REDIS_URL pytest -q -n 0 tests/faults
echo "== PostgreSQL and Redis"
if address=$(python -m tests.services); then
  env $address pytest -q -n 2 --dist loadfile --ignore=tests/engine --ignore=tests/e2e --ignore=tests/faults
  env $address pytest -q -n 0 tests/faults
elif [ -n "${CI:-}" ]; then
  exit 1
else
  echo "Left out: start PostgreSQL on 127.0.0.1:5432 and Redis on 127.0.0.1:6379 to run the tests on them too."
fi
