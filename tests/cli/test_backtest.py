"""`exo backtest`: any portfolio on any dates, the same figures as everywhere, and what if."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from mech_exo import Project
from mech_exo.backtest.metrics import METRICS
from mech_exo.cli.entry import run
from mech_exo.config.settings import DemoSettings
from mech_exo.data.demo import demo_market
from mech_exo.factor_file.document import FIGURES
from mech_exo.tuning.records import read_study
from mech_exo.workflow.assumptions import ASSUMPTIONS
from mech_exo.workflow.backtest_dates import PARTS
from tests.cli.conftest import REPOSITORY, lay_out, run_exo
from tests.cli.test_looks import origins
from tests.unit.data.one_market import versions
from tests.unit.library.markets import file_project, frames

LIMITS = "MAX_DRAWDOWN_THRESHOLD, VOLATILITY_THRESHOLD, WEIGHT_LIMIT = 0.9, 5.0, 9.0\n"
PLAIN = (
    LIMITS
    + """

def suggest_factor_weights(trial):
    for name in ("rsi_14", "momentum_12_1", "return_on_equity"):
        trial.suggest_float(f"weight_{name}", -1.0, 1.0)
    trial.suggest_float("position_size_pct", 0.1, 0.4)
"""
)
FAILING = (
    PLAIN
    + """

def objective(result):
    if result.turnover > 3.0:
        raise ValueError("too much is traded")
    return result.sharpe
"""
)
SIDES = {"EXO_PORTFOLIO__SIDE": "long_short", "EXO_BACKTEST__BORROW_COST": "0.02"}
CONSTRUCT = REPOSITORY / "research/examples/dollar_neutral.py"


def tuned(folder: Path, name: str, objective: str, **env: str) -> dict[str, Any]:
    """A study of its own name, exported to NAME.yml; what the run said."""
    path = folder / f"research/{name}.py"
    path.write_text(objective)
    found = run_exo(
        *("optuna-run", "--n-trials", "5", "--n-jobs", "1", "--study-name", name, "--json"),
        *("--objective", path, "--export-yaml", folder / f"{name}.yml"),
        cwd=folder,
        env=env,
    )
    assert found.returncode == 0, found.stderr
    said: dict[str, Any] = json.loads(found.stdout)
    return said


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with sectors and volumes, and a study and a file of each kind."""
    folder = lay_out(tmp_path_factory.mktemp("backtest") / "a project ü")
    (folder / "research/obj_utils.py").write_text(PLAIN)
    return folder


@pytest.fixture(scope="module")
def plain(project: Path) -> dict[str, Any]:
    return tuned(project, "plain", PLAIN)


@pytest.fixture
def there(project: Path, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


Told = Callable[..., dict[str, Any]]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """What `exo backtest … --json` says."""

    def said(*arguments: str | Path) -> dict[str, Any]:
        capsys.readouterr()
        assert run(["backtest", *map(str, arguments), "--json"]) == 0, capsys.readouterr().err
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return said


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 2) -> str:
    capsys.readouterr()
    assert run(["backtest", *map(str, arguments)]) == code
    said = capsys.readouterr()
    errors = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, said.err
    assert said.out == ""
    return errors[0]


