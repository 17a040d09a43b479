"""Writes docs/metrics.md from the entries of metrics and constraints.

python scripts/reference.py            writes the page
python scripts/reference.py --check    exits 1 if the page is not what the entries say
"""

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PAGE = ROOT / "docs/metrics.md"


def page() -> str:
    """The whole page."""
    return "\n".join([*_metrics(), "", *_constraints()]) + "\n"


METRICS_HEAD = """\
# Metrics and constraints

This page is made from the code by `python scripts/reference.py`; a test compares them.

## Metrics

Each is an attribute of the `result` that your `objective` scores (`result.sharpe`) and a name for
`--objectives`, and it stands under its name in JSON, tables of trials and factor files. With r the
returns, one a session, b those of the equal-weighted universe, P the number of sessions a year (252
of a daily market, 52 of a weekly one, 12 of a monthly one:
[data.md](data.md#how-often-there-are-prices)), ρ the risk-free rate of a session, T the number of
sessions and std the sample standard deviation ([conventions.md](conventions.md)):

| name | in tables | better | of the universe too | formula | as in |
|---|---|---|---|---|---|"""
CONSTRAINTS_HEAD = """\
## Constraints

A constant in the objective file sets a limit; without the constant there is no such constraint.
`constraints(result)` in the same file adds your own ([objective.md](objective.md)).

| constant | name in studies and files | keeps | a usual limit | of what |
|---|---|---|---|---|"""


def _metrics() -> Iterator[str]:
    from mech_exo.backtest.metrics import METRICS

    yield METRICS_HEAD
    for m in METRICS.values():
        universe = "yes" if m.of_benchmark else "no"
        yield f"| `{m.name}` | {m.label} | {m.better} | {universe} | {m.formula} | {m.source} |"


def _constraints() -> Iterator[str]:
    from mech_exo.objective.constraints import CONSTRAINTS

    yield CONSTRAINTS_HEAD
    for c in CONSTRAINTS.values():
        yield f"| `{c.constant}` | `{c.name}` | {c.keeps} | {c.example:g} | {c.meaning} |"


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PAGE.read_text("utf-8") == page() else f"{PAGE} is not up to date")
    PAGE.write_text(page(), "utf-8")
