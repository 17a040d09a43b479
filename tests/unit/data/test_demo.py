"""The synthetic market: reproducible, realistic, and true to its premia."""

import hashlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mech_exo.config.settings import DemoSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.catalogue import DEFAULT_FACTORS
from mech_exo.data.demo import DEMO_PREMIA, demo_market, demo_true_weights
from mech_exo.data.draws import Draws
from mech_exo.data.facts import describe
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.data.prices import simple_returns

CLOSES = "45884c589fa7ceff63772ae4b24a7930d0d80fd32ad9254ef0810dcf519db6e1"
FACTS = "c03462ca32420f98c02db2be25ad0206c4369c3bafb0022fe487408ba2c7478f"
PANEL = "64f361db877520d54d107a56dd93059c31181f53bd715da2e4df3d4143ec4d34"


@pytest.fixture(scope="module")
def market() -> Market:
    return demo_market(DemoSettings())


def digest(*arrays: NDArray[Any]) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


def active_return(panel: Panel, weights: FloatArray) -> FloatArray:
    """Daily return of the best tenth, equally weighted, less that of all names.

    Decided at each rebalance, traded at the next close, held until the next trade.
    """
    returns = np.nan_to_num(panel.returns)
    scores = np.nan_to_num(panel.exposures) @ weights
    trades = [*(panel.rebalance + 1), len(panel.dates) - 1]
    parts = []
    for m in range(len(panel.rebalance)):
        names = np.flatnonzero(panel.tradable[m])
        best = names[np.argsort(-scores[m, names], kind="stable")[: max(1, len(names) // 10)]]
        window = returns[trades[m] + 1 : trades[m + 1] + 1]
        value = [
            np.cumprod(np.vstack([np.ones(len(g)), 1.0 + window[:, g]]), axis=0).mean(axis=1)
            for g in (best, names)
        ]
        parts.append(value[0][1:] / value[0][:-1] - value[1][1:] / value[1][:-1])
    return np.concatenate(parts)


def information_ratio(active: FloatArray) -> float:
    return float(active.mean() / active.std(ddof=1) * np.sqrt(252.0))


def true_weights(panel: Panel) -> FloatArray:
    return np.array([demo_true_weights()[name] for name in panel.factor_names])


def test_the_default_demo_is_these_bits(market: Market) -> None:
    """Integers, sums, products and roots only: the same on every machine."""
    assert digest(market.close) == CLOSES
    facts = [a for v in market.vintages.values() for a in (v.symbol, v.available, v.value)]
    assert digest(*facts) == FACTS
    assert build_panel(market, Settings()).fingerprint == PANEL


def test_a_seed_is_another_market() -> None:
    one, two = (demo_market(DemoSettings(symbols=5, years=1, seed=s)) for s in (1, 2))
    assert digest(one.close) != digest(two.close)


def test_all_nine_factors_have_premia_and_data(market: Market) -> None:
    panel = build_panel(market, Settings())
    assert panel.factor_names == tuple(DEFAULT_FACTORS) == tuple(DEMO_PREMIA)
    assert panel.missing_factors == {}
    assert max(abs(w) for w in demo_true_weights().values()) == 1.0


def test_it_says_that_it_is_not_real(market: Market) -> None:
    assert market.source == ("demo: 100 synthetic stocks, 2018-01-02 to 2025-12-31 (NOT REAL DATA)")


def test_listings_delistings_and_missing_values(market: Market) -> None:
    facts = describe(market)
    assert facts.late_listings >= 3
    assert facts.delistings >= 3
    assert 0.0 < facts.gaps < 0.01
    assert all(0.0 < share < 0.25 for share in facts.unknown.values())


def test_facts_lag_their_period_and_are_restated(market: Market) -> None:
    for name in ("pe_ratio", "return_on_equity", "revenue_growth", "earnings_growth"):
        v = market.vintages[name]
        lag = (v.available - v.period_end).astype(np.int64)
        assert lag.min() >= 25
        keys = np.stack([v.symbol, v.period_end.astype(np.int64)])
        assert np.unique(keys, axis=1).shape[1] < keys.shape[1]  # restated
    for v in market.vintages.values():
        assert v.available.max() <= market.dates[-1]


def test_volatility_and_tails_are_realistic(market: Market) -> None:
    returns = simple_returns(market.close)
    universe = np.nanmean(returns[1:], axis=1)
    assert 0.07 < universe.std() * np.sqrt(252.0) < 0.12
    own = (returns[1:] - universe[:, None]).ravel()
    own = own[np.isfinite(own)]
    assert 0.15 < own.std() * np.sqrt(252.0) < 0.28
    kurtosis = float(((own - own.mean()) ** 4).mean() / own.var() ** 2)
    assert kurtosis > 4.5


@pytest.mark.slow
@pytest.mark.parametrize("target", [0.0, 2.0, 4.0])
def test_true_weights_have_the_stated_information_ratio(target: float) -> None:
    """Mean over 12 seeds; one history of eight years has a standard error of about 0.4."""
    ratios = []
    for seed in range(100, 112):
        panel = build_panel(
            demo_market(DemoSettings(seed=seed, information_ratio=target)), Settings()
        )
        ratios.append(information_ratio(active_return(panel, true_weights(panel))))
    assert np.mean(ratios) == pytest.approx(target, abs=0.35)


@pytest.mark.slow
def test_regression_finds_the_premia_of_a_strong_market() -> None:
    """Pooled cross-sections of a strong variant give weights near the truth, signs included."""
    for seed in range(3):
        panel = build_panel(demo_market(DemoSettings(seed=seed, information_ratio=4.0)), Settings())
        scores = np.nan_to_num(panel.exposures)
        rows, results = [], []
        for m in range(len(panel.rebalance) - 1):
            window = panel.returns[panel.rebalance[m] + 1 : panel.rebalance[m + 1] + 1]
            names = panel.tradable[m]
            gain = np.prod(1.0 + np.nan_to_num(window[:, names]), axis=0)
            rows.append(scores[m, names])
            results.append(gain - gain.mean())
        found = np.linalg.lstsq(np.concatenate(rows), np.concatenate(results), rcond=None)[0]
        truth = true_weights(panel)
        assert found @ truth / np.linalg.norm(found) / np.linalg.norm(truth) > 0.9
        assert (np.sign(found) == np.sign(truth)).mean() > 0.8


@pytest.mark.parametrize("symbols", [2, 3, 11])
def test_small_markets_are_whole(symbols: int) -> None:
    market = demo_market(DemoSettings(symbols=symbols, years=2, information_ratio=20.0))
    assert market.close.shape == (len(market.dates), symbols)
    assert np.nanmin(market.close) > 0.0
    assert not np.isnan(market.close).all(axis=1).any()


def test_draws_have_the_moments_they_claim() -> None:
    draws = Draws(0, 0)
    assert draws.uniform(200_000).mean() == pytest.approx(0.5, abs=0.003)
    for sample in (draws.normal(200_000), draws.fat(200_000), draws.persistent(40, 0.9, 5_000)):
        assert sample.mean() == pytest.approx(0.0, abs=0.02)
        assert sample.std() == pytest.approx(1.0, abs=0.02)
    x = draws.fat(200_000)
    assert (x**4).mean() == pytest.approx(7.6, abs=0.4)


def test_streams_are_independent() -> None:
    one, two = Draws(1, 0).normal(50_000), Draws(1, 1).normal(50_000)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02
