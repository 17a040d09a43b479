#!/usr/bin/env bash
# Runs an optimization in Docker and returns its exit code.
#
#   scripts/run_optuna_docker.sh [options]
#     --trials N       complete the study to N trials (default 50); a finished study is left alone
#     --jobs N         worker processes (default 2)
#     --study-name S   name of the study (default factor_weight_optimization)
#     --dashboard      also start the dashboard, http://localhost:8080, and leave it running
#     --no-build       use the image as it is
#     --cleanup        remove this project's containers, network and image; studies/, factors/ and
#                      config/ stay as they are
#     --help           this text
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() { sed -n '2,/^set -euo/p' "${BASH_SOURCE[0]}" | sed -n 's/^# \{0,1\}//p'; }
fail() { echo "error: $*" >&2; exit 2; }
compose() { docker compose --project-directory "$ROOT" -f "$ROOT/docker-compose.optuna.yml" "$@"; }
number() { # FLAG VALUE
  [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail "$1 needs a whole number of at least 1, not '${2:-}'."
}

build=yes dashboard=no cleanup=no
while [ $# -gt 0 ]; do
  case $1 in
    --trials) number "$1" "${2:-}"; export EXO_TRIALS=$2; shift ;;
    --jobs) number "$1" "${2:-}"; export EXO_JOBS=$2; shift ;;
    --study-name) [[ ${2:-} =~ ^[A-Za-z0-9._-]+$ ]] || fail "--study-name needs a name of letters, digits, '.', '_' and '-', not '${2:-}'."
      export EXO_STUDY=$2; shift ;;
    --dashboard) dashboard=yes ;;
    --no-build) build=no ;;
    --cleanup) cleanup=yes ;;
    -h | --help) usage; exit 0 ;;
    *) fail "unknown option '$1'. See $0 --help." ;;
  esac
  shift
done

command -v docker >/dev/null || fail "docker is not installed."
docker info >/dev/null 2>&1 || fail "no Docker engine answers (docker info). Start Docker first."
docker compose version >/dev/null 2>&1 || fail "docker has no compose plugin."

if [ "$cleanup" = yes ]; then
  compose down --rmi local --remove-orphans
  if docker image inspect mech-exo-optuna:latest >/dev/null 2>&1; then
    docker image rm mech-exo-optuna:latest
  fi
  echo "removed the containers, the network and the image; studies/ and factors/ are untouched."
  exit 0
fi

[ "$build" = no ] || compose build optuna-runner
if [ "$dashboard" = yes ]; then
  compose up --detach --no-build optuna-dashboard
  echo "dashboard: http://localhost:8080 (stop it with $0 --cleanup)"
fi
exec docker compose --project-directory "$ROOT" -f "$ROOT/docker-compose.optuna.yml" \
  up --no-build --no-log-prefix --exit-code-from optuna-runner optuna-runner
