"""docs/api.md as a notebook on real data, and a typed script against the wheel."""

import doctest
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, environment
from tests.unit.library.markets import file_project

PAGE = REPOSITORY / "docs/api.md"
SHARED = Path(os.environ.get("EXO_SHARED", REPOSITORY.parent / "shared")) / "data/us_large"

pytestmark = pytest.mark.slow


def test_what_the_page_shows_is_what_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    for name in ("prices.csv.gz", "fundamentals.csv"):
        shutil.copy(SHARED / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text("utf-8")
    example = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert len(example.examples) > 20
    runner = doctest.DocTestRunner(verbose=False)
    said: list[str] = []
    runner.run(example, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)
    assert (tmp_path / "factors/mine.yml").is_file()


SCRIPT = """
    import pandas as pd

    from mech_exo import Backtest, ExoError, Project, Study, Trial, TrialFinished, Verdict


    def best_of(prices: pd.DataFrame, value: pd.DataFrame) -> tuple[Backtest, Verdict]:
        project = Project(prices, {"value": value}, settings={"tuning": {"seed": 7}})
        study: Study = project.tune(trials=10, jobs=1, on_event=print)
        best: Trial | None = study.best
        if best is None:
            raise ExoError("nothing")
        sharpe: float = project.backtest(best.weights, cash_pct=0.1).metrics["sharpe"]
        print(sharpe, project.check().remarks, project.verify(project.export(study, "f.yml")))
        return project.backtest(best, part="holdout"), project.validate(study)
"""


@pytest.mark.parametrize(("line", "fails"), [("", False), ("Project(1)\n", True)])
def test_a_users_script_is_type_checked_against_the_wheel(
    tmp_path: Path, line: str, fails: bool
) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    site = tmp_path / "site"
    shutil.unpack_archive(next(tmp_path.glob("*.whl")), site, "zip")
    assert (site / "mech_exo/py.typed").is_file()
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT) + line)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=mypy"]
    done = subprocess.run(
        [*command, "script.py"],
        cwd=tmp_path,
        env=environment({"MYPYPATH": str(site), "PYTHONPATH": ""}),
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if line.startswith("script.py")]
    assert bool(found) == fails, done.stdout + done.stderr


def test_ctrl_c_ends_a_search_in_order(tmp_path: Path) -> None:
    folder = file_project(tmp_path / "p")
    code = """
        from mech_exo import Project, TrialFinished
        project = Project.open(".")
        def told(event):
            if isinstance(event, TrialFinished):
                print(event.trial.number, flush=True)
        study = project.tune(trials=100_000, jobs=2, on_event=told)
        print("interrupted", study.interrupted, len(study) == len(project.study()), flush=True)
        print("more", len(project.tune(trials=1)) - len(study))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read().splitlines()
    assert process.returncode == 0
    assert rest[-2:] == ["interrupted True True", "more 1"]
