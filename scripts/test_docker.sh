#!/usr/bin/env bash
# Builds the image and runs the Docker sections of the guide with a real engine, on a clone of this
# checkout in a temporary folder. Skips with a word when no engine answers. Prints its figures.
set -euo pipefail # a pipe from docker ends in "grep … >/dev/null": -q would leave early, and docker fail of it
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
docker info >/dev/null 2>&1 || { echo "SKIPPED: no Docker engine answers (docker info)."; exit 0; }
docker ps -a --format '{{.Names}}' | grep -x 'mech-exo-optuna-runner' >/dev/null &&
  { echo "SKIPPED: a container mech-exo-optuna-runner exists; remove it first (scripts/run_optuna_docker.sh --cleanup)."; exit 0; }

passed=0
TMP=$(mktemp -d)
compose() { docker compose -f docker-compose.optuna.yml "$@"; } # in a project's folder
finish() {
  local folder
  for folder in "$TMP/project" "$TMP/second/project"; do
    cd "$folder" 2>/dev/null && scripts/run_optuna_docker.sh --cleanup >/dev/null 2>&1 || true
  done
  cd /; rm -rf "$TMP"
}
trap finish EXIT
ok() { passed=$((passed + 1)); echo "ok $passed - $*"; }
no() { echo "not ok - $*" >&2; compose logs --tail 30 >&2 || true; echo "$passed passed, 1 failed"; exit 1; }
same() { [ "$2" = "$3" ] && ok "$1 ($3)" || no "$1: expected $2, found $3"; }
trials() { # number of finished trials, through the engine's own Python
  docker run --rm -v "$TMP/project/studies:/s" --user 0 --entrypoint python mech-exo-optuna -c \
    "import sqlite3; print(sqlite3.connect('/s/factor_opt.db').execute(\"SELECT COUNT(*) FROM trials JOIN studies USING (study_id) WHERE study_name = 'factor_weight_optimization'\").fetchone()[0])" 2>/dev/null || echo 0
}
wait_until() { # SECONDS COMMAND…
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || return 1; sleep 0.2; done
}
some_trials() { [ "$(trials)" -ge 3 ]; }
runner_id() { docker inspect -f '{{.Id}}' mech-exo-optuna-runner; }
answers() { curl --silent --fail --max-time 5 "$1"; }

git clone --quiet "$ROOT" "$TMP/project"
mkdir "$TMP/second"; git clone --quiet "$ROOT" "$TMP/second/project" # the same name of folder
cd "$TMP/project"
export PWD
printf 'TELEGRAM_BOT_TOKEN=1:secret\nTELEGRAM_DRY_RUN=true\nEXO_NOTIFY=1\n' >telegram.env
printf 'symbol,sector\n' >data/sectors.csv
[ "$(id -u)" != 0 ] || chown -R 1234:1234 . # as root, the project is another user's
OWNER=$(stat -c %u research)

SECONDS=0
compose build --quiet optuna-runner
echo "# build: $SECONDS s; image: $(docker image inspect -f '{{.Size}}' mech-exo-optuna:latest | awk '{printf "%.0f MB", $1 / 1e6}')"
same "the image's own user is not root" "10001:10001" "$(docker image inspect -f '{{.Config.User}}' mech-exo-optuna:latest)"
docker run --rm --entrypoint sh mech-exo-optuna -c 'command -v gcc || command -v pip' >/dev/null && no "build tools are in the image" || ok "no build tools in the image"

