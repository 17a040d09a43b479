from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.backtest.metrics import METRICS
from mech_exo.config.settings import Settings
from mech_exo.config.settings_file import SettingsFile
from mech_exo.errors import ExoError
from mech_exo.objective.evaluate import Evaluator
from mech_exo.tuning.own_tables import reading
from mech_exo.workflow.backtest_dates import Part
from mech_exo.workflow.backtest_run import Backtested, BacktestRequest, backtested
from mech_exo.workflow.log import PythonLog
from mech_exo.workflow.run_changes import RunChanges
from mech_exo.workflow.session import InputRequest, Session, open_with

PARAMS = {
    "weight_return_on_equity": 0.7,
    "weight_momentum_12_1": 0.4,
    "position_size_pct": 0.1,
    "stop_loss_pct": 0.1,
}


def opened(folder: Path, **sections: Any) -> Session:
    """A session on a small demo market, under some changed settings."""
    base = Settings()
    data = replace(base.data, demo=replace(base.data.demo, symbols=25, years=5))
    settings = replace(base, data=data)
    for name, changed in sections.items():
        settings = replace(settings, **{name: replace(getattr(settings, name), **changed)})
    request = InputRequest(cwd=folder, cached=False)
    return open_with(settings, SettingsFile(folder, "of the test"), request, PythonLog())


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return opened(tmp_path_factory.mktemp("session"))


def run(session: Session, study_file: Path, **asked: Any) -> Backtested:
    given: dict[str, Any] = {"label": "mine", "params": PARAMS, **asked}
    return backtested(session, study_file, BacktestRequest(**given))


def looks(study_file: Path) -> list[tuple[str, str, str]]:
    def rows(connection: Any) -> list[tuple[str, str, str]]:
        query = "SELECT origin, first_date, last_date FROM exo_looks ORDER BY look"
        return [tuple(row) for row in connection.execute(query)]

    return reading(study_file, "exo_looks", rows, [])


@pytest.mark.parametrize("part", ["in_sample", "holdout", "all"])
def test_a_part_is_what_the_evaluator_makes_of_it(
    session: Session, tmp_path: Path, part: Part
) -> None:
    panels = {"in_sample": session.in_sample, "holdout": session.holdout, "all": session.panel}
    found = run(session, tmp_path / "s.db", part=part)
    panel = panels[part]
    assert panel is not None
    alone = Evaluator(session.spec, panel, session.settings, session.market).run(PARAMS)
    assert found.track.metrics == alone.metrics()
    assert set(found.track.metrics) == set(METRICS)
    np.testing.assert_array_equal(found.track.returns, alone.returns)
    assert bool(looks(tmp_path / "s.db")) == (part != "in_sample")


def test_dates_of_both_kinds_come_with_each_kind_by_itself(
    session: Session, tmp_path: Path
) -> None:
    file = tmp_path / "s.db"
    whole = run(session, file, part="all")
    inside, outside = whole.parts
    assert inside.metrics == run(session, file).track.metrics
    assert outside.metrics == run(session, file, part="holdout").track.metrics
    assert (whole.track.seen, inside.seen, outside.seen) == (
        "in sample and holdout",
        "in sample",
        "holdout",
    )
    assert whole.looks == 1
    assert not run(session, file).parts


def test_a_date_in_the_holdout_asks_for_it_and_is_a_look_at_what_it_shows(
    session: Session, tmp_path: Path
) -> None:
    file, dates = tmp_path / "s.db", session.panel.dates
    inside = run(session, file, start=date(2020, 6, 1))
    assert inside.track.seen == "in sample"
    assert inside.track.dates[-1] == dates[session.split - 1]
    assert inside.looks == 0
    assert looks(file) == []
    last = dates[session.split + 70]
    later = run(session, file, start=date(2020, 6, 1), end=last.astype(date))
    assert later.track.dates[-1] == last
    assert looks(file) == [("backtest: mine", str(dates[session.split]), str(last))]
    assert run(session, file, part="holdout").looks == 1  # more dates of the same portfolio
    assert [entry[2] for entry in looks(file)] == [str(last), str(dates[-1])]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"start": date(2021, 1, 2), "end": date(2021, 1, 3)}, "no session from 2021-01-02"),
        ({"start": date(2021, 1, 4), "end": date(2020, 1, 4)}, "after end"),
        ({"end": date(1999, 1, 4)}, "no session"),
        ({"start": date(2999, 1, 4)}, "no session"),
        ({"part": "in_sample", "start": date(2999, 1, 4)}, "the in-sample part goes from"),
        (
            {"part": "holdout", "start": date(2020, 1, 6)},
            "start lies outside of the part: the holdout goes from",
        ),
        (
            {"part": "in_sample", "end": date(2999, 1, 4)},
            "end lies outside of the part: the in-sample part goes from",
        ),
        ({"part": "outside"}, "must be in_sample, holdout or all"),
        ({"start": date(2021, 2, 1), "end": date(2021, 2, 2)}, "rebalance dates can be"),
    ],
)
def test_dates_without_a_backtest_are_one_error(
    session: Session, tmp_path: Path, asked: dict[str, Any], words: str
) -> None:
    with pytest.raises(ExoError, match=words):
        run(session, tmp_path / "s.db", **asked)
    assert looks(tmp_path / "s.db") == []