def read(path: str | Path) -> pd.DataFrame:
    """A table as it was written: floats to the bit."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return pd.DataFrame({name: [cell(name, row[name]) for row in rows] for name in rows[0]})


def cell(name: str, text: str) -> Any:
    if name in ("date", "decided"):
        return pd.Timestamp(text)
    if name in ("part", "symbol", "reason"):
        return text
    return int(text) if name == "names" else float(text or "nan")


def null_nan(metrics: Any) -> dict[str, float | None]:
    return {name: None if value != value else value for name, value in metrics.items()}


def check_equal_everywhere(
    project: Path, name: str, said: dict[str, Any], told: Told, *, config: dict[str, Any]
) -> None:
    """Trial record, JSON, YAML, `exo backtest` of file and trial, and `Project.backtest`."""
    study, path = read_study(project / "studies/factor_opt.db", name), project / f"{name}.yml"
    best = study.best()
    assert best is not None
    objective = project / f"research/{name}.py"
    asked = ("--objective", objective, "--part", "all")
    opened = Project.open(project, objective=objective, settings=config)
    trial = opened.study(name).best
    assert trial is not None
    file = yaml.safe_load(path.read_text())
    of_file, of_trial = told(path, *asked), told("best", "--study-name", name, *asked)
    api = {part: opened.backtest(trial, part=part) for part in PARTS if part != "all"}
    for found in (of_file, of_trial):
        inside, outside = found["parts"]
        assert (inside["seen"], outside["seen"]) == ("in sample", "holdout")
        assert list(inside["metrics"]) == list(METRICS)
        assert inside["metrics"] == null_nan(dict(best.metrics)) == said["best"]["in_sample"]
        assert outside["metrics"] == said["best"]["out_of_sample"]
        assert outside["metrics"] == file["out_of_sample"]["metrics"]
        assert inside["benchmark_metrics"] == said["universe"]["in_sample"]
        assert outside["benchmark_metrics"] == file["out_of_sample"]["universe"]
        for field, metric in FIGURES.items():
            assert file["metadata"][field] == inside["metrics"][metric]
        assert inside["metrics"] == null_nan(api["in_sample"].metrics.to_dict())
        assert outside["metrics"] == null_nan(api["holdout"].metrics.to_dict())
    assert of_file["metrics"] == of_trial["metrics"]
    assert of_file["looks"] == of_trial["looks"]  # one portfolio, however it is named
    whole = opened.backtest(path, part="all")
    assert of_file["metrics"] == null_nan(whole.metrics.to_dict())
    assert [y["metrics"]["sharpe"] for y in of_file["years"]] == whole.years["sharpe"].to_list()


def test_every_metric_is_the_same_everywhere(
    there: Path, plain: dict[str, Any], told: Told
) -> None:
    check_equal_everywhere(there, "plain", plain, told, config={})


def test_also_of_a_portfolio_that_sells_short(
    project: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    monkeypatch.chdir(project)
    said = tuned(project, "sides", PLAIN, **SIDES)
    for name, value in SIDES.items():
        monkeypatch.setenv(name, value)
    check_equal_everywhere(project, "sides", said, told, config={})
    found = told("sides.yml", "--objective", "research/sides.py", "--exposures", "sides.csv")
    assert found["benchmark"] == "cash"
    assert found["universe_metrics"] != found["benchmark_metrics"]
    table = read("sides.csv")
    assert (table["short"] > 0.1).all()
    np.testing.assert_allclose(table["long"] - table["short"], table["net"], atol=1e-15)
    np.testing.assert_allclose(table["cash"], 1.0 - table["net"], atol=1e-15)


def test_also_of_a_construct_of_the_objective_file(
    project: Path, monkeypatch: pytest.MonkeyPatch, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    source = CONSTRUCT.read_text().replace("THRESHOLD = 0.25", "THRESHOLD = 0.9")
    check_equal_everywhere(project, "own", tuned(project, "own", source), told, config={})
    words = refused(capsys, "own.yml", code=4)  # under the project's own objective file
    assert "the objective file is not that of the file" in words


def test_a_trial_by_its_number(there: Path, told: Told) -> None:
    study = read_study(there / "studies/factor_opt.db", "plain")
    for number in (0, 3):
        metrics = null_nan(dict(study.trials[number].metrics))
        found = told(str(number), "--study-name", "plain", "--objective", "research/plain.py")
        assert found["metrics"] == metrics
        assert found["portfolio"]["label"] == f"trial {number}"


def test_what_is_shown_to_people(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    asked = ("--objective", "research/plain.py", "--what-if", "default")
    assert run(["backtest", "plain.yml", *asked]) == 0
    out = capsys.readouterr().out
    assert "plain.yml, 2" in out
    assert "(in sample)" in out
    assert "holdout from" not in out.replace("holdout    from", "")  # no year of it
    assert "not shown: --part all shows it" in out
    for line in ("as it is", "cost=2x", "lag=+1", "stop=none", "positions=0.5x", "positions=2x"):
        assert f"\n{line} " in out
    assert "\nfragile    " in out
    for metric in METRICS.values():
        assert f"\n{metric.label} " in out
    assert run(["backtest", "plain.yml", *asked, "--part", "all", "--cost-bps", "30"]) == 0
    out = capsys.readouterr().out
    assert "\nassumed    backtest.commission_bps 30\n" in out
    assert "runs of their own, which begin with cash" in out
    assert re.search(r"\nlooks      look \d+ of \d+ at the holdout; a verdict counts them\n", out)


def test_returns_compound_to_the_total_and_tables_are_exact(there: Path, told: Told) -> None:
    names = ("returns", "holdings", "trades", "exposures")
    files = [part for name in names for part in (f"--{name}", f"{name}.csv")]
    asked = ("--objective", "research/plain.py", "--part", "all", "--capital", "1e6")
    found = told("plain.yml", *asked, *files)
    assert found["files"] == {name: f"{name}.csv" for name in names}
    api = Project.open(there, objective="research/plain.py").backtest("plain.yml", part="all")
    returns = read("returns.csv").set_index("date")
    total = np.multiply.reduce(1.0 + returns["return"].to_numpy()) - 1.0
    assert total == found["metrics"]["total_return"]
    assert returns["value"].iloc[-1] == found["value"]
    assert returns["return"].to_list() == api.returns.to_list()
    assert returns["benchmark"].to_list() == api.benchmark.to_list()
    assert set(returns["part"]) == {"in_sample", "holdout"}
    first = str(returns.index[returns["part"] == "holdout"][0].date())
    assert first >= found["holdout_from"]
    holdings = read("holdings.csv")
    wide = holdings.pivot_table(index="date", columns="symbol", values="weight").fillna(0.0)
    held = api.holdings[wide.columns]
    rows = held[held.index.isin(wide.index)]
    np.testing.assert_array_equal(wide.to_numpy(), rows.to_numpy())
    assert list(wide.index) == list(rows.index)
    np.testing.assert_allclose(
        holdings["value"], holdings["weight"] * returns["value"][holdings["date"]].to_numpy()
    )
    np.testing.assert_allclose(holdings["shares"] * holdings["price"], holdings["value"])
    trades = read("trades.csv")
    for name in api.trades.columns:
        assert trades[name].to_list() == api.trades[name].to_list()
    exposures = read("exposures.csv")
    traded = 0.5 * exposures["traded"].sum() * 252 / len(returns)
    assert traded == pytest.approx(found["metrics"]["turnover"], rel=1e-12)
    np.testing.assert_allclose(exposures["cost"], exposures["traded"] * 10e-4)
    names_held = holdings.groupby("date").size()
    assert exposures.set_index("date")["names"].to_dict() == names_held.to_dict()


def test_parquet_has_the_same_and_dates_and_numbers_are_such(there: Path, told: Told) -> None:
    asked = ("plain.yml", "--objective", "research/plain.py")
    told(*asked, "--trades", "same.csv", "--returns", "same r.csv")
    told(*asked, "--trades", "same.parquet", "--returns", "same r.PARQUET")
    for name, parquet in (("same.csv", "same.parquet"), ("same r.csv", "same r.PARQUET")):
        text = read(name)
        table = pd.read_parquet(parquet)
        assert pd.Timestamp(table["date"].iloc[0]) == text["date"][0]
        numbers = [n for n in text if text[n].dtype == np.float64]
        pd.testing.assert_frame_equal(text[numbers], table[numbers], check_exact=True)
        assert list(text) == list(table)


def test_sectors_stand_in_the_exposures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    folder = lay_out(tmp_path / "p")
    monkeypatch.chdir(folder)
    settings = folder / "config/settings.yml"
    settings.write_text(settings.read_text() + "  sectors: ../sectors.csv\n")
    rows = "".join(f"D{i:02d},{'oil, gas' if i < 9 else 'tech'}\n" for i in range(1, 21))
    (folder / "sectors.csv").write_text("symbol,sector\n" + rows.replace("oil, gas", '"oil, gas"'))
    hand = (
        "factors: {technical: {rsi_14: {weight: 1.0}}}\nhyperparameters: {position_size_pct: 0.3}\n"
    )
    (folder / "hand.yml").write_text(hand)
    told("hand.yml", "--exposures", "e.csv")
    table = read("e.csv")
    shares = table["sector_oil, gas"] + table["sector_tech"] + table["sector_unknown"]
    np.testing.assert_allclose(shares, table["net"])
    assert (table["factor_rsi_14"] > 0.1).all()  # it holds what it weighs


def test_dates_weekends_and_the_holdout(there: Path, told: Told) -> None:
    asked = ("plain.yml", "--objective", "research/plain.py")
    whole = told(*asked)
    assert whole["holdout_from"] > whole["end"]
    assert whole["looks"] == 0
    some = told(*asked, "--start", "2020-02-01", "--end", "2020-12-27")
    assert some["end"] == "2020-12-24" or some["end"] <= "2020-12-27"
    assert [year["year"] for year in some["years"]] == [2020]
    seen = told(*asked, "--start", some["start"], "--end", "2099-01-01")
    assert seen["seen"] == "in sample and holdout"
    assert seen["looks"] >= 1
    both = [year for year in seen["years"] if year["seen"] == "in sample and holdout"]
    assert len(both) <= 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--start", "2021-02-01", "--end", "2020-02-01"), "start is 2021-02-01, after end"),
        (("--end", "1990-01-01"), "no session from 2018"),
        (("--start", "2099-01-01"), "no session from 2099"),
        (("--part", "outside"), "part is 'outside', must be in_sample, holdout or all"),
        (("--capital", "-5"), "backtest.capital is -5.0, must be between"),
        (("--cost-bps", "nan"), "backtest.commission_bps is nan, must be between"),
        (("--what-if", "price=2"), "There are cost=20bps"),
        (("--what-if", "lag=two"), "a whole number"),
        (("--side", "long_short"), "keeps to the rules that it was made under"),
        (("--data", "sp500"), "was tuned on the source demo"),
        (("--returns", "r.xlsx"), "ends in .csv or .parquet"),
        (("--returns", "r"), "ends in .csv or .parquet"),
        (("--returns", "one.csv", "--trades", "./one.csv"), "name the same file"),
        (("--returns", "plain.yml"), "ends in .csv or .parquet"),
        (("--returns", "/proc/nowhere/r.csv"), "cannot be written"),
        (("--holdings", "research"), "ends in .csv or .parquet"),
        (("--trades", "prices.csv"), "exists, and is no table of this kind"),
        (("--trades", "broken.parquet"), "exists, and is no table of this kind"),
    ],
)
def test_bad_input_is_one_error_and_costs_nothing(
    there: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], words: str
) -> None:
    (there / "prices.csv").write_text("date,symbol,close\n2020-01-01,A,1\n")
    (there / "broken.parquet").write_bytes(b"PAR1 and no more")
    before = {p: p.read_bytes() for p in there.iterdir() if p.is_file()}
    error = refused(capsys, "plain.yml", "--objective", "research/plain.py", *asked)
    assert words in error
    assert {p: p.read_bytes() for p in there.iterdir() if p.is_file()} == before


@pytest.mark.parametrize(
    ("asked", "words", "code"),
    [
        (("99",), "has no trial 99: it has 5, numbered from 0", 2),
        (("best", "--study-name", "none"), "none", 2),
        (("best", "--study-file", "none.db"), "none.db", 2),
        (("nowhere.yml",), "nowhere.yml", 2),
        (("",), "is empty", 2),
        (("1", "--side", "long_short"), "another fingerprint", 2),
        (("plain.yml", "--objective", "research/obj_utils_2.py"), "obj_utils_2", 2),
        (("plain.yml", "--objective", "research/other.py"), "the objective file is not", 4),
    ],
)
def test_what_is_not_there_or_not_the_same_is_one_error(
    there: Path,
    capsys: pytest.CaptureFixture[str],
    asked: tuple[str, ...],
    words: str,
    code: int,
) -> None:
    (there / "research/other.py").write_text(PLAIN + "\n\n")
    given = ("--objective", "research/plain.py", "--study-name", "plain", *asked[1:])
    assert words in refused(capsys, asked[0], *given, code=code)


def test_a_file_of_other_data_exits_with_4(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (there / "plain.yml").read_text()
    (there / "moved.yml").write_text(text.replace("symbols: 20", "symbols: 21"))
    asked = ("moved.yml", "--objective", "research/plain.py")
    error = refused(capsys, *asked, code=4)
    assert "the data are not those of the file" in error


def test_edited_weights_are_run_and_said(
    there: Path, capsys: pytest.CaptureFixture[str], told: Told
) -> None:
    document = yaml.safe_load((there / "plain.yml").read_text())
    entry = next(iter(document["factors"]["technical"].values()))
    entry["weight"] = -entry["weight"]
    (there / "edited.yml").write_text(yaml.safe_dump(document))
    asked = ("--objective", "research/plain.py")
    assert told("edited.yml", *asked)["metrics"] != told("plain.yml", *asked)["metrics"]
    assert run(["backtest", "edited.yml", *asked]) == 0
    assert "have been edited since the export" in capsys.readouterr().err


def test_a_failed_trial_says_why(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    path = project / "research/failing.py"
    path.write_text(FAILING)
    asked = ("--study-name", "failing", "--objective", str(path))
    run(["optuna-run", "--n-trials", "12", "--n-jobs", "1", *asked, "--quiet"])
    study = read_study(project / "studies/factor_opt.db", "failing")
    failed = next(t for t in study.trials if t.state == "FAIL")
    error = refused(capsys, str(failed.number), *asked)
    assert f"trial {failed.number} of study 'failing' failed: " in error
    assert "too much is traded" in error


def test_a_study_of_several_objectives_has_trials_and_no_best(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], told: Told
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("EXO_TUNING__OBJECTIVES", "[sharpe, max_drawdown]")
    monkeypatch.setenv("EXO_TUNING__SAMPLER", "random")
    path = project / "research/plain.py"
    path.write_text(PLAIN)
    asked = ("--study-name", "front", "--objective", str(path))
    assert run(["optuna-run", "--n-trials", "5", "--n-jobs", "1", *asked, "--quiet"]) == 0
    study = read_study(project / "studies/factor_opt.db", "front")
    front = study.front()
    error = refused(capsys, *asked)
    assert "several objectives" in error
    assert f"on its front are {front[0].number}" in error
    found = told(str(front[0].number), *asked)
    assert found["metrics"] == null_nan(dict(front[0].metrics))


def test_no_feasible_trial_exits_with_3(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], told: Told
) -> None:
    monkeypatch.chdir(project)
    path = project / "research/strict.py"
    path.write_text(PLAIN.replace("0.9, 5.0", "0.0001, 5.0"))
    asked = ("--study-name", "strict", "--objective", str(path))
    assert run(["optuna-run", "--n-trials", "3", "--n-jobs", "1", *asked, "--quiet"]) == 3
    assert "no feasible trial" in refused(capsys, *asked, code=3)
    assert told("1", *asked)["metrics"]


def test_weekly_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("config", "research"):
        (tmp_path / name).mkdir()
    prices = versions(years=8)["weekly"].prices
    prices.to_csv(tmp_path / "prices.csv", float_format="%.8g")
    (tmp_path / "config/settings.yml").write_text("data: {source: files, prices: ../prices.csv}\n")
    (tmp_path / "research/obj_utils.py").write_text(PLAIN.replace(', "return_on_equity"', ""))
    asked = ("--n-trials", "3", "--n-jobs", "1", "--export-yaml", "w.yml", "--quiet")
    assert run(["optuna-run", *asked]) == 0
    found = told("w.yml", "--part", "all", "--what-if", "default", "--returns", "r.csv")
    said = yaml.safe_load((tmp_path / "w.yml").read_text())
    assert found["parts"][1]["metrics"] == said["out_of_sample"]["metrics"]
    assert all(year["sessions"] <= 53 for year in found["years"])
    assert len(found["what_ifs"]) == 6
    assert len(read("r.csv")) == found["sessions"]


def test_a_file_written_by_hand_takes_the_settings_at_hand(
    there: Path, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    (there / "best").write_text("factors: {technical: {rsi_14: {weight: 1.0}}}\n")
    found = told("./best")  # a file of that name, not the best trial
    assert found["portfolio"]["weights"]["rsi_14"] == 1.0
    assert run(["backtest", "./best"]) == 0
    assert "states no settings" in capsys.readouterr().err
    assert told("./best", "--cost-bps", "50")["assumed"] == {
        "backtest.commission_bps": 50.0,
        "backtest.slippage_bps": 0.0,
    }


def test_what_ifs_of_the_command_are_those_of_the_library(there: Path, told: Told) -> None:
    what_if = "cost=20bps,lag=2,stop=none"
    found = told("plain.yml", "--objective", "research/plain.py", "--what-if", what_if)
    rows = [row["name"] for row in found["what_ifs"]]
    assert rows == ["as it is", "cost=20bps", "lag=2", "stop=none", what_if]
    project = Project.open(there, objective="research/plain.py")
    table = project.backtest("plain.yml", what_if=what_if).what_ifs
    assert list(table.index) == rows
    for row in found["what_ifs"]:
        assert null_nan(table.loc[row["name"], list(METRICS)].to_dict()) == row["metrics"]


def test_a_full_disk_is_refused_before_the_work(
    there: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small_disk / "filler").write_bytes(b"x" * (2**20 - 8192))
    file = small_disk / "r.csv"
    asked = ("plain.yml", "--objective", "research/plain.py", "--returns", file)
    error = refused(capsys, *asked)
    assert "r.csv: cannot be written" in error
    assert not file.exists()


def test_without_pyarrow_parquet_is_refused_before_the_work(there: Path) -> None:
    hidden = (
        "import sys; sys.modules['pyarrow'] = None; from mech_exo.cli.entry import run; "
        "sys.exit(run(['backtest', 'nowhere.yml', '--returns', 'r.parquet']))"
    )
    found = subprocess.run(
        [sys.executable, "-c", hidden],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 2
    assert "pip install 'mech-exo[parquet]'" in found.stderr


def test_the_guide_lists_every_assumption() -> None:
    page = (REPOSITORY / "docs/guide.md").read_text("utf-8")
    for entry in ASSUMPTIONS.values():
        assert f"| `{entry.name}={entry.example}` | {entry.words} |" in page


def test_columns_of_the_guide_are_those_of_the_files(there: Path, told: Told) -> None:
    page = (REPOSITORY / "docs/guide.md").read_text("utf-8")
    tables = ("returns", "holdings", "trades", "exposures")
    files = [part for name in tables for part in (f"--{name}", f"guide {name}.csv")]
    told("plain.yml", "--objective", "research/plain.py", "--capital", "1000", *files)
    for name in tables:
        with Path(f"guide {name}.csv").open(encoding="utf-8") as file:
            columns = [c for c in next(csv.reader(file)) if not c.startswith("factor_")]
        row = next(line for line in page.splitlines() if line.startswith(f"| `--{name}` |"))
        assert [c for c in columns if f"`{c}`" not in row] == []


def test_dates_after_the_file_was_made_are_of_the_holdout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = file_project(tmp_path / "p")
    monkeypatch.chdir(folder)
    (folder / "objective.py").write_text(PLAIN.replace('"momentum_12_1", ', ""))
    prices, _ = frames(sessions=560)
    text = {"date_format": "%Y-%m-%d", "float_format": "%.17g"}
    prices.iloc[:420].to_csv("prices.csv", **text)  # type: ignore[call-overload]
    asked = ("--n-trials", "3", "--n-jobs", "1", "--objective", "objective.py", "--quiet")
    assert run(["optuna-run", *asked, "--export-yaml", "f.yml"]) == 0
    given = ("f.yml", "--objective", "objective.py")
    inside, whole = told(*given), told(*given, "--part", "all")
    last, newest = (str(prices.index[i].date()) for i in (419, -1))
    assert whole["end"] == last
    prices.to_csv("prices.csv", **text)  # type: ignore[call-overload]
    assert told(*given)["metrics"] == inside["metrics"]
    assert told(*given, "--part", "all")["metrics"] == whole["metrics"]
    later = told(*given, "--part", "all", "--end", newest)
    assert later["end"] == newest
    assert later["holdout_from"] == whole["holdout_from"]
    assert later["parts"][0]["metrics"] == inside["metrics"]
    assert later["looks"] == 1  # the same portfolio on more dates
    since = told(*given, "--start", str(prices.index[425].date()))
    assert (since["seen"], since["end"]) == ("holdout", newest)
    prices.iloc[:300] = prices.iloc[:300] * 1.5  # other data than it was made with
    prices.to_csv("prices.csv", **text)  # type: ignore[call-overload]
    assert "the data are not those" in refused(capsys, *given, "--end", newest, code=4)


def test_the_ledger_says_what_looked(there: Path, told: Told) -> None:
    told("1", "--study-name", "plain", "--objective", "research/plain.py", "--part", "holdout")
    assert "backtest: trial 1 of study plain" in origins(there / "studies/factor_opt.db")


def test_a_look_that_cannot_be_entered_shows_nothing(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("plain.yml", "--objective", "research/plain.py", "--part", "holdout")
    assert "/proc/x.db" in refused(capsys, *asked, "--study-file", "/proc/x.db")


def test_best_is_the_plateau_where_that_is_chosen(
    there: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXO_VERDICT__CHOOSE", "plateau")
    asked = ("--study-name", "plain", "--objective", there / "research/plain.py")
    goes_on = ("--n-trials", "0", "--export-yaml", "plateau.yml", "--json")
    done = run_exo(
        "optuna-run", *asked, *goes_on, cwd=there, env={"EXO_VERDICT__CHOOSE": "plateau"}
    )
    assert done.returncode == 0, done.stderr
    found = told("best", *asked)
    assert found["portfolio"]["label"] == "plateau"
    assert found["metrics"] == json.loads(done.stdout)["best"]["in_sample"]


def test_money_impact_and_capacity_where_volumes_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lay_out(tmp_path / "p")
    monkeypatch.chdir(folder)
    market = demo_market(DemoSettings(20, 4))
    volumes = pd.DataFrame(20_000.0, pd.DatetimeIndex(market.dates, name="date"), market.symbols)
    volumes.to_csv("volume.csv", date_format="%Y-%m-%d")
    settings = folder / "config/settings.yml"
    settings.write_text(settings.read_text() + "  volume: ../volume.csv\n")
    said = tuned(folder, "deep", PLAIN)
    asked = ("deep.yml", "--objective", "research/deep.py")
    found = told(*asked, "--capital", "1e6", "--what-if", "impact=1", "--what-if", "capital=1e9")
    assert found["capacity"] == said["best"]["capacity"]
    assert found["metrics"] == said["best"]["in_sample"]  # without impact, money moves nothing
    plain, impact, large = (row["metrics"] for row in found["what_ifs"])
    assert large == plain
    assert impact["annual_return"] < plain["annual_return"]
    both = told(*asked, "--capital", "1e9", "--what-if", "impact=1")["what_ifs"][1]["metrics"]
    assert both["annual_return"] < impact["annual_return"]
    assert run(["backtest", *asked, "--capital", "1e6"]) == 0
    out = capsys.readouterr().out
    assert "Capacity, in sample" in out
    assert "money      1,000,000.00 on" in out
