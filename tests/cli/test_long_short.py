"""What a run says of a portfolio that is bought and sold short for the same money."""

import re
import shlex
from pathlib import Path

from tests.cli.conftest import REPOSITORY, Exo

PAGE = (REPOSITORY / "docs/objective.md").read_text("utf-8")
SECTION = PAGE.split("## How scores become a portfolio", 2)[1]
COMMAND = re.search(r"```bash\nexo (.*)\n```", SECTION)
BLOCK = re.search(r"```yaml\n(.*?)```", SECTION, re.DOTALL)


def test_the_first_example_runs_on_the_demo_and_is_measured_against_cash(
    exo: Exo, project: Path
) -> None:
    assert COMMAND is not None
    run = exo(*shlex.split(COMMAND[1]), "--n-trials", "4", cwd=project)
    assert run.returncode in (0, 3), run.stderr
    heading = next(line for line in run.stdout.splitlines() if line.count("trial ") >= 2)
    assert heading.split()[-2:] == ["cash", "cash"]
    assert "universe" not in run.stdout
    assert "note: the long and the short side" not in run.stdout


def test_the_example_as_settings_and_a_band_that_leaves_the_sides_unequal(
    exo: Exo, project: Path
) -> None:
    assert BLOCK is not None
    settings = project / "config/settings.yml"
    settings.write_text(f"{settings.read_text()}{BLOCK[1]}  no_trade_band: 0.05\n")
    run = exo("optuna-run", "--n-trials", "4", "--study-name", "band", cwd=project)
    assert run.returncode in (0, 3), run.stderr
    assert re.search(r"^note: the long and the short side of trial \d+ differ by", run.stdout, re.M)