def test_an_end_on_no_session_is_the_last_one_before(session: Session, tmp_path: Path) -> None:
    saturday, friday = date(2021, 2, 27), date(2021, 2, 26)
    assert saturday.weekday() == 5
    ends = [run(session, tmp_path / "s.db", end=day).track for day in (saturday, friday)]
    assert ends[0].dates[-1] == ends[1].dates[-1] == np.datetime64(friday)
    np.testing.assert_array_equal(ends[0].returns, ends[1].returns)


WHAT_IFS: dict[str, tuple[dict[str, dict[str, Any]], dict[str, float]]] = {
    "cost=20bps": ({"backtest": {"commission_bps": 20.0, "slippage_bps": 0.0}}, {}),
    "cost=0.2%": ({"backtest": {"commission_bps": 20.0, "slippage_bps": 0.0}}, {}),
    "cost=2x": ({"backtest": {"commission_bps": 10.0, "slippage_bps": 10.0}}, {}),
    "cost=none": ({"backtest": {"commission_bps": 0.0, "slippage_bps": 0.0}}, {}),
    "slippage=30": ({"backtest": {"slippage_bps": 30.0}}, {}),
    "lag=2": ({"backtest": {"execution_lag": 2}}, {}),
    "lag=+2": ({"backtest": {"execution_lag": 3}}, {}),
    "rebalance=63": ({"backtest": {"rebalance_days": 63}}, {}),
    "rebalance=2x": ({"backtest": {"rebalance_days": 42}}, {}),
    "stop=20%": ({}, {"stop_loss_pct": 0.2}),
    "stop=none": ({}, {"stop_loss_pct": 1.0}),  # no name of the demo loses all
    "stop_lag=1": ({"backtest": {"stop_lag": 1}}, {}),
    "cash=30%": ({}, {"cash_pct": 0.3}),
    "positions=5": ({}, {"position_size_pct": 0.95 / 5}),
    "positions=0.5x": ({}, {"position_size_pct": 0.95 / 5}),
    "size=0.5x": ({}, {"position_size_pct": 0.05}),
    "delisting=50%": ({"backtest": {"delisting_return": 0.5}}, {}),
    "risk_free=4%": ({"backtest": {"risk_free": 0.04}}, {}),
    "benchmark=cash": ({"portfolio": {"benchmark": "cash"}}, {}),
    "cost=20bps,lag=2,stop=none": (
        {"backtest": {"commission_bps": 20.0, "slippage_bps": 0.0, "execution_lag": 2}},
        {"stop_loss_pct": 1.0},
    ),
}


@pytest.mark.parametrize("asked", WHAT_IFS)
def test_a_what_if_is_a_run_with_the_settings_changed_by_hand(
    session: Session, tmp_path: Path, asked: str
) -> None:
    found = run(session, tmp_path / "s.db", what_if=(asked,))
    last = found.what_ifs[-1]
    assert last.name == asked
    assert last.track is not None
    sections, params = WHAT_IFS[asked]
    by_hand = opened(tmp_path, **sections)
    panel = by_hand.panel.between(0, session.split)
    alone = Evaluator(by_hand.spec, panel, by_hand.settings, by_hand.market)
    expected = alone.run({**PARAMS, **params})
    np.testing.assert_array_equal(last.track.returns, expected.returns)
    assert repr(last.track.metrics) == repr(expected.metrics())
    assert found.what_ifs[0].track is found.track
    assert looks(tmp_path / "s.db") == []


def test_facts_that_come_out_later_are_known_later(session: Session, tmp_path: Path) -> None:
    found = run(session, tmp_path / "s.db", what_if=("delay=120", "delay=0"))
    late, same = (w.track for w in found.what_ifs[1:])
    assert late is not None
    assert same is not None
    np.testing.assert_array_equal(same.returns, found.track.returns)
    assert not np.array_equal(late.panel.exposures, found.track.panel.exposures, equal_nan=True)
    roe = found.track.panel.factor_names.index("return_on_equity")
    raw = session.market.vintages["return_on_equity"]
    first = raw.available.min() + np.timedelta64(120, "D")
    known = np.array(np.isfinite(late.panel.exposures[:, :, roe]).any(axis=1))
    assert not known[late.panel.dates[late.panel.rebalance] < first].any()


