"""The fast selection against a plain sort."""

import numpy as np
import pytest

from mech_exo.backtest.rules import Candidate
from mech_exo.backtest.selection import GRID, Selector, lay_out
from mech_exo.data.panel import BoolArray, FloatArray
from tests.unit.backtest.markets import panel_of

SEGMENTS, NAMES = 40, 60


def chosen_by(exposures: FloatArray, candidate: Candidate) -> BoolArray:
    panel = panel_of(np.zeros((SEGMENTS + 2, NAMES)), exposures, np.arange(1, SEGMENTS + 1))
    scores = lay_out(panel, SEGMENTS)
    chosen = np.empty((SEGMENTS, NAMES), dtype=bool)
    ranks = np.empty(SEGMENTS, dtype=np.int64)
    Selector(scores).choose(candidate, 0, SEGMENTS, chosen, ranks)
    assert ranks.tolist() == chosen.sum(axis=1).tolist()
    return chosen


def sorted_choice(exposures: FloatArray, candidate: Candidate) -> BoolArray:
    chosen = np.zeros(exposures.shape[:2], dtype=bool)
    for g, z in enumerate(exposures):
        score = np.rint((z * candidate.weights).sum(axis=1) * GRID)
        best = sorted(range(NAMES), key=lambda i: (-score[i], i))
        chosen[g, best[: candidate.positions]] = True
    return chosen


@pytest.mark.parametrize("spread", [1.0, 1e-5, 1e-7, 3e-9, 1e-9, 1e-10])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
def test_names_that_single_precision_cannot_tell_apart(spread: float, size: float) -> None:
    rng = np.random.default_rng(0)
    exposures = 1.0 + spread * rng.standard_normal((SEGMENTS, NAMES, 1))
    candidate = Candidate(np.array([size]), 0.0, 0.1, 0.1)
    expected = sorted_choice(exposures, candidate)
    np.testing.assert_array_equal(chosen_by(exposures, candidate), expected)


@pytest.mark.parametrize("weight", [0.0, 1e-30, 1e-300, 1e30])
def test_sizes_beyond_single_precision(weight: float) -> None:
    exposures = np.random.default_rng(1).standard_normal((SEGMENTS, NAMES, 1))
    candidate = Candidate(np.array([weight]), 0.0, 0.1, 0.1)
    chosen = chosen_by(exposures, candidate)
    if weight == 0.0:
        assert not chosen.any()
    else:
        np.testing.assert_array_equal(chosen, sorted_choice(exposures, candidate))


def test_a_few_uncertain_dates_among_many() -> None:
    exposures = np.random.default_rng(2).standard_normal((SEGMENTS, NAMES, 1))
    exposures[[3, 17]] = np.round(exposures[[3, 17]])
    candidate = Candidate(np.array([1.0]), 0.0, 0.1, 0.1)
    expected = sorted_choice(exposures, candidate)
    np.testing.assert_array_equal(chosen_by(exposures, candidate), expected)


def test_more_patterns_than_sixteen_bits_can_number() -> None:
    rng = np.random.default_rng(3)
    names, factors = 70_000, 24
    z = np.where(rng.random((1, names, factors)) < 0.5, np.nan, 1.0)
    panel = panel_of(np.zeros((3, names)), z, [1])
    scores = lay_out(panel, 1)
    assert scores.pattern.dtype == np.uint32
    known = scores.known[:, scores.pattern[0]].T
    np.testing.assert_array_equal(known, np.isfinite(z[0]).astype(float))
