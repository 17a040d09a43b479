#!/usr/bin/env bash
# Makes the pinned requirement files anew from pyproject.toml. Needs uv.
#   requirements.txt      what the product runs with: the core, parquet and sample (docs/install.md)
#   requirements-dev.txt  that, and what its tests and checks need
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { # OUT ARG…
  local out=$1; shift
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url --no-emit-find-links --no-annotate "$@" --output-file "$out"
}
compile requirements.txt pyproject.toml --extra parquet --extra sample --group build --upgrade
compile requirements-dev.txt pyproject.toml --group build --group dev --constraint requirements.txt