def test_other_portfolios_on_the_holdout_are_looks_of_their_own(
    session: Session, tmp_path: Path
) -> None:
    asked = ("cost=2x", "lag=2", "stop=none", "cash=20%", "default")
    found = run(session, tmp_path / "s.db", part="holdout", what_if=asked)
    # as it is, without stops, more cash, half the positions, twice as many
    assert found.looks == len(looks(tmp_path / "s.db")) == 5
    again = run(session, tmp_path / "s.db", part="all", what_if=asked)
    assert again.looks == 5
    assert again.what_ifs[1].track is not None


def test_what_cannot_be_run_says_why_in_its_row(session: Session, tmp_path: Path) -> None:
    found = run(session, tmp_path / "s.db", what_if=("impact=1", "cost=2x"))
    assert [w.track is None for w in found.what_ifs] == [False, True, False]
    assert "traded" in found.what_ifs[1].failure


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("coast=20bps", "Did you mean cost"),
        ("colour=blue", "nothing that can be assumed.*There are cost=20bps.*or default"),
        ("lag", "has no value"),
        ("lag=", "has no value"),
        ("", "is empty"),
        (",", "is empty"),
        ("lag=0", "execution_lag is 0"),
        ("lag=1.5", "a whole number"),
        ("lag=2bps", "a whole number"),
        ("cost=-5", "between 0"),
        ("cost=much", "basis points"),
        ("cost=1e400", "basis points"),
        ("cost=20bpss", "basis points"),
        ("stop=0", "stop_loss_pct is 0"),
        ("stop=150%", "stop_loss_pct is 1.5"),
        ("cash=100%", "cash_pct is 1"),
        ("positions=0", "1 at least"),
        ("positions=none", "1 at least"),
        ("positions=26", "makes 26 positions, and the data have 25 names"),
        ("positions=1e9", "and the data have 25 names"),
        ("lag=2,positions=9x", "and the data have 25 names"),
        ("delay=-3", "0 at least"),
        ("delay=2x", "nothing is set"),
        ("benchmark=gold", "universe or cash"),
        ("default,lag=2", "stands by itself"),
        ("lag=2,lag=3", "two values"),
        ("rebalance=none", "rebalance_days is 0"),
    ],
)
def test_an_assumption_that_means_nothing_is_one_error_before_the_work(
    session: Session, tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(ExoError, match=words) as caught:
        run(session, tmp_path / "s.db", part="all", what_if=("lag=2", text))
    assert "--what-if" in str(caught.value)
    assert looks(tmp_path / "s.db") == []


def test_changed_terms_hold_for_the_run_and_for_what_is_assumed_beside(
    session: Session, tmp_path: Path
) -> None:
    dear = RunChanges({"backtest.commission_bps": 40.0, "backtest.slippage_bps": 0.0})
    found = run(session, tmp_path / "s.db", changes=dear, what_if=("cost=0.5x", "lag=2"))
    half = run(session, tmp_path / "s.db", what_if=("cost=20",)).what_ifs[1].track
    assert found.what_ifs[1].track is not None
    assert half is not None
    assert found.what_ifs[1].track.metrics == half.metrics
    assert found.track.metrics["total_return"] < half.metrics["total_return"]


def test_years_and_months_are_the_path(session: Session, tmp_path: Path) -> None:
    track = run(session, tmp_path / "s.db", part="all").track
    for name, path in (("metrics", track.returns), ("benchmark_metrics", track.benchmark)):
        grown = [getattr(year, name)["total_return"] for year in track.years]
        assert np.prod(1.0 + np.array(grown)) == pytest.approx(np.prod(1.0 + path), rel=1e-12)
    assert sum(year.sessions for year in track.years) == len(track.dates)
    assert [year.last for year in track.years[:-1]] < [year.first for year in track.years[1:]]
    turned = sum(year.metrics["turnover"] * year.sessions for year in track.years)
    assert turned == pytest.approx(track.metrics["turnover"] * len(track.dates), rel=1e-12)
    by_month = np.prod(1.0 + track.months.returns)
    assert by_month == pytest.approx(1.0 + track.metrics["total_return"], rel=1e-12)
    assert len(track.months.month) == len(set(track.dates.astype("datetime64[M]").tolist()))


def test_what_is_held_earns_what_the_path_earns(session: Session, tmp_path: Path) -> None:
    """The session after an execution: shares held, times the names' returns."""
    track = run(session, tmp_path / "s.db").track
    after = track.executed + 1
    moves = np.nan_to_num(track.panel.returns[after])
    earned = (track.holdings * moves).sum(axis=1)
    stopped = set((track.result.positions.exit_date + track.result.first).tolist())
    quiet = np.array([stopped.isdisjoint({day - 1, day}) for day in after.tolist()])
    assert quiet.sum() > 10
    path = track.returns[after - track.result.first]
    np.testing.assert_allclose(earned[quiet], path[quiet], atol=1e-12)
    invested = track.exposure[track.executed - track.result.first]
    np.testing.assert_allclose(track.holdings.sum(axis=1)[quiet], invested[quiet], atol=1e-12)
