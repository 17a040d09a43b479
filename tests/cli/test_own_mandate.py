"""A factor file in a project whose settings and objective file have changed since."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, lay_out, one_error, run_exo

NEUTRAL = REPOSITORY / "research/examples/dollar_neutral.py"
OPTIONS = ("--n-trials", "3", "--n-jobs", "1")
SHORT = {"EXO_PORTFOLIO__SIDE": "long_short"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With one file of the plain rules, and one of a construct."""
    folder = lay_out(tmp_path_factory.mktemp("mandate") / "project")
    own = folder / "research/own.py"
    own.write_text(NEUTRAL.read_text().replace("THRESHOLD = 0.25", "THRESHOLD = 0.9"))
    plain = folder / "research/obj_utils.py"
    plain.write_text(plain.read_text().replace("THRESHOLD = 0.12", "THRESHOLD = 0.9"))
    for name, objective in (("plain", plain), ("own", own)):
        study = ("--study-file", f"{name}.db", "--export-yaml", f"factors/{name}.yml")
        run = run_exo("optuna-run", *OPTIONS, "--objective", objective, *study, cwd=folder)
        assert run.returncode == 0, run.stderr
    return folder


def sides(project: Path, *options: str, env: dict[str, str] | None = None) -> tuple[set[str], str]:
    run = run_exo("portfolio", *options, "--format", "csv", cwd=project, env=env)
    assert run.returncode == 0, run.stderr
    rows = csv.DictReader(io.StringIO(run.stdout))
    return {row["side"] for row in rows}, run.stderr


def test_settings_that_say_otherwise_are_said_and_not_followed(project: Path) -> None:
    bought, before = sides(project, "--config", "factors/plain.yml")
    assert bought == {"buy"}
    assert "own rules" not in before
    still, said = sides(project, "--config", "factors/plain.yml", env=SHORT)
    assert still == {"buy"}
    assert said.count("portfolio.side is long_short, the file has long") == 1
    step = ("paper", "step", "--ledger", "paper.db", "--factors")
    for command in (("risk", "status", "--config"), step):
        run = run_exo(*command, "factors/plain.yml", cwd=project, env=SHORT)
        assert run.stderr.count("portfolio.side is long_short, the file has long") == 1
    verified = run_exo("verify", "factors/plain.yml", cwd=project, env=SHORT)
    assert verified.returncode == 0, verified.stderr


def test_a_construct_goes_with_its_own_objective_file_only(project: Path) -> None:
    own, plain = ("--config", "factors/own.yml"), ("--config", "factors/plain.yml")
    with_own = ("--objective", "research/own.py")
    assert sides(project, *own, *with_own)[0] >= {"buy", "sell short"}
    assert "research/obj_utils.py has none" in one_error(
        run_exo("portfolio", *own, cwd=project), code=4
    )
    refused = one_error(run_exo("risk", "status", *plain, *with_own, cwd=project), code=4)
    assert "was made without a construct" in refused
    assert "--objective" in refused
    verified = run_exo("verify", "factors/own.yml", *with_own, cwd=project)
    assert verified.returncode == 0, verified.stderr
    assert (
        "portfolio.construct"
        in run_exo("verify", "factors/own.yml", *with_own, "--json", cwd=project).stdout
    )


@pytest.mark.parametrize(
    ("incumbent", "objective", "why"),
    [
        ("plain", "own", "was made without a construct"),
        ("own", "obj_utils", "was made with a construct"),
    ],
)
def test_an_incumbent_of_another_construct_is_left_out(
    project: Path, incumbent: str, objective: str, why: str
) -> None:
    production = project / "config/factors.yml"
    production.write_text((project / f"factors/{incumbent}.yml").read_text())
    options = ("--study-file", f"beside_{incumbent}.db", "--objective", f"research/{objective}.py")
    run = run_exo("optuna-run", *OPTIONS, *options, cwd=project)
    production.unlink()
    assert run.returncode == 0, run.stderr
    assert run.stderr.count(f"config/factors.yml {why}") == 1
    assert "It is not compared, and no new study starts from it." in run.stderr
    assert "config/factors.yml" not in run.stdout
    assert "Weights and hyperparameters" in run.stdout


def test_a_paper_account_follows_a_construct(project: Path) -> None:
    account = ("--ledger", "account.db", "--factors", "factors/own.yml")
    refused = one_error(run_exo("paper", "step", *account, cwd=project), code=4)
    assert "research/obj_utils.py has none" in refused
    objective = ("--objective", "research/own.py")
    step = run_exo("paper", "step", *account, *objective, cwd=project)
    assert step.returncode == 0, step.stderr
    status = run_exo("paper", "status", *account, *objective, "--json", cwd=project)
    assert status.returncode == 0, status.stderr
    shares = [order["shares"] for order in json.loads(status.stdout)["open_orders"]]
    assert min(shares) < 0.0 < max(shares)
