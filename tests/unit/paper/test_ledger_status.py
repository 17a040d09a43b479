"""The ledger's result against the backtest's expectation."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings, StorageSettings
from mech_exo.data.frequency import MONTHLY, WEEKLY
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.paper.expectation import FEWEST, FEWEST_RETURNS, expectation
from mech_exo.paper.ledger_file import Ledger
from mech_exo.paper.ledger_status import paper_status
from mech_exo.paper.step import Wanted, step
from mech_exo.portfolio.model import Model
from mech_exo.report.paper_tables import paper_json
from tests.unit.backtest.markets import random_panel
from tests.unit.portfolio.books import model_on, until

OPENED = 300
RULES = BacktestSettings()


@pytest.fixture(scope="module")
def model() -> Model:
    panel = random_panel(2, sessions=340, names=14, every=21, delistings=0, volatility=0.01)
    return model_on(panel, RULES, Candidate(np.array([1.0, -0.4, 0.2]), 0.1, 0.1, 0.2))


def test_constant_returns_leave_no_doubt() -> None:
    band = expectation(np.full(100, 0.01), 5, 1.01**5 - 1.0)
    assert band is not None
    assert band.low == pytest.approx(1.01**5 - 1.0)
    assert band.high == pytest.approx(band.low)


def test_the_band_is_that_of_independent_days() -> None:
    """For independent days the quantiles are those of a normal sum, but for the draws."""
    days = np.random.default_rng(1).normal(0.001, 0.01, 5000)
    band = expectation(days, 63, 0.0)
    assert band is not None
    growth = np.log1p(days)
    middle, spread = 63 * growth.mean(), np.sqrt(63) * growth.std()
    assert np.log1p([band.low, band.median, band.high]) == pytest.approx(
        [middle - 1.645 * spread, middle, middle + 1.645 * spread], abs=0.1 * spread
    )
    assert band.percentile == pytest.approx(0.2, abs=0.1)
    assert band.inside
    outside = expectation(days, 63, -0.3)
    assert outside is not None
    assert not outside.inside


def test_nothing_to_draw_from() -> None:
    assert expectation(np.zeros(FEWEST - 1), 5, 0.0) is None
    assert expectation(np.zeros(FEWEST), 0, 0.0) is None


def test_a_block_is_a_month_of_any_frequency() -> None:
    """Months drawn one by one are independent, so that a year of them is √12 months wide."""
    months = np.random.default_rng(1).normal(0.005, 0.03, 600)
    band = expectation(months, 12, 0.0, MONTHLY)
    assert band is not None
    growth = np.log1p(months)
    wide = np.log1p(band.high) - np.log1p(band.low)
    assert wide == pytest.approx(2 * 1.645 * growth.std() * np.sqrt(12), rel=0.1)
    swings = np.where(np.arange(600) // 21 % 2 == 0, 0.01, -0.01)  # months of days, up and down
    by_month, by_day = expectation(swings, 252, 0.0), expectation(swings, 252, 0.0, MONTHLY)
    assert by_month is not None
    assert by_day is not None
    assert by_month.high > 2 * by_day.high
    assert expectation(np.zeros(FEWEST_RETURNS - 1), 5, 0.0, WEEKLY) is None
    assert expectation(np.zeros(FEWEST_RETURNS), 5, 0.0, WEEKLY) is not None
    assert expectation(np.zeros(FEWEST_RETURNS), 5, 0.0, MONTHLY) is not None


def test_the_same_dates(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    list(step(until(model, OPENED), path, Wanted(fractional=True)))
    waiting = paper_status(until(model, OPENED), path)
    assert waiting.comparison is None
    list(step(model, path, Wanted()))
    status = paper_status(model, path)
    comparison = status.comparison
    assert comparison is not None
    assert comparison.since == str(model.panel.dates[OPENED])
    assert comparison.backtest == pytest.approx(comparison.live, abs=1e-12)
    assert status.record.total_return == pytest.approx(comparison.live, abs=1e-12)
    assert comparison.band is not None
    assert comparison.band.sessions == 40
    assert comparison.history.startswith("all of the backtest")
    assert '"inside": ' in paper_json(status)


def test_days_that_no_trial_saw_are_believed_first(model: Model, tmp_path: Path) -> None:
    file = FactorFile({}, {}, provenance={"in_sample_end": str(model.panel.dates[120])})
    path = tmp_path / "ledger.db"
    seen = replace(model, file=file)
    list(step(until(seen, OPENED), path, Wanted()))
    list(step(seen, path, Wanted()))
    comparison = paper_status(seen, path).comparison
    assert comparison is not None
    first, last = model.panel.dates[121], model.panel.dates[OPENED - 2]
    assert comparison.history == f"out of sample, {first} to {last}"


def test_another_factor_file(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    list(step(until(model, OPENED), path, Wanted()))
    other = replace(model, file=FactorFile({}, {}, {"cash_pct": 0.3}))
    list(step(other, path, Wanted()))
    comparison = paper_status(other, path).comparison
    assert comparison is not None
    assert comparison.backtest is None
    assert comparison.since > str(model.panel.dates[OPENED])
    assert paper_status(model, path).comparison is None


def test_refuses(model: Model, tmp_path: Path) -> None:
    with pytest.raises(ExoError, match="there is no ledger"):
        paper_status(model, tmp_path / "none.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(ExoError, match="the ledger is empty"):
        paper_status(model, tmp_path / "empty.db")
    path = tmp_path / "ledger.db"
    list(step(model, path, Wanted()))
    with pytest.raises(ExoError, match="is none of the data"):
        paper_status(until(model, OPENED), path)


def test_reading_leaves_no_trace_and_needs_no_right_to_write(model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    path = folder / "l.db"
    for _ in step(until(model, OPENED), path, Wanted()):
        pass
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
    folder.chmod(0o500)
    path.chmod(0o400)
    assert paper_status(model, path).record.dates[0]
    assert {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()} == before


def test_reading_while_a_step_is_open_sees_the_last_whole_one(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    next(step(until(model, OPENED), path, Wanted()))
    ledger = Ledger(path, StorageSettings())
    with ledger.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM paper_sessions")
        assert len(paper_status(model, path).record.dates) == 1
    ledger.close()


def test_a_damaged_file_is_named(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    path.write_bytes(b"SQLite format 3\0" + bytes(1000))
    with pytest.raises(ExoError, match=r"l\.db: is"):
        paper_status(model, path)
    with pytest.raises(ExoError, match="is a folder"):
        paper_status(model, tmp_path)
