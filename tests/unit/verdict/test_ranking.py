"""Holding periods, the market model and information coefficients."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from mech_exo.system import memory
from mech_exo.verdict import ranking
from mech_exo.verdict.stretch import Outcomes
from tests.unit.verdict.small import small_panel


def test_periods_are_what_a_decision_holds() -> None:
    panel = small_panel(sessions=200, step=21)
    holding = ranking.holding_periods(panel, execution_lag=1)
    np.testing.assert_array_equal(holding.first, panel.rebalance + 2)
    np.testing.assert_array_equal(holding.last[:-1], holding.first[1:])
    assert holding.last[-1] == 200
    assert (np.diff(holding.block) >= 0).all()


@pytest.mark.parametrize("step", [1, 5, 21, 63])
def test_blocks_last_at_least_a_month(step: int) -> None:
    holding = ranking.holding_periods(small_panel(sessions=400, step=step), 1)
    for block in range(holding.blocks):
        inside = holding.block == block
        length = holding.last[inside].max() - holding.first[inside].min()
        assert length >= ranking.BLOCK_DAYS


def test_decisions_at_the_end_have_no_period() -> None:
    panel = small_panel(sessions=82, step=21)  # decisions at 60 and none after 81
    assert len(ranking.holding_periods(panel, execution_lag=30).first) == 0
    assert ranking.holding_periods(panel, execution_lag=30).blocks == 0


def test_outcomes_of_some_dates_are_those_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = small_panel(sessions=400, names=23)
    returns = panel.returns.copy()
    returns[:350, 4] = np.nan
    returns[100:130, 7] = np.nan
    eligible = np.ones(panel.tradable.shape, dtype=np.bool_)
    tradable = panel.tradable.copy()
    tradable[3:, 2] = eligible[3:, 2] = False
    panel = replace(panel, returns=returns, tradable=tradable, eligible=eligible)
    whole = Outcomes.of(panel)
    for piece in (2**23, 10_000, 1):
        monkeypatch.setattr(memory, "PIECE", piece)
        some = Outcomes.since(panel, 250)
        np.testing.assert_allclose(some.residual, whole.residual[250:], rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(some.risk, whole.risk, rtol=1e-9)
        if piece == 2**23:  # one piece: the very bits
            np.testing.assert_array_equal(some.residual, whole.residual[250:])


def test_market_model_finds_the_betas_and_keeps_missing_returns() -> None:
    panel = small_panel(sessions=2_000, names=40)
    returns = panel.returns.copy()
    returns[:500, 3] = np.nan
    returns[:1_990, 4] = np.nan
    common, residual = ranking.market_model(returns)
    market = np.nanmean(returns, axis=1)
    slope = np.polyfit(market[500:], returns[500:, 3], 1)[0]
    np.testing.assert_allclose(common[:, 3] / market, slope, rtol=1e-9)
    np.testing.assert_allclose(common[:, 4], market)  # too young: beta 1
    assert np.isnan(residual[:500, 3]).all()
    np.testing.assert_allclose((common + residual)[500:, 3], returns[500:, 3], atol=1e-15)


def test_coefficient_is_the_correlation_with_ranks() -> None:
    generator = np.random.default_rng(0)
    scores = generator.permutation(np.arange(20.0))[None, :]
    outcomes = generator.standard_normal((1, 20))
    outcomes[0, 3] = np.nan
    kept = np.arange(20) != 3
    expected = np.corrcoef(scores[0, kept], np.argsort(np.argsort(outcomes[0, kept])))[0, 1]
    found = ranking.information_coefficients(scores, outcomes)
    assert found[0] == pytest.approx(expected, abs=1e-12)
    ranked = np.argsort(np.argsort(scores[:, kept], axis=1), axis=1).astype(float)
    assert ranking.information_coefficients(ranked, outcomes[:, kept])[0] == pytest.approx(
        spearmanr(scores[0, kept], outcomes[0, kept]).statistic, abs=1e-12
    )


def test_an_order_that_is_kept_changes_no_bit() -> None:
    """Of outcomes put in order once, with ties and gaps, for scores that lack other names."""
    generator = np.random.default_rng(4)
    outcomes = np.round(generator.standard_normal((6, 40)), 1)
    outcomes[generator.random((6, 40)) < 0.1] = np.nan
    order, turned = ranking.outcome_order(outcomes), ranking.outcome_order(-outcomes)
    sign = np.array([1.0, -1.0, -1.0, 1.0, 1.0, -1.0])[:, None]
    for _ in range(5):
        scores = generator.standard_normal((6, 40))
        scores[generator.random((6, 40)) < 0.3] = np.nan
        for m in range(6):
            both = np.isfinite(scores[m]) & np.isfinite(outcomes[m])
            places = np.argsort(np.argsort(sign[m] * outcomes[m, both], kind="stable"))
            expected = np.corrcoef(scores[m, both], places)[0, 1]
            kept = np.where(sign < 0, turned, order)
            found = ranking.information_coefficients(scores, sign * outcomes, kept)
            assert found[m] == pytest.approx(expected, abs=1e-12)
        anew = ranking.information_coefficients(scores, sign * outcomes)
        assert np.array_equal(anew, found)


def test_flipped_outcomes_flip_the_coefficient() -> None:
    panel = small_panel(premium=0.2)
    holding = ranking.holding_periods(panel, 1)
    residual = ranking.market_model(panel.returns)[1]
    outcomes = ranking.period_outcomes(residual, ranking.own_risk(residual), holding)
    scores = panel.exposures[:, :, 0]
    found = ranking.information_coefficients(scores, outcomes)
    np.testing.assert_allclose(
        ranking.information_coefficients(scores, -outcomes), -found, atol=1e-12
    )
    assert found.mean() > 0.1


def test_too_few_names_have_no_coefficient() -> None:
    scores = np.full((2, 6), np.nan)
    scores[0, :4] = [1.0, 2.0, 3.0, 4.0]
    scores[1] = 1.0
    outcomes = np.arange(12.0).reshape(2, 6)
    assert np.isnan(ranking.information_coefficients(scores, outcomes)).all()


def test_block_means_leave_missing_values_out() -> None:
    means = ranking.block_means(np.array([1.0, np.nan, 3.0, np.nan]), np.array([0, 0, 1, 2]))
    np.testing.assert_array_equal(means, [1.0, 3.0, np.nan])
