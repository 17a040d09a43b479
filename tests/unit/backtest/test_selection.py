"""The fast selection against a plain sort."""

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.score_table import lay_out
from mech_exo.backtest.selection import Selector, scaled
from mech_exo.data.panel import BoolArray, FloatArray
from tests.unit.backtest import reference
from tests.unit.backtest.markets import panel_of

SEGMENTS, NAMES = 40, 60


def chosen_by(exposures: FloatArray, candidate: Candidate) -> BoolArray:
    names = exposures.shape[1]
    panel = panel_of(np.zeros((SEGMENTS + 2, names)), exposures, np.arange(1, SEGMENTS + 1))
    scores = lay_out(panel, SEGMENTS)
    chosen = np.empty((SEGMENTS, names), dtype=bool)
    ranks = np.empty(SEGMENTS, dtype=np.int64)
    Selector(scores).choose(candidate, 0, SEGMENTS, chosen, ranks)
    assert ranks.tolist() == chosen.sum(axis=1).tolist()
    return chosen


def sorted_choice(exposures: FloatArray, candidate: Candidate) -> BoolArray:
    chosen = np.zeros(exposures.shape[:2], dtype=bool)
    for g, z in enumerate(exposures):
        score = [reference.score(candidate.weights, known) or 0.0 for known in z]
        best = sorted(range(NAMES), key=lambda i: (-score[i], i))
        chosen[g, best[: candidate.positions]] = True
    return chosen


@pytest.mark.parametrize("spread", [1.0, 1e-5, 1e-7, 3e-9, 1e-9, 1e-10])
@pytest.mark.parametrize("size", [1e-9, 1e-6, 1e-4, 1e-3, 1.0, 1e4])
def test_names_that_single_precision_cannot_tell_apart(spread: float, size: float) -> None:
    rng = np.random.default_rng(0)
    exposures = size * (1.0 + spread * rng.standard_normal((SEGMENTS, NAMES, 1)))
    candidate = Candidate(np.array([-0.3]), 0.0, 0.1, 0.1)
    expected = sorted_choice(exposures, candidate)
    np.testing.assert_array_equal(chosen_by(exposures, candidate), expected)


@pytest.mark.parametrize("size", [0.0, 1e-300, 1e-30, 1e-12, 1e30])
def test_scores_beyond_single_precision(size: float) -> None:
    exposures = size * np.random.default_rng(1).standard_normal((SEGMENTS, NAMES, 1))
    candidate = Candidate(np.array([1.0]), 0.0, 0.1, 0.1)
    expected = sorted_choice(exposures, candidate)
    np.testing.assert_array_equal(chosen_by(exposures, candidate), expected)


WEIGHTS = {
    "one": [1.0],
    "one, against": [-0.3],
    "equal": [1.0, 1.0, 1.0, 1.0],
    "shares": [0.5, 0.25, 0.15, -0.1],
    "mixed magnitudes": [1.0, -1e-3, 1e-7, 3e-12],
    "far apart": [1.0, -1e-200, 1e-290, 0.0],
}


def holdings(weights: FloatArray, unknown: float = 0.2) -> BoolArray:
    rng = np.random.default_rng(5)
    z = rng.standard_normal((SEGMENTS, NAMES, 4))
    z[rng.random(z.shape) < unknown] = np.nan
    return chosen_by(z[:, :, : len(weights)], Candidate(weights, 0.0, 0.1, 0.1))


@pytest.mark.parametrize("factor", [1e-300, 1e-100, 1e-10, 3e-3, 3.0, 9e5, 1e10, 1e100, 1e300])
@pytest.mark.parametrize("name", WEIGHTS)
def test_only_the_ratios_of_weights_matter(name: str, factor: float) -> None:
    weights = np.array(WEIGHTS[name])
    chosen = holdings(weights)
    assert chosen.any(axis=0).sum() > NAMES / 2  # not the alphabet
    np.testing.assert_array_equal(holdings(factor * weights), chosen)


@pytest.mark.parametrize("exponent", [-1074, -1060, -1000, -30, 1, 30, 1000, 1022])
def test_powers_of_two_leave_the_very_scores(exponent: int) -> None:
    weights = np.array([1.0, -2.0, 1.0, 1.0])  # still whole numbers of the smallest denormal
    weights = weights[: 3 if exponent == 1022 else 4]
    factor = np.ldexp(weights, exponent)
    assert scaled(factor).tobytes() == scaled(weights).tobytes()
    np.testing.assert_array_equal(holdings(factor), holdings(weights))


def test_weights_whose_sum_overflows() -> None:
    largest = np.finfo(float).max
    signs = np.array([1.0, -1.0, 1.0, 1.0])
    np.testing.assert_array_equal(holdings(largest * signs), holdings(signs))


def test_weights_of_one_denormal() -> None:
    np.testing.assert_array_equal(holdings(np.array([5e-324])), holdings(np.ones(1)))


def test_half_of_the_weight_is_known_whatever_its_size() -> None:
    # 0 knows exactly half, 1 a hair less
    z = np.array([[1.0, 1.0, np.nan], [np.nan, np.nan, 1.0]])
    z = np.broadcast_to(z, (SEGMENTS, 2, 3))
    for factor in (1e-300, 1e-10, 1.0, 1e300):
        weights = factor * np.array([0.1, 0.2, 0.3 - 1e-9])
        chosen = chosen_by(z, Candidate(weights, 0.0, 0.1, 0.5))
        assert chosen.all(axis=0).tolist() == [True, False]
        assert not chosen[:, 1].any()


@pytest.mark.parametrize("factor", [0.0, -0.0])
def test_no_weight_ranks_nobody(factor: float) -> None:
    assert not holdings(factor * np.ones(4)).any()


def test_a_few_uncertain_dates_among_many() -> None:
    exposures = np.random.default_rng(2).standard_normal((SEGMENTS, NAMES, 1))
    exposures[[3, 17, SEGMENTS - 1]] = np.round(exposures[[3, 17, SEGMENTS - 1]])
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
