#!/bin/sh
# Style, types, import directions, templates, migrations.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
MARL_DATA_DIR=$(mktemp -d) && export MARL_DATA_DIR
trap 'rm -rf "$MARL_DATA_DIR"' EXIT
ruff check .
ruff format --check .
mypy .
lint-imports
djlint templates --lint --quiet
python manage.py makemigrations --check --dry-run
npm run --silent lint
npm run --silent typecheck
