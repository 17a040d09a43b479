"""Objective files that run as they are: research/examples, and the guide's own snippet."""

import json
import re
from pathlib import Path

import pytest

from mech_exo.config.packaged import EXAMPLES
from mech_exo.factor_file.read import read_factor_file
from mech_exo.tuning.records import read_study
from tests.cli.conftest import REPOSITORY, Run, lay_out, run_exo

GUIDE = REPOSITORY / "../shared/guide/optuna-guide.md"
QUESTION = "How do I modify the search space?"
SNIPPET = """\
def suggest_factor_weights(trial):
    \"\"\"Custom parameter space definition\"\"\"
    
    # Modify weight ranges
    pe_weight = trial.suggest_float('weight_pe_ratio', -0.5, 0.5)  # Narrow range
    
    # Add new parameters
    momentum_window = trial.suggest_int('momentum_window', 6, 18)   # New parameter
    
    # Conditional parameters
    if use_stop_loss:
        stop_loss = trial.suggest_float('stop_loss_pct', 0.05, 0.15)
"""  # noqa: W293 - as the guide has it
CONSTANTS = """\
MAX_DRAWDOWN_THRESHOLD = 0.5
VOLATILITY_THRESHOLD = 0.5
WEIGHT_LIMIT = 2.0
"""
SETTINGS = """\
data: {source: demo, demo: {symbols: 20, years: 5}}
verdict: {placebos: 2, windows: 2, neighbours: 8, portfolios: 16}
"""
MOMENTUM = "    trial.suggest_float('weight_momentum_12_1', -1.0, 1.0)\n"
TRIALS = 8
VERDICTS = ("PASS", "FAIL", "INCONCLUSIVE")

pytestmark = pytest.mark.slow


def succeeds(*arguments: str | Path, cwd: Path) -> Run:
    run = run_exo(*arguments, cwd=cwd)
    assert run.returncode == 0, run.stderr
    return run


def goes_all_the_way(project: Path, objective: str | Path) -> Path:
    """Tuned with one job and with two, alike; verified, judged, checked for leaks, applied.

    Returns the exported file.
    """
    named = ("--objective", objective)
    tuned = ("optuna-run", "--n-trials", str(TRIALS), *named)
    rows = []
    for jobs in "1", "2":
        where = ("--study-file", f"{jobs}.db", "--export-yaml", f"{jobs}.yml")
        succeeds(*tuned, "--n-jobs", jobs, *where, cwd=project)
        study = read_study(project / f"{jobs}.db", "factor_weight_optimization")
        rows.append([(t.number, t.state, t.params, t.values, t.metrics) for t in study.trials])
    assert len(rows[0]) == TRIALS
    assert rows[0] == rows[1]
    one, two = (read_factor_file(project / f"{jobs}.yml") for jobs in "12")
    assert one.content_hash == two.content_hash
    verified = succeeds("verify", "1.yml", *named, cwd=project)
    assert "verified: all" in verified.stdout
    judged = run_exo(
        "validate", "--factors", "1.yml", "--study-file", "1.db", *named, "--json", cwd=project
    )
    assert json.loads(judged.stdout)["verdict"]["overall"] in VERDICTS
    assert "no leak" in succeeds("leakcheck", *named, cwd=project).stdout
    succeeds("portfolio", "--config", "1.yml", *named, cwd=project)
    return project / "1.yml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = lay_out(tmp_path / "project")
    (folder / "config/settings.yml").write_text(SETTINGS)
    return folder


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_as_it_is(project: Path, example: str) -> None:
    assert len((project / example).read_text().splitlines()) <= 60
    entries = read_factor_file(goes_all_the_way(project, example)).entries
    if "own_factor" in example:
        assert set(entries["nearness_to_high"]["parameters"]) == {"high_months"}


def guide_s_snippet() -> str:
    """From the guide itself where it is at hand."""
    if not GUIDE.is_file():
        return SNIPPET
    page = GUIDE.read_text()
    found = re.search(r"```python\n(.*?)```", page[page.index(QUESTION) :], re.DOTALL)
    assert found is not None
    return found[1]


def test_the_copy_is_the_guide_s() -> None:
    assert guide_s_snippet() == SNIPPET


@pytest.mark.parametrize("used", [True, False])
def test_the_guide_s_snippet_runs_as_it_stands(project: Path, used: bool) -> None:
    """All that it leaves to the user is `use_stop_loss`."""
    text = f"{CONSTANTS}use_stop_loss = {used}\n\n\n{guide_s_snippet()}"
    (project / "research/obj_utils.py").write_text(text)
    entries = read_factor_file(goes_all_the_way(project, "research/obj_utils.py")).entries
    months = entries["momentum_12_1"]["parameters"]["momentum_window"]
    assert isinstance(months, int)
    assert 6 <= months <= 18


@pytest.mark.parametrize(
    ("space", "wanted"),
    [
        (SNIPPET + MOMENTUM, {"momentum_12_1": {"momentum_window"}}),
        (
            SNIPPET
            + MOMENTUM
            + "    if trial.suggest_categorical('weight_rsi_14', [-1.0, 1.0]) > 0:\n"
            "        trial.suggest_int('rsi_window', 5, 30, step=5)\n",
            {"momentum_12_1": {"momentum_window"}},
        ),
        (
            "def suggest_factor_weights(trial):\n"
            "    trial.suggest_float('weight_volatility_ratio', -1.0, 1.0)\n"
            "    trial.suggest_int('volatility_short_window', 5, 120)\n"
            "    trial.suggest_int('volatility_long_window', 63, 252, log=True)\n",
            {"volatility_ratio": {"volatility_short_window", "volatility_long_window"}},
        ),
    ],
)
def test_variants_of_it(project: Path, space: str, wanted: dict[str, set[str]]) -> None:
    text = f"{CONSTANTS}use_stop_loss = False\n\n\n{space}"
    (project / "research/obj_utils.py").write_text(text)
    entries = read_factor_file(goes_all_the_way(project, "research/obj_utils.py")).entries
    for factor, names in wanted.items():
        assert set(entries[factor]["parameters"]) == names
