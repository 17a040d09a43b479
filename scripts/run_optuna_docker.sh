#!/usr/bin/env bash
# Runs an optimization in Docker and returns its exit code.
#
#   scripts/run_optuna_docker.sh [options]
#     --trials N       complete the study to N trials (default 50); a finished study is left alone
#     --jobs N         worker processes (default 2)
#     --study-name S   name of the study (default factor_weight_optimization)
#     --dashboard      also start the dashboard, http://localhost:8080, and leave it running
#     --no-build       use the image as it is
#     --cleanup        remove this folder's containers and networks, and the image if no other
#                      folder uses it; studies/, factors/ and config/ stay as they are
#     --help           this text
#
# A run that is under way, of this folder or of another one, is never replaced: exit code 5.
# Ctrl-C lets the running trials finish. EXO_NOTIFY=1 sends messages by Telegram.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FOLDER='{{index .Config.Labels "com.docker.compose.project.working_dir"}}'

usage() { sed -n '2,/^set -euo/p' "${BASH_SOURCE[0]}" | sed -n 's/^# \{0,1\}//p'; }
fail() { echo "error: $*" >&2; exit 2; }
compose() { docker compose -f docker-compose.optuna.yml "$@"; }
number() { # FLAG VALUE
  [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail "$1 needs a whole number of at least 1, not '${2:-}'."
}
about() { docker inspect --type container -f "$2" "$1" 2>/dev/null; } # CONTAINER FORMAT
make_way() { # SERVICE NAME: leave a container that runs, remove a finished one of another project
  local own
  own=$(compose ps --all --quiet "$1" 2>/dev/null || true)
  [ -n "$(about "$2" '{{.Id}}')" ] || return 0
  if [ "$(about "$2" '{{.State.Running}}')" = true ]; then
    [ "$1" = optuna-dashboard ] && [ "$(about "$2" '{{.Id}}')" = "$own" ] && return 0
    echo "error: $2 is running already, in $(about "$2" "$FOLDER"): $(about "$2" '{{join .Config.Cmd " "}}')." \
      "Wait for its end or stop it (docker stop $2); nothing of it is lost. Or give this run another --study-name." >&2
    exit 5
  fi
  [ "$(about "$2" '{{.Id}}')" = "$own" ] && return 0
  echo "removing the finished container $2 of $(about "$2" "$FOLDER")" >&2
  docker rm "$2" >/dev/null
}

build=yes dashboard=no cleanup=no
while [ $# -gt 0 ]; do
  case $1 in
    --trials) number "$1" "${2:-}"; export EXO_TRIALS=$2; shift ;;
    --jobs) number "$1" "${2:-}"; export EXO_JOBS=$2; shift ;;
    --study-name) [[ ${2:-} =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || fail "--study-name needs a name of letters, digits, '.', '_' and '-', not '${2:-}'."
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
cd "$ROOT" # and so PWD, which names the project of compose

if [ "$cleanup" = yes ]; then
  docker ps --all --filter "label=com.docker.compose.project.working_dir=$ROOT" \
    --format '{{.Label "com.docker.compose.project"}}' | sort -u | grep '^mech-exo-optuna' |
    while read -r project; do docker compose -p "$project" down --remove-orphans; done || true
  compose down --remove-orphans
  if docker image inspect mech-exo-optuna:latest >/dev/null 2>&1; then
    docker image rm mech-exo-optuna:latest || echo "the image stays: another folder uses it." >&2
  fi
  echo "removed this folder's containers and networks; studies/ and factors/ are untouched."
  exit 0
fi

suffix=${EXO_STUDY:+-$EXO_STUDY}
make_way optuna-runner "mech-exo-optuna-runner$suffix"
[ "$dashboard" = no ] || make_way optuna-dashboard "mech-exo-optuna-dashboard$suffix"
[ "$build" = no ] || compose build optuna-runner
if [ "$dashboard" = yes ]; then
  compose up --detach --no-build optuna-dashboard
  echo "dashboard: http://localhost:8080 (stop it with $0 --cleanup)"
fi

# Not `up --exit-code-from`: older versions of Compose (2.26 is one) return 0 of a run that was
# stopped from elsewhere. The engine knows the code of the container itself.
compose up --detach --no-build optuna-runner
run=$(about "mech-exo-optuna-runner$suffix" '{{.Id}}')
codes=$(mktemp)
trap 'rm -f "$codes"' EXIT
trap 'docker stop "$run" >/dev/null 2>&1 || true' INT TERM HUP # its trials are finished first
docker logs --follow --since "$(about "$run" '{{.State.StartedAt}}')" "$run" &
docker wait "$run" >"$codes" 2>/dev/null &
waiting=$!
while kill -0 "$waiting" 2>/dev/null; do wait "$waiting" || true; done # a signal interrupts `wait`
code=$(cat "$codes")
if [ -z "$code" ]; then # Ctrl-C has ended `docker wait` too
  read -r running code <<<"$(about "$run" '{{.State.Running}} {{.State.ExitCode}}' || true)"
  [ "$running" = false ] || { echo "error: the run's container is out of sight; see docker ps -a." >&2; code=143; }
fi
wait || true # for the last lines of the log
exit "$code"