# The guide's plain `up`: dashboard and runner together, the dashboard before there is a study.
EXO_TRIALS=50 compose up --detach 2>/dev/null
wait_until 180 answers http://localhost:8080/dashboard && ok "the dashboard answers" || no "the dashboard does not answer"
wait_until 180 grep -q factor_weight_optimization <(answers http://localhost:8080/api/studies) ||
  wait_until 180 sh -c "curl -sf http://localhost:8080/api/studies | grep -q factor_weight_optimization" ||
  no "the dashboard does not list the study"
ok "the dashboard lists the study"
docker logs mech-exo-optuna-dashboard 2>&1 | grep ': http://localhost:8080 ' >/dev/null && ok "its log says localhost:8080" ||
  no "the dashboard's log: $(docker logs mech-exo-optuna-dashboard 2>&1)"
same "the token is in the dashboard's environment" 0 "$(docker inspect -f '{{.Config.Env}}' mech-exo-optuna-dashboard | grep -c TELEGRAM || true)"
same "the token is in the runner's environment" 1 "$(docker inspect -f '{{.Config.Env}}' mech-exo-optuna-runner | grep -c TELEGRAM || true)"
same "data/ is mounted" "false" "$(docker inspect -f '{{range .Mounts}}{{if eq .Destination "/app/data"}}{{.RW}}{{end}}{{end}}' mech-exo-optuna-runner)"
same "the run ends with" 0 "$(docker wait mech-exo-optuna-runner)"
same "trials after the first up" 50 "$(trials)"
echo "# container of the 50 trials: $(docker inspect -f '{{.State.StartedAt}} {{.State.FinishedAt}}' mech-exo-optuna-runner |
  { read -r a b; echo $(($(date -d "$b" +%s) - $(date -d "$a" +%s))); }) s"
same "the study belongs to the host's user" "$OWNER" "$(stat -c %u studies/factor_opt.db)"
ls factors/factors_opt_*.yml >/dev/null 2>&1 && ok "a factor file is exported" || no "no factor file in factors/"
same "its owner" "$OWNER" "$(stat -c %u "$(ls factors/factors_opt_*.yml | head -1)")"
compose logs optuna-runner | grep . >/dev/null && ok "logs of optuna-runner" || no "no logs"
docker logs mech-exo-optuna-runner 2>&1 | grep '^telegram (dry run): .*done, 50 trials' >/dev/null && ok "EXO_NOTIFY=1 of telegram.env sends" || no "no message"
docker stats --no-stream mech-exo-optuna-dashboard >/dev/null && ok "docker stats"

SECONDS=0
code=0; compose up --exit-code-from optuna-runner optuna-runner >/dev/null 2>&1 || code=$?
same "a second up exits with" 0 "$code"
same "and does not overshoot" 50 "$(trials)"
same "nor writes a second factor file" 1 "$(ls factors/*.yml | wc -l)"
before=$(docker logs mech-exo-optuna-runner 2>&1 | grep -c '^telegram' || true)
EXO_NOTIFY=0 compose up --detach optuna-runner >/dev/null 2>&1; docker wait mech-exo-optuna-runner >/dev/null
same "EXO_NOTIFY=0 of the shell turns messages off" 0 "$(docker logs mech-exo-optuna-runner 2>&1 | grep -c '^telegram' || true)"
same "exo reads data/" "symbol,sector" "$(compose run --rm optuna-runner cat data/sectors.csv 2>/dev/null)"
code=0; compose run --rm optuna-runner touch data/mine >/dev/null 2>&1 || code=$?
[ "$code" -ne 0 ] && [ ! -e data/mine ] && ok "and may not write there" || no "data/ can be written"

# Mounts that may only be read.
readonly=(docker run --rm -v "$PWD/studies:/app/studies:ro" -v "$PWD/research:/app/research:ro")
for user in "$OWNER" 0; do
  code=0; "${readonly[@]}" --user "$user" mech-exo-optuna exo --version >"$TMP/ro" 2>&1 || code=$?
  same "exo --version on read-only mounts as $user: exit" 0 "$code"
  code=0; "${readonly[@]}" --user "$user" mech-exo-optuna exo study list >"$TMP/ro" 2>&1 || code=$?
  same "exo study list: exit" 0 "$code"
  code=0; "${readonly[@]}" --user "$user" mech-exo-optuna exo optuna-run >"$TMP/ro" 2>&1 || code=$?
  same "exo optuna-run: exit" 2 "$code"
  grep -q '^error: /app/studies cannot be written (Read-only file system)' "$TMP/ro" && ok "$(tail -1 "$TMP/ro")" || no "$(cat "$TMP/ro")"
  grep -q Traceback "$TMP/ro" && no "a traceback" || ok "no traceback"
