"""Knowing a market again: grown, restated or thinned out it is the same, another one never."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.settings import DataSettings, DemoSettings
from mech_exo.data.demo import demo_market
from mech_exo.data.likeness import NAMES, PERIODS, Likeness
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray
from mech_exo.data.prices import last_known, last_known_at
from mech_exo.data.sources import restrict

SESSIONS, STOCKS = 1000, 40


def market(seed: int = 1, *, sessions: int = SESSIONS, names: int = STOCKS) -> Market:
    """Random walks of one market factor; longer ones begin with the shorter."""
    days = np.random.default_rng(seed).normal(0.0004, 0.012, (3000, names + 1))[:sessions]
    close: FloatArray = np.exp(np.cumsum(0.7 * days[:, :1] + days[:, 1:], axis=0))
    dates = np.busday_offset(np.datetime64("2015-01-02"), np.arange(sessions))
    return Market(dates=dates, symbols=tuple(f"S{n:03d}" for n in range(names)), close=close)


def without(whole: Market, gone: int) -> Market:
    return replace(whole, symbols=whole.symbols[gone:], close=whole.close[:, gone:])


def restated(whole: Market, factor: Callable[[np.ndarray], np.ndarray]) -> Market:
    return replace(whole, close=whole.close * factor(np.arange(len(whole.dates)))[:, None])


def test_the_last_known_closes_of_some_rows_are_those_of_all() -> None:
    rng = np.random.default_rng(0)
    close = np.where(rng.random((30, 9)) < 0.8, np.nan, rng.random((30, 9)))
    close[:, 0] = np.nan
    for rows in ([0], [29], [3, 4, 17, 4], []):
        found = last_known_at(close, rows)
        assert sorted(found) == sorted(set(rows))
        for row, known in found.items():
            np.testing.assert_array_equal(known, last_known(close)[row])


def test_it_is_small_and_reads_back() -> None:
    likeness = Likeness.of(market(), "files")
    assert (len(likeness.returns), len(likeness.periods)) == (NAMES, PERIODS)
    assert likeness.periods[0].startswith("2015-01-02/")
    assert likeness.periods[-1].endswith(likeness.end)
    assert Likeness.from_dict(likeness.as_dict()) == likeness
    name, returns = next(iter(likeness.returns.items()))
    close = market().close[:, market().symbols.index(name)]
    assert returns[0] == pytest.approx(close[252] / close[0] - 1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (market(), True),
        (market(sessions=2 * SESSIONS), True),
        (market(sessions=400), True),  # --date long before
        (restrict(market(), DataSettings(start="2017-01-02")), True),
        (without(market(), 12), True),
        (restated(market(), lambda t: 0.97 ** (t // 252)), True),  # dividends of 3 % a year
        (restated(market(), lambda t: np.where(t < 500, 0.25, 1.0)), False),  # not a split
        (without(market(), 30), False),
        (market(2), False),
        (market(2, sessions=80), False),
        (replace(market(), symbols=tuple(f"T{n:03d}" for n in range(STOCKS))), False),
    ],
)
def test_the_same_market_is_known_again_and_another_is_not(changed: Market, same: bool) -> None:
    likeness = Likeness.of(market(), "files")
    short = Likeness.of(market(sessions=80), "files")
    known = short if len(changed.dates) == 80 else likeness
    assert (known.difference(changed) == "") is same, known.difference(changed)


@pytest.mark.parametrize("names", [1, 3])
def test_few_names_are_enough(names: int) -> None:
    likeness = Likeness.of(market(names=names), "files")
    assert likeness.difference(market(names=names, sessions=SESSIONS + 1)) == ""
    assert "returned something else" in likeness.difference(market(9, names=names))
    assert f"of {names} names" in likeness.difference(
        replace(market(names=names), symbols=tuple("ABC"[:names]))
    )


def test_it_says_which_names_differ() -> None:
    likeness = Likeness.of(market(), "files")
    others = replace(market(), symbols=tuple(f"T{n:03d}" for n in range(STOCKS)))
    first = ", ".join(list(likeness.returns)[:5])
    said = likeness.difference(others)
    assert said == f"of 16 names that it was made with, 0 are here; not {first} and 11 more"
    other = likeness.difference(market(2))
    assert "of 16 names that it was made with and that are here, 16 returned" in other


@pytest.mark.parametrize(
    "settings",
    [
        DemoSettings(symbols=30, years=3, seed=8),
        DemoSettings(symbols=29, years=3),
        DemoSettings(symbols=200, years=3),
        DemoSettings(symbols=30, years=4),
        DemoSettings(symbols=30, years=3, information_ratio=1.99),
    ],
)
def test_no_demo_market_is_the_continuation_of_another(settings: DemoSettings) -> None:
    likeness = Likeness.of(demo_market(DemoSettings(symbols=30, years=3)), "demo")
    assert likeness.difference(demo_market(settings))


def test_a_demo_of_another_date_is_the_same() -> None:
    whole = demo_market(DemoSettings(symbols=30, years=3))
    earlier = restrict(whole, DataSettings(end="2019-06-28"))
    assert Likeness.of(whole, "demo").difference(earlier) == ""
    assert Likeness.of(earlier, "demo").difference(whole) == ""


def test_a_dead_name_tells_nothing() -> None:
    """Its price of old is carried on, and would be equal in every market."""
    whole = market()
    close = whole.close.copy()
    close[100:, 5:] = np.nan
    dying = replace(whole, close=close)
    likeness = Likeness.of(dying, "files")
    assert all(returns[-1] is None for name, returns in likeness.returns.items() if name > "S004")
    assert likeness.difference(dying) == ""


@pytest.mark.parametrize("sessions", [1, 2, 3, 5])
def test_hardly_any_sessions(sessions: int) -> None:
    likeness = Likeness.of(market(sessions=sessions), "files")
    assert likeness.difference(market(sessions=sessions)) == ""
    assert likeness.difference(without(market(), STOCKS - 2))


def test_returns_that_were_taken_out_tell_nothing() -> None:
    stated = Likeness.of(market(), "files").as_dict()
    short = stated | {"returns": {name: values[:1] for name, values in stated["returns"].items()}}
    assert Likeness.from_dict(short).difference(market()) == ""
