"""Metrics against empyrical-reloaded, and their conventions."""

import math
from types import SimpleNamespace

import empyrical
import numpy as np
import pytest

from mech_exo.backtest import metrics
from mech_exo.backtest.metrics import METRICS
from mech_exo.backtest.track import PathFigures
from mech_exo.data.panel import FloatArray

DRAWS = {
    "normal": np.random.default_rng(1).normal(0.0005, 0.01, 1000),
    "losing": np.random.default_rng(2).normal(-0.002, 0.02, 500),
    "fat tails": np.random.default_rng(3).standard_t(3, 700) * 0.01,
    "short": np.array([0.01, -0.02, 0.03]),
    "ruin": np.array([0.01, -1.0, 0.0, 0.0]),
}


@pytest.fixture(params=DRAWS, ids=str)
def returns(request: pytest.FixtureRequest) -> FloatArray:
    draw: FloatArray = DRAWS[request.param]
    return draw


@pytest.mark.parametrize("risk_free", [0.0, 0.03])
def test_equal_to_empyrical(returns: FloatArray, risk_free: float) -> None:
    daily = risk_free / 252
    expected = {
        "total_return": empyrical.cum_returns_final(returns),
        "annual_return": empyrical.annual_return(returns),
        "volatility": empyrical.annual_volatility(returns),
        "sharpe": empyrical.sharpe_ratio(returns, risk_free=daily),
        "sortino": empyrical.sortino_ratio(returns, required_return=daily),
        "max_drawdown": -empyrical.max_drawdown(returns),
        "calmar": empyrical.calmar_ratio(returns),
    }
    found = {
        "total_return": metrics.total_return(returns),
        "annual_return": metrics.annual_return(returns),
        "volatility": metrics.volatility(returns),
        "sharpe": metrics.sharpe(returns, risk_free),
        "sortino": metrics.sortino(returns, risk_free),
        "max_drawdown": metrics.max_drawdown(returns),
        "calmar": metrics.calmar(returns),
    }
    assert found == pytest.approx(expected, rel=1e-12)


def test_active_metrics_equal_to_empyrical(returns: FloatArray) -> None:
    benchmark = np.random.default_rng(9).normal(0.0, 0.01, len(returns))
    ratio = empyrical.excess_sharpe(returns, benchmark) * math.sqrt(252)
    assert metrics.information_ratio(returns - benchmark) == pytest.approx(ratio, rel=1e-12)
    active = metrics.active_return(returns - benchmark)
    assert active == pytest.approx(252 * (returns.mean() - benchmark.mean()), rel=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.001, 0.1])
def test_constant_series_has_no_sharpe(value: float) -> None:
    flat = np.full(300, value)
    assert math.isnan(metrics.sharpe(flat))
    assert math.isnan(metrics.information_ratio(flat - flat))
    assert math.isnan(metrics.sortino(flat))
    assert math.isnan(metrics.calmar(flat))
    assert metrics.max_drawdown(flat) == 0.0


def test_drawdown_counts_a_loss_from_the_start() -> None:
    assert metrics.max_drawdown(np.array([-0.1, 0.05])) == pytest.approx(0.1)


def test_single_return_has_no_deviation() -> None:
    assert math.isnan(metrics.volatility(np.array([0.01])))
    assert math.isnan(metrics.sharpe(np.array([0.01])))


def test_empty_path_is_undefined() -> None:
    none = np.zeros(0)
    values = [
        metrics.annual_return(none),
        metrics.volatility(none),
        metrics.sharpe(none),
        metrics.sortino(none),
        metrics.max_drawdown(none),
        metrics.calmar(none),
        metrics.hit_rate(none),
        metrics.turnover(none, 0),
        metrics.active_return(none),
    ]
    assert all(math.isnan(value) for value in values)


def test_hit_rate_leaves_out_days_without_a_move() -> None:
    assert metrics.hit_rate(np.array([0.0, 0.01, -0.01, 0.02, 0.0])) == pytest.approx(2 / 3)


