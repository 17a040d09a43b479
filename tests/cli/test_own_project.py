"""A factor file is judged by its own project and on its own market, wherever it is called from."""

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from mech_exo.cli.entry import run
from mech_exo.factor_file.read import read_factor_file
from tests.cli.file_project import file_project, write_prices

PRODUCTION = "config/factors.yml"
NAMES = {f"S{n:02d}" for n in range(10)}
Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on price files with a factor file in production, an objective and limits."""
    folder = file_project(tmp_path_factory.mktemp("own") / "project")
    objective = folder / "research/obj_utils.py"
    objective.write_text(objective.read_text().replace("THRESHOLD = 0.12", "THRESHOLD = 0.5"))
    (folder / "config/risk_limits.yml").write_text("limits: {names: {red: 1}}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for variable in [name for name in os.environ if name.startswith("EXO_")]:
            patch.delenv(variable)
        tune = ["optuna-run", "--n-trials", "6", "--n-jobs", "1", "--quiet"]
        assert run([*tune, "--export-yaml", PRODUCTION]) == 0
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(made, tmp_path / "project")


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the working directory."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """Another project, on a demo market."""
    folder = tmp_path / "demo"
    assert run(["init", str(folder)]) == 0
    (folder / "config/settings.yml").write_text("data: {demo: {symbols: 20, years: 3}}\n")
    return folder


def commands(file: Path) -> list[list[str]]:
    """Every command that applies a factor file to data."""
    return [
        ["risk", "status", "--config", str(file)],
        ["portfolio", "--config", str(file)],
        ["paper", "step", "--factors", str(file)],
        ["paper", "status", "--factors", str(file)],
    ]


def edit(path: Path, pattern: str, new: str) -> None:
    text, changed = re.subn(pattern, new, path.read_text(), flags=re.DOTALL)
    assert changed
    path.write_text(text)


def forget_market(file: Path) -> None:
    """As the versions before this block wrote it."""
    edit(file, r"  market:\n.*?(?=  in_sample_end)", "")
    assert "market" not in (read_factor_file(file).provenance or {})


def refused(arguments: list[str], capsys: Said) -> str:
    """The one line of a command that exits with 4 and opens nothing."""
    assert run(arguments) == 4, arguments
    said = capsys.readouterr()
    assert said.out == ""
    assert not Path("paper").exists()
    return said.err.splitlines()[-1]


def test_risk_is_judged_by_the_files_own_project(project: Path, empty: Path, capsys: Said) -> None:
    assert run(["risk", "status", "--json", "--config", str(project / PRODUCTION)]) == 0
    said = capsys.readouterr()
    status = json.loads(said.out)
    assert {p["symbol"] for p in status["positions"]} <= NAMES
    assert status["source"].startswith("files: 10 stocks")
    assert status["limits_file"] == str(project / "config/risk_limits.yml")
    for name in ("settings.yml", "research/obj_utils.py"):
        assert re.search(rf"{project}.*{name} \(nearest.* the factor file", said.err), said.err
    assert "DEMO" not in said.err
    assert not list(empty.iterdir())


@pytest.mark.usefixtures("empty")
def test_orders_and_ledger_are_in_the_files_own_names(project: Path, capsys: Said) -> None:
    file = project / PRODUCTION
    assert run(["portfolio", "--format", "json", "--config", str(file)]) == 0
    assert {line["symbol"] for line in json.loads(capsys.readouterr().out)["lines"]} <= NAMES
    assert run(["paper", "step", "--factors", str(file)]) == 0
    with closing(sqlite3.connect("paper/ledger.db")) as connection:
        orders = {name for (name,) in connection.execute("SELECT symbol FROM paper_orders")}
    assert orders
    assert orders <= NAMES


@pytest.mark.usefixtures("empty")
def test_without_its_settings_every_command_refuses(project: Path, capsys: Said) -> None:
    (project / "config/settings.yml").unlink()
    for arguments in commands(project / PRODUCTION):
        error = refused(arguments, capsys)
        assert error.startswith(f"error: {project / PRODUCTION}: was made on another market: ")
        assert "data.source is files, the data here are demo: 100 synthetic stocks" in error


def test_its_project_comes_before_the_working_directorys(
    project: Path, demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.chdir(demo)
    file = str(project / PRODUCTION)
    assert run(["risk", "status", "--config", file]) == 0
    assert "files: 10 stocks" in capsys.readouterr().out
    for named in (
        ["--project", str(demo)],
        ["--settings", "config/settings.yml"],
        ["--data", "demo"],
    ):
        assert "data.source is files" in refused(
            ["risk", "status", "--config", file, *named], capsys
        )
    monkeypatch.setenv("EXO_CONFIG", str(demo / "config/settings.yml"))
    for arguments in commands(Path(file)):
        assert "20 synthetic stocks" in refused(arguments, capsys)


@pytest.mark.usefixtures("empty")
def test_a_file_without_a_project_is_judged_by_the_working_directorys(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    loose = shutil.copy(project / PRODUCTION, tmp_path / "loose.yml")
    assert "data.source is files" in refused(["risk", "status", "--config", str(loose)], capsys)
    monkeypatch.chdir(project / "research")
    assert run(["risk", "status", "--config", str(loose)]) == 0
    assert "(nearest config/settings.yml)" in capsys.readouterr().err


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    "arguments",
    [
        ["risk", "status"],
        ["portfolio"],
        ["paper", "step"],
        ["factors", "history"],
        ["factors", "diff", PRODUCTION, PRODUCTION],
        ["factors", "stage", PRODUCTION],
        ["factors", "promote", PRODUCTION, "--dry-run"],
    ],
)
def test_project_names_the_folder(project: Path, arguments: list[str], capsys: Said) -> None:
    assert run([*arguments, "--project", str(project)]) == 0, capsys.readouterr().err
    assert run([*arguments, "--project", "none"]) == 2
    assert "none: cannot be entered (No such file" in capsys.readouterr().err


@pytest.mark.usefixtures("empty")
def test_validate_and_verify_find_the_files_own_objective(project: Path, capsys: Said) -> None:
    file = str(project / PRODUCTION)
    assert run(["verify", file]) == 0, capsys.readouterr().err
    assert run(["validate", "--factors", file, "--n-jobs", "1", "--quiet"]) == 0
    assert capsys.readouterr().out.split()[-1] in ("PASS", "INCONCLUSIVE", "FAIL")
    assert run(["validate", "--factors", PRODUCTION, "--project", str(project), "--quiet"]) == 0


def test_the_demo_is_no_market_of_a_promotion(
    project: Path, demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """A file is promoted into the working directory's project, and must be of its market."""
    monkeypatch.chdir(demo)
    for forced in ([], ["--force", "--reason", "I insist"]):
        error = refused(["factors", "promote", str(project / PRODUCTION), *forced], capsys)
        assert "data.source is files" in error
    assert not (demo / PRODUCTION).exists()


