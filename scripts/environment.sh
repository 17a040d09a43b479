# Sourced by the other scripts: makes the virtual environment $VENV from the pinned requirements
# once, and again when they or pyproject.toml change. $1: the requirements file.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

find_python() { # a Python of at least 3.11
  local candidate
  for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return 0
    fi
  done
  echo "exo needs Python 3.11 or newer; set PYTHON to one." >&2
  return 2
}

make_environment() { # REQUIREMENTS VENV
  local requirements=$ROOT/$1 venv=$2 python stamp
  python=$(find_python) || return 2
  stamp=$(cat "$requirements" "$ROOT/pyproject.toml" | "$python" -c \
    'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
  if [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
    echo "making $venv (once)" >&2
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e "$ROOT" >&2
    echo "$stamp" >"$venv/.stamp"
  fi
}
