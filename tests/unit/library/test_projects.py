import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mech_exo import ExoError, Project, TrialFinished
from tests.cli.conftest import run_exo
from tests.cli.test_looks import origins
from tests.unit.library.markets import SETTINGS, file_project, frames

OBJECTIVE = """
MAX_DRAWDOWN_THRESHOLD = 0.9
VOLATILITY_THRESHOLD = 5.0
WEIGHT_LIMIT = 2.0


def suggest_factor_weights(trial):
    for name in ("return_on_equity", "rsi_14", "volatility_ratio"):
        trial.suggest_float(f"weight_{name}", -1.0, 1.0)
    trial.suggest_float("position_size_pct", 0.2, 0.5)
"""


@pytest.fixture
def objective(tmp_path: Path) -> Path:
    path = tmp_path / "objective.py"
    path.write_text(OBJECTIVE)
    return path


def own(tmp_path: Path, objective: Path, name: str = "own") -> Project:
    prices, reports = frames()
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    return Project(
        prices, {"reports": reports}, settings=SETTINGS, objective=objective, folder=folder
    )


def test_dataframes_files_and_the_command_line_give_the_same_bits(
    tmp_path: Path, objective: Path
) -> None:
    project = own(tmp_path, objective)
    folder = file_project(tmp_path / "files")
    opened = Project.open(folder, objective=objective)
    studies = [p.tune(trials=8, jobs=jobs) for p, jobs in ((project, 1), (opened, 2))]
    run = run_exo(
        *("optuna-run", "--n-trials", "8", "--objective", objective, "--study-name", "cli"),
        *("--json", "--export-yaml", "cli.yml", "--validate"),
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    columns = [c for c in studies[0].trials if c not in ("started", "completed")]
    pd.testing.assert_frame_equal(
        studies[0].trials[columns], studies[1].trials[columns], check_exact=True
    )
    cli = opened.study("cli")
    pd.testing.assert_frame_equal(cli.trials[columns], studies[1].trials[columns], check_exact=True)
    best = studies[0].best
    assert best is not None
    assert best.number == told["best"]["number"]
    for part, name in (("in_sample", "in_sample"), ("holdout", "out_of_sample")):
        backtest = project.backtest(best, part=part)  # type: ignore[arg-type]
        assert backtest.metrics.to_dict() == told["best"][name]
        assert backtest.benchmark_metrics.to_dict() == told["universe"][name]
    verdict = opened.validate(studies[1])
    expected = told["verdict"]
    found = verdict.as_dict()
    for values in (expected, found):
        del values["seconds"], values["origin"], values["holdout"]["history"]
    assert found == expected
    file = opened.export(studies[1], tmp_path / "exported.yml")
    assert opened.verify(file).exit_code == 0
    again = opened.export(studies[1], tmp_path / "again.yml")
    assert again.read_bytes() == file.read_bytes()
    factors = [
        path.read_text().split("\nfactors:")[1].split("\nprovenance:")[0]
        for path in (file, folder / "cli.yml")
    ]
    assert factors[0] == factors[1]


def test_the_path_and_its_trades_fit_together(tmp_path: Path, objective: Path) -> None:
    project = own(tmp_path, objective)
    backtest = project.backtest({"rsi_14": 1.0, "return_on_equity": 0.5}, stop_loss_pct=0.05)
    assert backtest.returns.index.equals(backtest.benchmark.index)
    trades = backtest.trades
    assert set(trades["reason"]) == {"rebalance", "stop"}
    rebalances = trades[trades["reason"] == "rebalance"]
    after = rebalances.pivot_table(index="date", columns="symbol", values="after", sort=False)
    for date, row in backtest.holdings.iterrows():
        if date in after.index:
            bought = after.loc[pd.Timestamp(str(date))].dropna()
            assert np.allclose(row[bought.index], bought, atol=1e-15)
        assert row.sum() <= 1.0 + 1e-12
    assert (trades.loc[trades["reason"] == "stop", "after"] == 0.0).all()
    assert (trades.loc[trades["reason"] == "stop", "before"] > 0.0).all()


def test_weights_may_be_a_series_and_a_factor_file_a_portfolio(
    tmp_path: Path, objective: Path
) -> None:
    project = own(tmp_path, objective)
    study = project.tune(trials=3, jobs=1)
    best = study.best
    assert best is not None
    rules = {n: float(v) for n, v in best.params.items() if not n.startswith("weight_")}  # type: ignore[arg-type]
    by_weights = project.backtest(best.weights, position_size_pct=rules["position_size_pct"])
    by_file = project.backtest(project.export(study, tmp_path / "f.yml"))
    for other in (by_weights, by_file):
        assert other.returns.equals(project.backtest(best).returns)


def test_two_projects_in_two_threads_share_nothing(tmp_path: Path, objective: Path) -> None:
    projects = [own(tmp_path, objective, name) for name in ("one", "two")]
    alone = projects[0].tune(trials=6, jobs=1, name="alone").trials["value"]
    found: dict[int, pd.Series] = {}

    def tune(index: int) -> None:
        found[index] = projects[index].tune(trials=6, jobs=1).trials["value"]

    threads = [threading.Thread(target=tune, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0].equals(alone)
    assert found[1].equals(alone)


def test_the_callers_blas_threads_are_given_back(tmp_path: Path, objective: Path) -> None:
    project = own(tmp_path, objective)

    def threads() -> list[int]:
        return [i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"]

    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        project.backtest({"rsi_14": 1.0})
        assert threads() == before
        assert set(before) == {2}


def test_functions_are_an_objective(tmp_path: Path) -> None:
    prices, reports = frames()

    def draw(trial):  # type: ignore[no-untyped-def]
        trial.suggest_float("weight_rsi_14", -1.0, 1.0)

    def objective(result):  # type: ignore[no-untyped-def]
        return float(np.mean(result.returns)) * LEVER  # type: ignore[name-defined]  # noqa: F821

    parts: dict[str, Any] = {
        "suggest_factor_weights": draw,
        "objective": objective,
        "LEVER": 252.0,
        "MAX_DRAWDOWN_THRESHOLD": 0.9,
        "VOLATILITY_THRESHOLD": 5.0,
    }
    project = Project(
        prices,
        {"reports": reports},
        settings=SETTINGS,
        objective=parts,
        folder=tmp_path,
    )
    best = project.tune(trials=3, jobs=1).best
    assert best is not None
    mean = project.backtest(best).returns.mean() * 252.0
    assert best.value == pytest.approx(mean, rel=1e-12)


def test_what_cannot_be_an_objective_is_refused() -> None:
    prices, reports = frames()
    for value, words in ((print, "source"), ("text", "neither"), (lambda trial: None, "def")):
        with pytest.raises(ExoError, match=words):
            Project(prices, {"r": reports}, objective={"suggest_factor_weights": value})  # type: ignore[dict-item]


def test_mistakes_in_frames_name_the_table_and_the_row() -> None:
    prices, reports = frames()
    bad = prices.copy()
    bad.iloc[5, 2] = -1.0
    with pytest.raises(ExoError, match=r"^prices, row 6: the price of S02"):
        Project(bad)
    with pytest.raises(ExoError, match="empty"):
        Project(prices.iloc[:0])
    with pytest.raises(ExoError, match="levels"):
        Project(pd.concat({"x": pd.concat({"Close": prices}, axis=1)}, axis=1))
    with pytest.raises(ExoError, match="which of the two is the field"):
        Project(pd.concat({"Clothes": prices}, axis=1))
    early = reports.assign(available_date="2013-01-01")
    with pytest.raises(ExoError, match=r"^factors\['r'\], row 1: available_date"):
        Project(prices, {"r": early})
    with pytest.raises(ExoError, match="unknown key"):
        Project(prices, settings={"tuning": {"sead": 7}})


def test_events_come_in_order_and_studies_go_on(tmp_path: Path, objective: Path) -> None:
    project = own(tmp_path, objective)
    seen: list[int] = []

    def follow(event: object) -> None:
        if isinstance(event, TrialFinished):
            seen.append(event.trial.number)

    project.tune(trials=3, jobs=2, on_event=follow)
    study = project.tune(target=5, jobs=2, on_event=follow)
    assert seen == [0, 1, 2, 3, 4]
    assert len(study) == 5
    assert not study.interrupted
    assert study.trial(4).number == 4
    with pytest.raises(KeyError):
        study.trial(5)


def test_a_study_a_backtest_and_a_verdict_show_themselves(tmp_path: Path, objective: Path) -> None:
    project = own(tmp_path, objective)
    study = project.tune(trials=4, jobs=1, name="<b>&")
    verdict = project.validate(study, jobs=1)
    assert study.best is not None
    for shown in (study, project.backtest(study.best), verdict, project.check()):
        page = shown._repr_html_()
        assert page.startswith("<div>")
        assert "<b>&<" not in page
    assert verdict.overall in repr(verdict)
    assert verdict.judgement.placebo is not None
    assert verdict.parts["placebo search"] == verdict.judgement.placebo.p
    assert len(verdict.windows) == 2


def test_what_is_of_the_wrong_type_is_one_error(tmp_path: Path, objective: Path) -> None:
    prices, reports = frames()
    wrong: list[tuple[Any, ...]] = [(None,), (prices["S01"],), (prices.to_numpy(),)]
    wrong += [(prices, [reports]), (prices, {3: reports})]
    for arguments in wrong:
        with pytest.raises(ExoError, match=r"not a DataFrame|expected a mapping"):
            Project(*arguments)
    project = own(tmp_path, objective)
    for options in ({"trials": "8"}, {"jobs": 0}, {"trials": -1}, {"name": 3}):
        with pytest.raises(ExoError, match="must be"):
            project.tune(**options)


def test_an_export_replaces_a_factor_file_and_nothing_else(tmp_path: Path, objective: Path) -> None:
    project = own(tmp_path, objective)
    study = project.tune(trials=3, jobs=1)
    for path in (study.file, objective):
        before = path.read_bytes()
        with pytest.raises(ExoError, match="no factor file; it is not replaced"):
            project.export(study, path)
        assert path.read_bytes() == before
    file = project.export(study, tmp_path / "f.yml")
    assert project.export(study, file) == file


def test_a_study_of_fewer_factors_goes_on_with_its_own(tmp_path: Path, objective: Path) -> None:
    """As one that an earlier version made, which knew fewer."""

    def earlier(name: str) -> Project:
        project = own(tmp_path, objective, name)
        listed = ("return_on_equity", "rsi_14")  # the file wants volatility_ratio beside them
        project.session = project.session.listing(listed).with_wanted(listed)
        return project

    whole = earlier("whole")
    assert set(whole.factor_names) == {"return_on_equity", "rsi_14", "volatility_ratio"}
    assert len(own(tmp_path, objective, "part").factor_names) > 3
    expected = whole.tune(target=8, jobs=1)
    earlier("part").tune(target=5, jobs=1)
    project = own(tmp_path, objective, "part")
    resumed = project.tune(target=8, jobs=1)
    columns = [c for c in expected.trials if c not in ("started", "completed")]
    pd.testing.assert_frame_equal(
        resumed.trials[columns], expected.trials[columns], check_exact=True
    )
    written = project.export(resumed, tmp_path / "part.yml").read_text().splitlines()
    straight = whole.export(expected, tmp_path / "whole.yml").read_text().splitlines()
    differing = {a.split(":")[0].strip() for a, b in zip(written, straight, strict=True) if a != b}
    assert differing <= {"created_at", "elapsed_time_seconds", "document_hash"}


def test_verify_of_other_weights_is_a_look_on_dataframes_too(
    tmp_path: Path, objective: Path
) -> None:
    project = own(tmp_path, objective)
    study = project.tune(trials=6, jobs=1)
    file = project.export(study, tmp_path / "mine.yml")
    seen = origins(study.file)
    project.verify(file)
    assert origins(study.file) == seen
    text = file.read_text()
    first = next(line for line in text.splitlines() if "weight:" in line)
    other = tmp_path / "other.yml"
    other.write_text(text.replace(first, f"{first.split(':')[0]}: 0.123456", 1))
    assert project.verify(other).differing
    assert origins(study.file) == [*seen, f"verify: {other}"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start": "soon"}, "start is 'soon', not a date"),
        ({"end": 2015}, "end: is int, expected a date"),
        ({"capital": "much"}, "capital: is str, expected a number"),
        ({"cash_pct": "half"}, "cash_pct: is str, expected a number"),
        ({"cost_bps": -1.0}, "commission_bps is -1.0"),
        ({"what_if": 5}, "what_if: expected a text"),
        ({"what_if": [5]}, "what_if: expected a text"),
        ({"what_if": "lag"}, "has no value"),
        ({"part": "both"}, "must be in_sample, holdout or all"),
    ],
)
def test_a_wrong_argument_of_a_backtest_is_one_error(
    tmp_path: Path, objective: Path, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ExoError, match=words):
        own(tmp_path, objective).backtest({"rsi_14": 1.0}, **given)


def test_dates_and_costs_of_a_backtest(tmp_path: Path, objective: Path) -> None:
    project = own(tmp_path, objective)
    days: dict[str, Any] = {"start": "2015-06-01", "end": pd.Timestamp("2016-01-31")}
    some = project.backtest({"rsi_14": 1.0}, **days, cost_bps=25)
    first, last = some.returns.index[[0, -1]]
    assert pd.Timestamp("2015-06-01") < first < last <= pd.Timestamp("2016-01-31")
    assert list(some.years.index) == [2015, 2016]
    grown = np.prod(1.0 + some.months["return"].to_numpy())
    assert grown == pytest.approx(1.0 + some.metrics["total_return"])
    assert some.exposures["cost"].to_list() == (some.exposures["traded"] * 25e-4).to_list()
    cheap = project.backtest({"rsi_14": 1.0}, **days)
    assert cheap.metrics["total_return"] > some.metrics["total_return"]
    assert len(cheap.what_ifs) == cheap.looks == 0
