# Sourced by the other scripts: makes the virtual environment $VENV from the pinned requirements
# once, and again when they change; the package itself again when pyproject.toml does.
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

digest() { # PYTHON FILE
  "$1" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$2"
}

make_environment() { # REQUIREMENTS VENV
  local requirements=$ROOT/$1 venv=$2 python wanted
  python=$(find_python) || return 2
  pip() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2; }
  wanted=$(digest "$python" "$requirements")
  if [ "$(cat "$venv/.requirements" 2>/dev/null)" != "$wanted" ]; then
    echo "making $venv (once)" >&2
    rm -rf "$venv"
    "$python" -m venv "$venv"
    pip --require-hashes -r "$requirements"
    echo "$wanted" >"$venv/.requirements"
  fi
  wanted=$ROOT:$(digest "$python" "$ROOT/pyproject.toml")
  if [ "$(cat "$venv/.package" 2>/dev/null)" != "$wanted" ]; then
    pip --no-deps --no-build-isolation -e "$ROOT"
    echo "$wanted" >"$venv/.package"
  fi
}