@pytest.mark.parametrize("residue", [-1e-16, 1e-16, -2.2e-16, 9e-13])
def test_hit_rate_leaves_out_residues_of_rounding(residue: float) -> None:
    assert metrics.hit_rate(np.array([residue, 0.01, residue, 0.02])) == 1.0
    assert metrics.hit_rate(np.array([residue, -0.01])) == 0.0
    assert math.isnan(metrics.hit_rate(np.full(5, residue)))


def test_hit_rate_counts_the_smallest_moves() -> None:
    assert metrics.hit_rate(np.array([2e-12, 1e-9, -1e-9, -2e-12])) == 0.5


def test_turnover_is_one_way_and_annual() -> None:
    # half of the portfolio sold and bought again once a month
    assert metrics.turnover(np.full(12, 1.0), 252) == pytest.approx(6.0)


def test_the_ulcer_index_is_the_root_mean_square_of_the_drawdowns() -> None:
    # wealth 1.1, 0.55, 1.1: drawdowns 0, 0.5, 0; then from the start, which counts as a peak
    assert metrics.ulcer_index(np.array([0.1, -0.5, 1.0])) == pytest.approx(0.5 / math.sqrt(3))
    assert metrics.ulcer_index(np.array([-0.2, 0.125])) == pytest.approx(math.sqrt(0.025))
    assert metrics.ulcer_index(np.array([0.1, 0.0])) == 0.0
    assert math.isnan(metrics.ulcer_index(np.array([])))


def test_less_is_better_of_four_metrics() -> None:
    assert {name for name, metric in METRICS.items() if metric.better == "lower"} == {
        "volatility",
        "max_drawdown",
        "ulcer_index",
        "turnover",
    }


def plain(r: FloatArray, b: FloatArray, rate: float) -> dict[str, float]:
    """The metrics of returns, each computed by itself from NumPy's own functions."""
    wealth = np.cumprod(1.0 + r)
    down = 1.0 - wealth / np.maximum(np.maximum.accumulate(wealth), 1.0)
    excess, year, active = r - rate / 252, math.sqrt(252), r - b
    below = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)))
    grown = float((1.0 + (float(np.prod(1.0 + r)) - 1.0)) ** (252 / len(r)) - 1.0)
    moved = np.count_nonzero(np.abs(r) > 1e-12)
    apart = float(np.std(active, ddof=1))
    return {
        "sharpe": float(np.mean(r) - rate / 252) / float(np.std(r, ddof=1)) * year,
        "sortino": float(np.mean(excess)) / below * year,
        "calmar": grown / float(np.max(down)),
        "total_return": float(np.prod(1.0 + r)) - 1.0,
        "annual_return": grown,
        "volatility": float(np.std(r, ddof=1)) * year,
        "max_drawdown": float(np.max(down)),
        "ulcer_index": math.sqrt(float(np.mean(down**2))),
        "hit_rate": float(np.count_nonzero(r > 1e-12) / moved),
        "active_return": float(np.mean(active)) * 252,
        "information_ratio": float(np.mean(active) - 0.0 / 252) / apart * year,
    }


@pytest.mark.parametrize("rate", [0.0, 0.03])
@pytest.mark.parametrize("length", [2, 3, 7, 8, 9, 127, 128, 129, 1000, 2268])
def test_what_metrics_share_changes_no_bit(length: int, rate: float) -> None:
    rng = np.random.default_rng(length)
    r = np.append(-0.01, rng.standard_t(4, length - 1) * 0.01)  # the first is a loss
    r[rng.random(length) < 0.05] = 1e-13
    r[0], r[-1] = -0.01, r[-1] + 0.001
    b = rng.normal(0.0, 0.01, length)

    track = SimpleNamespace(
        returns=r,
        risk_free=rate,
        figures=PathFigures(r),
        active=PathFigures(r - b),
        periods_per_year=252.0,
    )
    expected = plain(r, b, rate)
    # bit for bit, in any order of asking
    for names in (list(expected), list(expected)[::-1]):
        found = {name: METRICS[name].function(track) for name in names}
        assert {name: found[name].hex() for name in expected} == {
            name: value.hex() for name, value in expected.items()
        }