@pytest.mark.usefixtures("empty")
def test_from_the_demo_to_real_data(project: Path, demo: Path, capsys: Said) -> None:
    """A file on demo data is promoted by force only, and is no champion of another market."""
    tune = ["optuna-run", "--n-trials", "2", "--n-jobs", "1", "--quiet"]
    assert run([*tune, "--config", str(demo / "config/settings.yml")]) in (0, 3)
    made = str(next(Path("factors").glob("*.yml")).resolve())
    promote = ["factors", "promote", made, "--project", str(demo)]
    assert run(promote) == 1
    assert "it rests on demo data" in capsys.readouterr().err
    assert run([*promote, "--force", "--reason", "a try"]) == 0
    (demo / "config/settings.yml").write_text(
        f"data: {{source: files, prices: {project / 'prices.csv'}}}\n"
    )
    shutil.copy(project / "research/obj_utils.py", demo / "research/obj_utils.py")
    real = ["factors", "promote", str(project / PRODUCTION), "--project", str(demo)]
    assert run(real) == 0, capsys.readouterr().err
    assert "the incumbent cannot be run" in capsys.readouterr().out
    assert (demo / PRODUCTION).read_bytes() == (project / PRODUCTION).read_bytes()


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("old", [False, True])
def test_two_demo_markets_are_two(demo: Path, old: bool, capsys: Said) -> None:
    tune = ["optuna-run", "--n-trials", "2", "--n-jobs", "1", "--quiet"]
    assert run([*tune, "--config", str(demo / "config/settings.yml")]) in (0, 3)
    made = next(Path("factors").glob("*.yml"))
    file = Path(shutil.move(made, demo / PRODUCTION))
    if old:
        forget_market(file)
    assert run(["risk", "status", "--config", str(file), "--date", "2019-12-31"]) in (0, 1)
    assert run(["risk", "status", "--config", str(file)]) in (0, 1)
    assert "does not say enough" not in capsys.readouterr().err
    for other in ("symbols: 20, years: 3, seed: 8", "symbols: 19, years: 3"):
        (demo / "config/settings.yml").write_text(f"data: {{demo: {{{other}}}}}\n")
        error = refused(["risk", "status", "--config", str(file)], capsys)
        assert "was made on another market" in error
        assert ("seed 7, here 8" in error) is (old and "seed" in other)


