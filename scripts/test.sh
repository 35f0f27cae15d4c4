#!/bin/sh
# All checks, then all tests: on SQLite with the bundled Redis, and on PostgreSQL with a Redis server what uses a database.
# The browser tests start an app of their own, which is the same on both. The faults kill and stop the processes of an app
# and mostly wait, so they go beside the others from the first test to the last, one database after the other as they do;
# those that look at the clock come last, when nothing else runs.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
unset DATABASE_URL REDIS_URL PYTHONDONTWRITEBYTECODE  # some hundred processes are started, and compile nothing again
logs=$(mktemp -d) beside= failed=
trap 'kill $beside 2>/dev/null || :; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

# Runs a command, notes how long it took, and goes on if it fails.
part() {
  title=$1; shift
  echo "== $title"
  began=$(date +%s)
  "$@" || failed=yes
  printf '%5d s  %s\n' $(($(date +%s) - began)) "$title" >>"$logs/times"
}

# Runs the first one and, at the same time, the second one; shows what that one said when both are done.
together() {
  (trap 'kill "$process"; exit 1' TERM; "$2"; [ -z "$failed" ]) >"$logs/beside" 2>&1 & beside=$!
  "$1"
  wait "$beside" || failed=yes
  beside=
  cat "$logs/beside"
}

# Runs a command that ends with who waits for it.
waited_for() {
  "$@" & process=$!
  wait "$process"
}

# A shared machine may stand still for seconds: what fails there runs again, and the summary tells which, and why.
unit="pytest -q --dist loadfile --reruns 2 --rerun-show-tracebacks --ignore=tests/faults -n 4"
faults="pytest -q --dist loadfile --reruns 1 --rerun-show-tracebacks tests/faults"

all_but_faults() {
  part "All on SQLite and the bundled Redis" $unit
  [ -z "$address" ] || part "What uses a database, on PostgreSQL and Redis" \
    env $address $unit --only-database --ignore=tests/e2e --ignore=tests/engine
}

faults_on_each() {
  part "Faults on SQLite" waited_for $faults -n 2 -m "not clock"
  [ -z "$address" ] || part "Faults on PostgreSQL" waited_for env $address $faults -n 2 -m "not clock"
}

clock_on_sqlite() {
  part "Faults that look at the clock, on SQLite" $faults -n 0 -m clock
}

clock_on_postgresql() {
  [ -z "$address" ] ||
    part "Faults that look at the clock, on PostgreSQL" waited_for env $address $faults -n 0 -m clock
}

part "Checks" sh scripts/check.sh
[ -z "$failed" ]
part "Browser modules" npm test --silent
[ -z "$failed" ]
address=$(python -m tests.services) || [ -z "${CI:-}" ]
together all_but_faults faults_on_each
together clock_on_sqlite clock_on_postgresql
cat "$logs/times"
[ -n "$address" ] ||
  echo "Left out: start PostgreSQL on 127.0.0.1:5432 and Redis on 127.0.0.1:6379 to run the tests on them too."
[ -z "$failed" ]
