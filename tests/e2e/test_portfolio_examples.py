"""Examples of how scores become a portfolio, on real prices: the verdicts of docs/objective.md."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, run_exo

PRICES = REPOSITORY / "../shared/data/us_large/prices.csv.gz"
PAGE = (REPOSITORY / "docs/objective.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| `(\w+)\.py`(?: \(`--benchmark (\w+)`\))? "
    r"\| ([−\d.]+) % \| ([−\d.]+) % \| ([\d.]+) % \| (\w+) \|$",
    PAGE,
    re.MULTILINE,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PRICES.is_file(), reason=f"no {PRICES}"),
]


def test_the_page_has_three() -> None:
    assert [row[0] for row in ROWS] == ["dollar_neutral", "low_turnover", "inverse_volatility"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_verdict_on_us_large_is_that_of_the_page(tmp_path: Path, row: tuple[str, ...]) -> None:
    name, benchmark, inside, outside, together, verdict = row
    run = run_exo(
        *("optuna-run", "--n-trials", "100", "--validate", "--json"),
        *("--data", "files", "--config", REPOSITORY / "examples/us_large.yml"),
        *("--objective", REPOSITORY / f"research/examples/{name}.py"),
        *("--study-file", tmp_path / "study.db", "--export-yaml", tmp_path / "best.yml"),
        *(("--benchmark", benchmark) if benchmark else ()),
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    best = found["best"]
    assert percent(best["in_sample"]["active_return"]) == inside
    assert percent(best["out_of_sample"]["active_return"]) == outside
    assert percent(found["verdict"]["decision"]["p"]) == together
    assert found["verdict"]["overall"] == verdict


def percent(value: float) -> str:
    return f"{100.0 * value:.1f}".replace("-", "−")
