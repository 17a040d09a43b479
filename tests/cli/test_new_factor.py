"""The next release knows one factor more: older files and studies go on as if nothing were."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mech_exo.cli.entry import run as main
from mech_exo.data.catalogue import DEFAULT_FACTORS
from mech_exo.data.technical import TECHNICAL
from tests.cli.file_project import file_project

Run = Callable[..., int]
TABLE = """
data:
  source: files
  prices: ../prices.csv
  factors: [{file: ../facts.csv}]
"""


def write_facts(folder: Path) -> None:
    """A long table with a column that is raw material now, and a factor in a later release."""
    prices = (folder / "prices.csv").read_text().splitlines()
    names = prices[0].split(",")[1:]
    days = [line.split(",")[0] for line in prices[1::60]]
    rows = ["symbol,date,pe_ratio,inventory"]
    rows += [
        f"{name},{day},{10 + i + k % 3},{5 * i + k}"
        for k, day in enumerate(days)
        for i, name in enumerate(names)
    ]
    (folder / "facts.csv").write_text("\n".join(rows) + "\n")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a study and its factor file, of the release before."""
    folder = file_project(tmp_path_factory.mktemp("older"))
    write_facts(folder)
    (folder / "config/settings.yml").write_text(TABLE)
    objective = folder / "research/obj_utils.py"
    objective.write_text(objective.read_text().replace("THRESHOLD = 0.12", "THRESHOLD = 0.6"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        arguments = ["--n-trials", "4", "--n-jobs", "1", "--export-yaml", "factors/a.yml"]
        assert main(["optuna-run", *arguments]) == 0
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, under the next release."""
    folder = tmp_path / "project"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setitem(DEFAULT_FACTORS, "reversal", "technical")
    monkeypatch.setitem(TECHNICAL, "reversal", TECHNICAL["rsi_14"])
    monkeypatch.setitem(DEFAULT_FACTORS, "inventory", "fundamental")  # the data have it
    monkeypatch.setitem(DEFAULT_FACTORS, "short_interest", "sentiment")  # the data have it not
    return folder


@pytest.fixture
def exo(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(list(arguments))
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


NEW = ("reversal", "inventory", "short_interest")
Exo = Callable[..., tuple[int, str]]


@pytest.mark.usefixtures("project")
def test_an_older_file_verifies(exo: Exo) -> None:
    code, shown = exo("verify", "factors/a.yml")
    assert code == 0, shown
    assert not any(name in shown for name in NEW)


@pytest.mark.usefixtures("project")
def test_an_older_study_is_resumed_without_a_word(exo: Exo) -> None:
    code, shown = exo("optuna-run", "--n-trials", "2", "--n-jobs", "1", "--export-yaml", "b.yml")
    assert code == 0, shown
    assert not any(name in shown for name in NEW)
    assert exo("verify", "b.yml")[0] == 0


@pytest.mark.usefixtures("project")
def test_a_new_study_takes_it(exo: Exo) -> None:
    run = ("optuna-run", "--n-trials", "1", "--n-jobs", "1", "--study-name", "new")
    code, shown = exo(*run, "--export-yaml", "c.yml")
    assert code == 0, shown
    assert "no parameter for" in shown
    assert all(name in Path("c.yml").read_text() for name in NEW)
    assert exo("verify", "c.yml")[0] == 0


def test_a_study_whose_objective_file_wants_it_is_told_so(project: Path, exo: Exo) -> None:
    objective = project / "research/obj_utils.py"
    text = objective.read_text()
    objective.write_text(text.replace('"rsi_14",\n', '"rsi_14",\n    "reversal",\n'))
    code, shown = exo("optuna-run", "--n-trials", "1", "--n-jobs", "1")
    assert code == 2, shown
    assert "\n  factor reversal is new\n" in shown
    assert "space.weight_reversal: (none) → float -1.0 … 1.0" in shown
    assert "inventory" not in shown
    assert "short_interest" not in shown
    accepted = ("optuna-run", "--n-trials", "1", "--n-jobs", "1", "--accept-changes")
    assert exo(*accepted, "--export-yaml", "d.yml")[0] == 0
    assert exo("verify", "d.yml")[0] == 0
    assert exo(*accepted[:-1])[0] == 0  # and goes on without a word


@pytest.mark.usefixtures("project")
def test_an_older_file_is_applied_with_its_own_factors(exo: Exo) -> None:
    shutil.copy("factors/a.yml", "config/factors.yml")
    for command in (["portfolio"], ["paper", "step"], ["risk", "status"]):
        code, shown = exo(*command)
        assert code in (0, 1), shown  # 1: a limit is breached
        assert not any(name in shown for name in NEW)


@pytest.mark.usefixtures("project")
def test_an_older_file_is_promoted_and_judged(exo: Exo) -> None:
    code, shown = exo("factors", "promote", "factors/a.yml")
    assert "verify" not in shown, shown
    assert code == 0, shown
    settings = Path("config/settings.yml")
    settings.write_text(settings.read_text() + "verdict: {placebos: 2, windows: 2}\n")
    code, shown = exo("validate", "--factors", "factors/a.yml", "--config", str(settings))
    assert code == 0, shown
    assert exo("validate")[0] == 0  # the study


def test_a_changed_price_is_named_with_its_month(project: Path, exo: Exo) -> None:
    path = project / "prices.csv"
    lines = path.read_text().splitlines()
    day, first, *rest = lines[400].split(",")
    lines[400] = ",".join([day, str(float(first) + 0.01), *rest])
    path.write_text("\n".join(lines) + "\n")
    code, shown = exo("optuna-run", "--n-trials", "1", "--n-jobs", "1")
    assert code == 2
    assert (
        f"prices differ in the month {day[:7]}\n" in shown or "prices differ in 2 months" in shown
    )
    assert "factors rsi_14, momentum_12_1, volatility_ratio have other values" in shown
