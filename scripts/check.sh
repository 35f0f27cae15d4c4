#!/bin/sh
# Style, types, import directions, templates, migrations. The types take as long as all the rest, so they go beside it.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
MARL_DATA_DIR=$(mktemp -d) && export MARL_DATA_DIR
types=
trap 'kill $types 2>/dev/null || :; rm -rf "$MARL_DATA_DIR"' EXIT
trap 'exit 130' INT TERM
mypy . >"$MARL_DATA_DIR/types" 2>&1 & types=$!
ruff check .
ruff format --check .
lint-imports
djlint templates --lint --quiet
python manage.py makemigrations --check --dry-run
npm run --silent lint
npm run --silent typecheck
failed=
wait "$types" || failed=yes
cat "$MARL_DATA_DIR/types"
[ -z "$failed" ]