done
compose up --detach --scale optuna-runner=1 >/dev/null 2>&1 && ok "up --scale optuna-runner=1" || no "--scale"
docker wait mech-exo-optuna-runner >/dev/null

# Killed in mid-run, and up again: exactly the guide's 50. Slowed down, so that the kill comes in time.
fresh_study() { compose down >/dev/null 2>&1; rm -f studies/factor_opt.db* factors/*.yml; }
fresh_study
# Another folder, or another study, ends no run that is under way.
EXO_TRIALS=100000 compose up --detach 2>/dev/null
wait_until 180 some_trials || no "no trial of a long run"
first=$(runner_id)
cd "$TMP/second/project"
code=0; compose up --exit-code-from optuna-runner optuna-runner >"$TMP/second.out" 2>&1 || code=$?
[ "$code" -ne 0 ] && grep -q 'mech-exo-optuna-runner.* is already in use' "$TMP/second.out" && ok "up in a second clone: exit $code, the name is in use" ||
  no "up in a second clone: $(cat "$TMP/second.out")"
code=0; scripts/run_optuna_docker.sh --no-build >"$TMP/second.out" 2>&1 || code=$?
same "run_optuna_docker.sh there: exit" 5 "$code"
grep -q "^error: mech-exo-optuna-runner is running already, in $TMP/project: .*--study-name factor_weight_optimization" "$TMP/second.out" &&
  ok "the folder and the study are named" || no "$(cat "$TMP/second.out")"
cd "$TMP/project"
code=0; scripts/run_optuna_docker.sh --no-build >"$TMP/second.out" 2>&1 || code=$?
same "run_optuna_docker.sh in the same folder: exit" 5 "$code"
EXO_STUDY=beside EXO_TRIALS=3 compose up --detach optuna-runner >/dev/null 2>&1
same "another study beside it: exit" 0 "$(docker wait mech-exo-optuna-runner-beside)"
same "the first run is" "$first running" "$(runner_id) $(docker inspect -f '{{.State.Status}}' mech-exo-optuna-runner)"
docker exec mech-exo-optuna-runner exo study show beside 2>/dev/null | grep '3 ' >/dev/null && ok "its study is there" || no "no study"
docker kill mech-exo-optuna-runner >/dev/null
EXO_STUDY=beside compose down >/dev/null 2>&1
fresh_study
cp research/obj_utils.py "$TMP/unhurried.py"
printf '\n\nunhurried = objective\n\n\ndef objective(result):\n    import time\n\n    time.sleep(0.5)\n    return unhurried(result)\n' >>research/obj_utils.py
compose up --detach 2>/dev/null
wait_until 180 some_trials || no "no trial before the kill"
wait_until 60 sh -c "curl -sf http://localhost:8080/api/studies | grep -q factor_weight_optimization" || no "not listed in mid-run"
same "the dashboard lists the study while the runner is" running "$(docker inspect -f '{{.State.Status}}' mech-exo-optuna-runner)"
docker kill mech-exo-optuna-runner >/dev/null
before=$(trials)
[ "$before" -lt 50 ] || no "the run was over before the kill"
code=0; compose up --exit-code-from optuna-runner optuna-runner >/dev/null 2>&1 || code=$?
same "killed after $before trials and up again: exit" 0 "$code"
same "trials" 50 "$(trials)"
cat "$TMP/unhurried.py" >research/obj_utils.py
fresh_study

# A run that is cut off never exits 0: the script's code is the container's own.
cut_off() { # HOW CODE COMMAND…: start the script as a terminal would, wait for trials, cut it off
  local how=$1 wanted=$2 script code=0; shift 2
  : >"$TMP/cut" # of the one before
  env --default-signal=INT setsid scripts/run_optuna_docker.sh --trials 100000 --no-build >"$TMP/cut" 2>&1 &
  script=$!
  wait_until 180 grep -q ^trials "$TMP/cut" || no "$how: no trial: $(tail -3 "$TMP/cut")"
  SCRIPT=$script "$@" >/dev/null 2>&1
  wait "$script" || code=$?
  same "$how: exit" "$wanted" "$code"
}
cut_off "stopped from elsewhere" 130 docker stop mech-exo-optuna-runner
cut_off "killed" 137 docker kill mech-exo-optuna-runner
recreate() { EXO_TRIALS=99999 compose up --detach optuna-runner; }
cut_off "recreated by another up of the same folder" 130 recreate
docker stop mech-exo-optuna-runner >/dev/null
interrupt() { kill -INT -- "-$SCRIPT"; }
cut_off "Ctrl-C" 130 interrupt
terminate() { kill -TERM "$SCRIPT"; }
cut_off "SIGTERM to the script alone" 130 terminate
: >"$TMP/cut"
compose run --rm --name mech-exo-optuna-cut optuna-runner exo optuna-run --target-trials 100000 >"$TMP/cut" 2>&1 &
run=$!
wait_until 180 grep -q ^trials "$TMP/cut" || no "compose run: no trial"
docker stop mech-exo-optuna-cut >/dev/null
code=0; wait "$run" || code=$?
same "compose run, stopped from elsewhere: exit" 130 "$code"
fresh_study

# docker stop: SIGTERM reaches exo, which finishes what runs and exits 130.
EXO_TRIALS=100000 compose up --detach optuna-runner 2>/dev/null
before=$(trials)
wait_until 180 sh -c "docker logs mech-exo-optuna-runner 2>&1 | grep -q ^trials" || no "no trial before the stop"
docker stop mech-exo-optuna-runner >/dev/null
same "stopped: exit" 130 "$(docker inspect -f '{{.State.ExitCode}}' mech-exo-optuna-runner)"

# The memory limit: a clear end, resumable.
before=$(trials)
code=0; docker run --rm --memory 96m --memory-swap 96m -v "$PWD/studies:/app/studies" -v "$PWD/research:/app/research:ro" \
  --user "$OWNER" mech-exo-optuna exo optuna-run --target-trials $((before + 20)) --n-jobs 2 >"$TMP/oom" 2>&1 || code=$?
[ "$code" -ne 0 ] && ok "out of memory: exit $code, $(tail -1 "$TMP/oom" | cut -c1-100)" || no "96 MB were enough"
code=0; EXO_TRIALS=$((before + 20)) compose up --exit-code-from optuna-runner optuna-runner >/dev/null 2>&1 || code=$?
same "resumed after it: exit" 0 "$code"
same "trials" "$((before + 20))" "$(trials)"

# The objective on the host takes effect, and the fingerprint says so.
sed -i 's/^MAX_DRAWDOWN_THRESHOLD = .*/MAX_DRAWDOWN_THRESHOLD = 0.20/' research/obj_utils.py
code=0; EXO_TRIALS=$((before + 30)) compose up --exit-code-from optuna-runner optuna-runner >"$TMP/edited" 2>&1 || code=$?
same "an edited objective is another study: exit" 2 "$code"
grep -qi 'drawdown' "$TMP/edited" && ok "the threshold is named" || no "the difference is not named"

# The script, and cleanup.
scripts/run_optuna_docker.sh --help | grep -e --trials >/dev/null && ok "run_optuna_docker.sh --help"
code=0; scripts/run_optuna_docker.sh --trials 10 --jobs 2 --study-name scripted --no-build --dashboard >/dev/null 2>&1 || code=$?
same "run_optuna_docker.sh: exit" 0 "$code"
compose stop optuna-dashboard >/dev/null 2>&1 # its end folds the study's log into the study
contents() { find studies factors -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum; }
files=$(contents)
scripts/run_optuna_docker.sh --cleanup >/dev/null 2>&1
same "after --cleanup: containers" "" "$(docker ps -a --format '{{.Names}}' | grep mech-exo-optuna || true)"
same "studies/ and factors/" "$files" "$(contents)"

# Folders that Docker would create as root.
rm -rf studies factors
code=0; EXO_TRIALS=5 compose up --build --exit-code-from optuna-runner optuna-runner >/dev/null 2>&1 || code=$?
same "without studies/ and factors/: exit" 0 "$code"
same "studies/ belongs to" "$OWNER" "$(stat -c %u studies)"
echo "$passed passed, 0 failed"
