"""Noise in the shape of the user's factors: what it keeps, and that it knows nothing."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.calibration.noise_factors import persistence, with_noise_factors
from mech_exo.data.panel import Panel
from tests.unit.verdict.small import small_panel


def holed(panel: Panel, seed: int = 5) -> Panel:
    """Factor 0 with holes, factor 1 that hardly changes, factor 2 that begins late."""
    generator = np.random.default_rng(seed)
    scores = panel.exposures.copy()
    scores[generator.random(scores.shape[:2]) < 0.2, 0] = np.nan
    scores[:, :, 1] = scores[0, :, 1] + 0.1 * scores[:, :, 1]
    scores[: len(scores) // 2, :, 2] = np.nan
    return replace(panel, exposures=scores)


def test_it_keeps_coverage_and_all_that_is_no_score() -> None:
    panel = holed(small_panel())
    noise = with_noise_factors(panel, 3)
    assert np.array_equal(np.isnan(noise.exposures), np.isnan(panel.exposures))
    assert noise.returns is panel.returns
    assert noise.factor_names == panel.factor_names


def test_scores_are_standardised_per_date() -> None:
    noise = with_noise_factors(holed(small_panel()), 3).exposures
    begun = noise[len(noise) // 2 :]
    assert np.allclose(np.nanmean(begun, axis=1), 0.0, atol=1e-12)
    assert np.allclose(np.nanstd(begun, axis=1), 1.0)


def test_it_keeps_how_much_goes_on_from_a_rebalance_to_the_next() -> None:
    panel = holed(small_panel(names=400))
    noise = with_noise_factors(panel, 3)
    for k in range(3):
        wanted, found = (persistence(p.exposures[:, :, k])[1:] for p in (panel, noise))
        known = np.isfinite(panel.exposures[1:-1, :, k]).any(axis=1)
        assert np.mean(found[1:][known]) == pytest.approx(np.mean(wanted[1:][known]), abs=0.03), k


def test_a_step_stays_where_it_is() -> None:
    """Scores that change with every third report: 1, 1, 0, 1, 1, 0, …"""
    panel = small_panel(names=400)
    scores = panel.exposures[np.arange(len(panel.rebalance)) // 3 * 3]
    noise = with_noise_factors(replace(panel, exposures=scores), 3)
    found = persistence(noise.exposures[:, :, 0])
    assert found[[1, 2, 4, 5]] == pytest.approx(1.0)
    assert np.abs(found[[3, 6]]).max() < 0.2


def test_it_knows_nothing_of_the_user_s_scores_and_each_seed_draws_anew() -> None:
    panel = small_panel(names=400)
    one, two = (with_noise_factors(panel, seed).exposures for seed in (1, 2))
    for other in (panel.exposures, two):
        assert abs(np.mean(one * other)) < 0.02
    assert np.array_equal(one, with_noise_factors(panel, 1).exposures)
    assert abs(np.mean(one[:, :, 0] * one[:, :, 1])) < 0.02


def test_persistence_of_what_cannot_be_measured() -> None:
    scores = np.full((4, 8), np.nan)
    assert persistence(scores).tolist() == [0.0] * 4
    scores[:2] = np.arange(8.0)
    assert persistence(scores) == pytest.approx([0.0, 1.0, 1.0, 1.0])  # the mean of the others
