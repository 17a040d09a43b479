"""Factors that say nothing, or nothing any more."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.data.check.factor_coverage import coverage
from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import FILES, calm_market, found


def with_factor(values: FloatArray) -> Market:
    return replace(calm_market(), daily={"quality": values}, categories={"quality": "custom"})


def honest() -> FloatArray:
    return np.random.default_rng(0).normal(size=calm_market().close.shape)


def test_an_honest_factor_is_none_though_it_begins_late_and_has_gaps() -> None:
    values = honest()
    values[:150] = np.nan
    values[np.random.default_rng(1).random(values.shape) < 0.3] = np.nan
    assert found(coverage, with_factor(values)) == []


@pytest.mark.parametrize(
    ("rule", "known"), [("coverage", []), ("one-name", [4]), ("constant", [3, 4, 5])]
)
def test_a_factor_that_ranks_nothing_is_an_error(rule: str, known: list[int]) -> None:
    values = np.full(calm_market().close.shape, np.nan)
    values[:, known] = 2.0
    assert found(coverage, with_factor(values)) == [("error", f"{rule}:quality")]


def test_values_of_names_without_a_price_are_not_known() -> None:
    market = calm_market()
    values = np.full(market.close.shape, np.nan)
    values[-60:, -1] = 1.0  # of the delisted name, after its end
    assert found(coverage, with_factor(values)) == [("error", "coverage:quality")]


def test_a_feed_that_has_stopped() -> None:
    values = honest()
    values[-30:] = np.nan
    assert found(coverage, with_factor(values)) == [("error", "fell-off:quality")]
    values = honest()
    values[-30:, :8] = np.nan
    assert found(coverage, with_factor(values)) == [("warning", "fell-off:quality")]
    values = honest()
    values[-30:, :3] = np.nan
    assert found(coverage, with_factor(values)) == []


def test_a_feed_that_stopped_long_ago_has_stopped_all_the_same() -> None:
    values = honest()
    values[150:] = np.nan
    assert found(coverage, with_factor(values)) == [("error", "fell-off:quality")]


def test_values_that_stand_since_nothing_came_after_them() -> None:
    values = honest()
    values[220:] = values[219]
    assert found(coverage, with_factor(values)) == [("warning", "fell-off:quality")]
    values = honest()[np.arange(400) // 130 * 130]  # twice a year, and so to the end
    assert found(coverage, with_factor(values)) == []


def test_values_that_are_too_old_are_not_known() -> None:
    market = calm_market()
    symbol = np.repeat(np.arange(12), 4)
    day = np.tile(market.dates[[25, 110, 200, 300]], 12)
    vintage = Vintage(symbol, day, day, np.random.default_rng(0).normal(size=48))
    market = replace(market, vintages={"pe_ratio": vintage})
    assert found(coverage, market) == []
    fresh = replace(FILES, data=replace(FILES.data, max_age_days=100))
    assert found(coverage, market, fresh) == [("error", "fell-off:pe_ratio")]


def test_what_is_no_factor_may_be_constant() -> None:
    market = replace(calm_market(), daily={"vix": np.full(calm_market().close.shape, 20.0)})
    assert found(coverage, market) == []