@pytest.mark.usefixtures("empty")
def test_the_data_may_have_grown_and_been_restated(project: Path, capsys: Said) -> None:
    prices = project / "prices.csv"
    header, *rows = prices.read_text().splitlines()
    day, _, values = rows[-1].partition(",")
    rows.append(f"{np.datetime64(date.today()) + np.timedelta64(1, 'D')},{values}")
    for t in range(450):  # a dividend of 2 %, as vendors adjust for it
        day, *closes = rows[t].split(",")
        rows[t] = ",".join([day, *(f"{0.98 * float(close):.6f}" for close in closes)])
    prices.write_text("\n".join([header, *rows]) + "\n")
    assert run(["portfolio", "--config", str(project / PRODUCTION)]) == 0
    assert "another market" not in capsys.readouterr().err


@pytest.mark.usefixtures("empty")
def test_other_prices_under_the_same_names_are_another_market(project: Path, capsys: Said) -> None:
    prices = project / "prices.csv"
    header, *rows = prices.read_text().splitlines()
    flipped = [
        f"{a.partition(',')[0]},{b.partition(',')[2]}"
        for a, b in zip(rows, reversed(rows), strict=True)
    ]
    prices.write_text("\n".join([header, *flipped]) + "\n")
    for arguments in commands(project / PRODUCTION):
        error = refused(arguments, capsys)
        assert "names that it was made with and that are here, 10 returned something" in error
    prices.write_text(prices.read_text().replace("S0", "X0"))
    error = refused(commands(project / PRODUCTION)[0], capsys)
    assert "of 10 names that it was made with, 0 are here; not S00, S01, S02, S03, S04" in error


@pytest.mark.usefixtures("empty")
def test_an_older_file_says_what_it_can(project: Path, capsys: Said) -> None:
    """Its source, and the fingerprint of the data up to its last date."""
    file = project / PRODUCTION
    forget_market(file)
    assert run(["risk", "status", "--config", str(file)]) == 0
    assert "warning" not in capsys.readouterr().err
    write_prices(project / "prices.csv", date.today(), sessions=880)  # they end before
    assert run(["risk", "status", "--config", str(file)]) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert "does not say enough of its data to know them again" in warnings[0]
    (project / "config/settings.yml").unlink()
    for arguments in commands(file):
        assert "data.source is files" in refused(arguments, capsys)


@pytest.mark.usefixtures("empty")
def test_a_file_by_hand_is_applied_to_any_data(
    project: Path, tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXO_DATA__DEMO__YEARS", "3")
    file = tmp_path / "hand.yml"
    file.write_text("factors: {technical: {momentum_12_1: {weight: 1}}}\n")
    assert run(["portfolio", "--config", str(file)]) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert "DEMO" in warnings[0]
    shutil.copy(file, project / PRODUCTION)
    assert run(["portfolio", "--config", str(project / PRODUCTION)]) == 0
    assert "warning" not in capsys.readouterr().err


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    ("pattern", "new", "words"),
    [
        (r'(periods:\n +- ")\d{4}-\d\d', r"\g<1>2020-13", "periods.0 is '2020-13-"),
        (r'(periods:\n +- ")[^"]+', r"\g<1>2020-12-01", "periods.0 is '2020-12-01', expected two"),
        (r"(  market:.*?) periods:.*? returns:", r"\1 periods: 5\n    returns:", "expected a list"),
        (r"    names: \d+", "    name: 3", "has an unknown key 'name'"),
        (r"(S00: \[)[^,]+", r"\1.nan", "returns.S00 is nan, expected a finite number"),
        (r"(S00: \[)[^,]+", r'\1"x"', "returns.S00.0 is 'x', expected a number or empty"),
        (r'(data_end: )"[^"]+"', r'\1"2020-02-30"', "data_end is '2020-02-30', expected a date"),
    ],
)
def test_a_damaged_block_is_named(
    project: Path, pattern: str, new: str, words: str, capsys: Said
) -> None:
    file = project / PRODUCTION
    edit(file, pattern, new)
    assert run(["risk", "status", "--config", str(file)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: {file}: line ")
    assert f": provenance.{'' if 'data_end' in words else 'market'}" in error
    assert words in error
