#!/bin/sh
# All checks, then all tests: on SQLite with the bundled Redis, then on PostgreSQL with a Redis server what uses a database.
# The browser tests start an app of their own, which is the same on both. The faults kill and stop the processes of an app
# and mostly wait, so those of each database go beside its other tests; those that look at the clock come last, when nothing
# else runs.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
unset DATABASE_URL REDIS_URL PYTHONDONTWRITEBYTECODE  # some hundred processes are started, and compile nothing again
logs=$(mktemp -d) seconds= running=
trap 'kill $running 2>/dev/null || :; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

# Runs a command, and notes how long it took.
part() {
  title=$1; shift
  echo "== $title"
  began=$(date +%s)
  "$@"
  seconds="$seconds$(printf '\n%5d s  %s' $(($(date +%s) - began)) "$title")"
}

# Runs commands at the same time; shows what the first one says at once, and what the others said when it is done.
together() {
  first=$1; shift
  failed= number=0
  for command; do
    number=$((number + 1))
    sh -c "exec $command" >"$logs/$number" 2>&1 & running="$running $!"
  done
  sh -c "exec $first" || failed=yes
  number=0
  for process in $running; do
    number=$((number + 1))
    wait "$process" || failed=yes
    cat "$logs/$number"
  done
  running=
  [ -z "$failed" ]
}

# A shared machine may stand still for seconds: what fails there runs again, and the summary tells which, and why.
unit="pytest -q --dist loadfile --reruns 2 --rerun-show-tracebacks --ignore=tests/faults"
faults="pytest -q --dist loadfile --reruns 1 --rerun-show-tracebacks tests/faults"
part "Checks" sh scripts/check.sh
part "Browser modules" npm test --silent
if address=$(python -m tests.services); then
  part "All on SQLite and the bundled Redis" together "$unit -n 4" "$faults -n 2 -m 'not clock'"
  part "What uses a database, on PostgreSQL and Redis" together \
    "env $address $unit -n 3 --only-database --ignore=tests/e2e" "env $address $faults -n 2 -m 'not clock'"
  part "Faults that look at the clock" together "env $address $faults -n 0 -m clock" "$faults -n 0 -m clock"
elif [ -n "${CI:-}" ]; then
  exit 1
else
  part "All on SQLite and the bundled Redis" together "$unit -n 4" "$faults -n 2 -m 'not clock'"
  part "Faults that look at the clock" $faults -n 0 -m clock
  echo "Left out: start PostgreSQL on 127.0.0.1:5432 and Redis on 127.0.0.1:6379 to run the tests on them too."
fi
echo "$seconds"
