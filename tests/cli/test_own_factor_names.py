"""An own factor named like one that has data: all who use the objective file say so."""

from pathlib import Path

import pytest

from tests.cli.conftest import lay_out, one_error, run_exo

FACTOR = """

from mech_exo.objective.factor import factor


@factor(name="rsi_14", category="technical")
def relative_strength(market, sessions=14):
    return market.close / sessions
"""
COMMANDS = {
    "optuna-run": ("optuna-run", "--n-trials", "2"),
    "optuna-init": ("optuna-init", "--study-name", "another"),
    "leakcheck": ("leakcheck",),
    "validate": ("validate",),
    "validate a file": ("validate", "--factors", "config/factors.yml"),
    "verify": ("verify", "config/factors.yml"),
    "portfolio": ("portfolio",),
    "paper": ("paper", "step"),
    "risk": ("risk", "status"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tuned project, whose objective file then got the factor."""
    folder = lay_out(tmp_path_factory.mktemp("names") / "project")
    objective = folder / "research/obj_utils.py"
    text = objective.read_text().replace("THRESHOLD = 0.12", "THRESHOLD = 0.6")
    objective.write_text(text)
    tuned = ("optuna-run", "--n-trials", "2", "--export-yaml", "config/factors.yml")
    run = run_exo(*tuned, cwd=folder)
    assert run.returncode == 0, run.stderr
    objective.write_text(text + FACTOR)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_it_is_an_error_always(project: Path, command: str) -> None:
    objective = project / "research/obj_utils.py"
    line = objective.read_text().splitlines().index('@factor(name="rsi_14", category="technical")')
    error = one_error(run_exo(*COMMANDS[command], cwd=project))
    assert (
        f"research/obj_utils.py:{line + 1}: the data has a factor 'rsi_14' already. "
        "Give yours another name." in error
    )
