#!/usr/bin/env bash
# The whole test suite: lint, format, types, layers, tests. Arguments are passed on to pytest.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
VENV=${EXO_TEST_VENV:-$ROOT/.venv-test}
make_environment requirements-dev.txt "$VENV"
cd "$ROOT"
PATH=$VENV/bin:$PATH
ruff check .
ruff format --check .
mypy
lint-imports
hadolint Dockerfile.optuna
check-jsonschema --builtin-schema vendor.compose-spec docker-compose.optuna.yml
exec pytest -n auto --dist worksteal "$@"
