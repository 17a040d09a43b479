#!/usr/bin/env bash
# Makes the environment if needed and runs `exo optuna-run` in it; arguments are passed on.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
VENV=${EXO_VENV:-$ROOT/.venv}
make_environment requirements.txt "$VENV"
cd "$ROOT"
exec "$VENV/bin/exo" optuna-run "$@"
