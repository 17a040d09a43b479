"""What a placebo keeps and what it cuts."""

import numpy as np

from mech_exo.verdict.flipping import block_signs, flipped
from mech_exo.verdict.ranking import (
    holding_periods,
    information_coefficients,
    market_model,
    own_risk,
    period_outcomes,
)
from tests.unit.verdict.small import small_panel


def test_number_0_is_the_real_data() -> None:
    panel = small_panel()
    holding = holding_periods(panel, 1)
    assert flipped(panel, holding, block_signs(holding.blocks, 7, 0)) is panel


def test_signs_depend_on_seed_and_number_only() -> None:
    np.testing.assert_array_equal(block_signs(50, 7, 3), block_signs(50, 7, 3))
    np.testing.assert_array_equal(block_signs(50, 7, 3)[:40], block_signs(40, 7, 3))
    assert (block_signs(50, 7, 3) != block_signs(50, 7, 4)).any()
    assert (block_signs(50, 7, 3) != block_signs(50, 8, 3)).any()


def test_neighbouring_blocks_share_a_sign_where_there_are_enough() -> None:
    for blocks, run in ((65, 3), (24, 3), (23, 2), (16, 2), (15, 1), (1, 1)):
        signs = np.array([block_signs(blocks, 7, j) for j in range(1, 200)])
        assert signs.shape[1] == blocks
        assert abs(signs.mean()) < 0.15
        changes = np.flatnonzero((signs[:, 1:] != signs[:, :-1]).any(axis=0)) + 1
        np.testing.assert_array_equal(changes, np.arange(run, blocks, run))


def test_a_placebo_keeps_market_risk_and_exposures() -> None:
    panel = small_panel(sessions=1_500, names=50, premium=0.3)
    holding = holding_periods(panel, 1)
    placebo = flipped(panel, holding, block_signs(holding.blocks, 1, 1))
    assert placebo.exposures is panel.exposures
    np.testing.assert_allclose(placebo.returns.mean(axis=1), panel.returns.mean(axis=1), atol=4e-4)
    np.testing.assert_allclose(placebo.returns.std(axis=0), panel.returns.std(axis=0), rtol=0.08)
    first = holding.first[0]
    np.testing.assert_array_equal(placebo.returns[:first], panel.returns[:first])


def test_a_placebo_has_no_premium() -> None:
    panel = small_panel(sessions=2_000, names=60, premium=0.4)
    holding = holding_periods(panel, 1)

    def coefficient(number: int) -> float:
        signs = block_signs(holding.blocks, 5, number)
        _, residual = market_model(flipped(panel, holding, signs).returns)
        outcomes = period_outcomes(residual, own_risk(residual), holding)
        return float(information_coefficients(panel.exposures[:, :, 0], outcomes).mean())

    real, placebos = coefficient(0), np.array([coefficient(j) for j in range(1, 40)])
    assert real > placebos.max()
    assert abs(placebos.mean()) < 0.1 * real


def test_missing_returns_stay_missing_and_no_loss_exceeds_the_stake() -> None:
    panel = small_panel(sessions=400, names=10)
    returns = panel.returns.copy()
    returns[100:150, 2] = np.nan
    returns[200, 5] = 1.8  # a jump that turned round would lose 180 %
    from dataclasses import replace

    holding = holding_periods(panel, 1)
    everything = -np.ones(holding.blocks)
    placebo = flipped(replace(panel, returns=returns), holding, everything)
    assert np.isnan(placebo.returns[100:150, 2]).all()
    assert np.nanmin(placebo.returns) >= -0.95
