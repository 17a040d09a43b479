"""How names end."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.settings import Settings
from mech_exo.data.check.endings import ended_together, incomplete, survivors
from mech_exo.data.check.examined import Examined
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import FILES, TODAY, calm_market, damaged, found


@pytest.mark.parametrize("count", [4, 8, 19])
@pytest.mark.parametrize("before", [2, 5, 40, 200])
def test_names_that_end_together_are_a_failed_download(count: int, before: int) -> None:
    def damage(close: FloatArray) -> None:
        close[-before:, :count] = np.nan

    market = damaged(calm_market(names=20), damage)
    day = market.dates[-before - 1]
    assert found(ended_together, market) == [("error", f"ended-together:{day}")]


def test_delistings_one_by_one_and_two_on_a_day_are_none() -> None:
    def damage(close: FloatArray) -> None:
        for n in range(15):
            close[100 + 10 * (n // 2) :, n] = np.nan

    assert found(ended_together, damaged(calm_market(names=20), damage)) == []


def test_a_universe_that_is_renewed_every_year_is_warned_of() -> None:
    """Prices for members only: a quarter leaves on the same day, again and again."""

    def damage(close: FloatArray) -> None:
        for k in range(8):
            members = slice(10 * k, 10 * k + 10)
            close[100 * (k + 1) :, members] = np.nan
            close[: max(0, 100 * (k - 3)), members] = np.nan

    market = damaged(calm_market(500, 80), damage)
    assert {severity for severity, _ in found(ended_together, market)} == {"warning"}


def test_a_last_session_that_is_not_complete() -> None:
    def most(close: FloatArray) -> None:
        close[-1, 1:] = np.nan

    def some(close: FloatArray) -> None:
        close[-1, :4] = np.nan

    def few(close: FloatArray) -> None:
        close[-1, :2] = np.nan

    market = calm_market()
    name = f"incomplete:{market.dates[-1]}"
    assert found(incomplete, damaged(market, most)) == [("error", name)]
    assert found(incomplete, damaged(market, some)) == [("warning", name)]
    assert found(incomplete, damaged(market, few)) == []
    assert found(ended_together, damaged(market, most)) == []  # one damage, one finding


def test_a_long_history_that_nobody_leaves_is_of_survivors() -> None:
    market = calm_market(sessions=1300, names=40)

    def nobody(close: FloatArray) -> None:
        close[:, -1] = 50.0

    chosen = damaged(market, nobody)
    assert found(survivors, chosen) == [("warning", "survivors")]
    assert found(survivors, chosen, Settings()) == []  # the demo
    assert found(survivors, market) == []  # one was delisted
    short = replace(chosen, dates=chosen.dates[:200], close=chosen.close[:200])
    assert found(survivors, short) == []  # so few in so short a time is no wonder


def test_a_universe_that_hardly_anybody_leaves_is_one_of_survivors() -> None:
    few = calm_market(sessions=1300, names=200)  # 30 should have left
    (finding,) = survivors(Examined(few, FILES, TODAY))
    assert finding.message.startswith("only 1 of the 200 names are ever delisted")
    some = damaged(few, lambda close: close[900:, :7].fill(np.nan))
    assert found(survivors, some) == []
    left = np.ones(few.close.shape, dtype=np.bool_)
    left[1000:, :20] = False  # the universe, and not the market
    assert found(survivors, replace(few, member=left)) == []
