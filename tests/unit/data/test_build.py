"""The panel: grid, tradable names, scores, what is left out."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.settings import BacktestSettings, FactorSettings, Settings
from mech_exo.data.build import build_panel, canonical
from mech_exo.data.catalogue import DEFAULT_FACTORS
from mech_exo.data.prices import simple_returns
from mech_exo.data.scores import factor_scores
from mech_exo.data.standardise import standardise
from mech_exo.data.technical import rsi_14
from mech_exo.errors import ExoError
from tests.unit.data.small_markets import SETTINGS, random_market


def test_the_grid_starts_after_the_history_and_is_regular() -> None:
    panel = build_panel(random_market(0), SETTINGS)
    np.testing.assert_array_equal(panel.rebalance, np.arange(15, 320, 5))


def test_dates_with_too_few_names_are_left_out() -> None:
    market = random_market(0)
    close = market.close.copy()
    close[15:60, 2:] = np.nan
    strict = replace(SETTINGS, factors=FactorSettings(min_history=15, min_names=3))
    panel = build_panel(replace(market, close=close), strict)
    assert panel.rebalance[0] == 60
    assert (panel.tradable.sum(axis=1) >= 3).all()
    impossible = replace(SETTINGS, factors=FactorSettings(min_history=15, min_names=13))
    with pytest.raises(ExoError, match="no rebalance date has 13 names"):
        build_panel(market, impossible)


def test_tradable_is_a_price_on_the_day() -> None:
    market = random_market(1)
    panel = build_panel(market, SETTINGS)
    np.testing.assert_array_equal(panel.tradable, ~np.isnan(market.close[panel.rebalance]))
    assert np.isnan(panel.exposures[~panel.tradable]).all()


def test_known_factors_come_first_and_missing_ones_are_listed() -> None:
    panel = build_panel(random_market(1), SETTINGS)
    technical = ("rsi_14", "momentum_12_1", "volatility_ratio")
    assert panel.factor_names == ("return_on_equity", *technical, "value_score")
    assert panel.factor_categories == ("fundamental", *("technical",) * 3, "custom")
    assert panel.missing_factors == {
        name: category
        for name, category in DEFAULT_FACTORS.items()
        if name not in panel.factor_names
    }


def test_scores_are_the_standardised_raw_values() -> None:
    market = random_market(2)
    panel = build_panel(market, SETTINGS)
    raw = rsi_14(market, panel.rebalance)
    expected = standardise(raw, panel.tradable, SETTINGS.factors.winsorise)
    np.testing.assert_array_equal(panel.exposures[:, :, 1], expected)
    np.testing.assert_array_equal(panel.returns, simple_returns(market.close))


def test_a_column_replaces_the_computed_factor() -> None:
    market = random_market(2)
    own = replace(market, daily={"rsi_14": market.daily["value_score"]}, categories={})
    k = build_panel(own, SETTINGS).factor_names.index("rsi_14")
    given = build_panel(market, SETTINGS).exposures[:, :, -1]
    np.testing.assert_array_equal(build_panel(own, SETTINGS).exposures[:, :, k], given)


def test_scores_of_a_users_array_are_those_of_a_column() -> None:
    market = random_market(4)
    panel = build_panel(market, SETTINGS)
    scores = factor_scores(
        market, market.daily["value_score"], panel.rebalance, panel.tradable, 0.01
    )
    np.testing.assert_array_equal(canonical(scores), panel.exposures[:, :, -1])
    with pytest.raises(ExoError, match=r"shape \(319, 12\), expected \(320, 12\)"):
        factor_scores(
            market, market.daily["value_score"][1:], panel.rebalance, panel.tradable, 0.01
        )


def test_old_facts_are_unknown_when_asked() -> None:
    market = random_market(5)
    fresh = replace(SETTINGS, data=replace(SETTINGS.data, max_age_days=10))
    everything = np.isnan(build_panel(market, SETTINGS).exposures[:, :, 0]).mean()
    assert np.isnan(build_panel(market, fresh).exposures[:, :, 0]).mean() > everything


def test_too_short_a_history_is_said() -> None:
    with pytest.raises(ExoError, match="has 320 sessions, the first rebalance needs 401") as caught:
        build_panel(random_market(0), Settings(factors=FactorSettings(min_history=400)))
    assert "min_history" in caught.value.hint


def test_the_fingerprint_sees_every_input() -> None:
    market = random_market(6)
    panel = build_panel(market, SETTINGS)
    assert panel.fingerprint == build_panel(random_market(6), SETTINGS).fingerprint
    close = market.close.copy()
    close[200, 5] *= 1.0 + 1e-12
    weekly = replace(SETTINGS, backtest=BacktestSettings(rebalance_days=6))
    others = {
        build_panel(replace(market, close=close), SETTINGS).fingerprint,
        build_panel(market, weekly).fingerprint,
        build_panel(replace(market, symbols=(*market.symbols[:-1], "ZZ")), SETTINGS).fingerprint,
        panel.between(0, 319).fingerprint,
        panel.fingerprint,
    }
    assert len(others) == 5


def test_equal_numbers_have_equal_bytes() -> None:
    odd = np.array([np.nan, -np.nan, -0.0, 0.0, 1.5])
    even = np.array([np.nan, np.nan, 0.0, 0.0, 1.5])
    assert canonical(odd).tobytes() == even.tobytes()


def test_panel_and_market_cannot_be_written_to() -> None:
    market = random_market(7)
    panel = build_panel(market, SETTINGS)
    with pytest.raises(ValueError, match="read-only"):
        panel.exposures[0, 0, 0] = 1.0
    for array in (market.close, market.daily["value_score"], market.until(5).close):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        market.vintages["return_on_equity"].value[0] = 1.0


def test_a_market_of_the_wrong_shape_is_a_bug() -> None:
    market = random_market(7)
    with pytest.raises(ValueError, match="value_score has shape"):
        replace(market, daily={"value_score": np.zeros((3, 3))})


def test_split_starts_the_holdout_at_a_rebalance() -> None:
    panel = build_panel(random_market(8), SETTINGS)
    cut = panel.split(0.2)
    assert cut in panel.rebalance
    assert 256 <= cut < 261
    inside, outside = panel.between(0, cut), panel.between(cut, len(panel.dates))
    assert len(inside.rebalance) + len(outside.rebalance) == len(panel.rebalance)
    assert outside.rebalance[0] == 0
    assert panel.split(0.0) == len(panel.dates)
