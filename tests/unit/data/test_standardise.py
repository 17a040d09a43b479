"""Winsorising and z-scores, against NumPy's own quantiles and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mech_exo.data.panel import FloatArray
from mech_exo.data.standardise import standardise


def scores(*row: float, winsorise: float = 0.0) -> FloatArray:
    raw = np.array([row])
    z: FloatArray = standardise(raw, np.ones(raw.shape, dtype=bool), winsorise)[0]
    return z


@pytest.mark.parametrize("winsorise", [0.0, 0.01, 0.1, 0.25])
def test_like_numpy_on_the_known_names(winsorise: float) -> None:
    rng = np.random.default_rng(0)
    raw = rng.standard_t(3, (40, 60))
    raw[rng.random(raw.shape) < 0.2] = np.nan
    tradable = rng.random(raw.shape) < 0.9
    z = standardise(raw, tradable, winsorise)
    for m in range(40):
        known = tradable[m] & ~np.isnan(raw[m])
        x = raw[m, known]
        x = np.clip(x, *np.quantile(x, [winsorise, 1.0 - winsorise]))
        np.testing.assert_allclose(z[m, known], (x - x.mean()) / x.std(), rtol=0, atol=1e-12)
        assert np.isnan(z[m, ~known]).all()


def test_population_standard_deviation() -> None:
    np.testing.assert_array_equal(scores(1.0, 3.0), [-1.0, 1.0])


def test_an_untradable_name_takes_no_part() -> None:
    raw = np.array([[1.0, 2.0, 3.0, 1e9]])
    tradable = np.array([[True, True, True, False]])
    z = standardise(raw, tradable, 0.0)[0]
    np.testing.assert_allclose(z[:3], scores(1.0, 2.0, 3.0))
    assert np.isnan(z[3])


@pytest.mark.parametrize(
    "row",
    [
        (5.0, 5.0, 5.0),
        (0.1 + 0.2, 0.3, 0.3),  # apart by rounding only
        (np.nan, np.nan, np.nan),
        (7.0, np.nan, np.nan),
        (0.0, 0.0, np.inf),
    ],
)
def test_no_spread_or_too_few_names_is_unknown(row: tuple[float, ...]) -> None:
    assert np.isnan(scores(*row, winsorise=0.01)).all()


def test_an_infinite_value_is_unknown_and_moves_no_other() -> None:
    z = scores(1.0, 2.0, 4.0, np.inf, -np.inf)
    np.testing.assert_array_equal(z[:3], scores(1.0, 2.0, 4.0))
    assert np.isnan(z[3:]).all()


@pytest.mark.parametrize("scale", [1e-250, 1e-30, 1.0, 1e30, 1e250])
def test_any_scale(scale: float) -> None:
    z = scores(*(scale * x for x in (1.0, 2.0, 4.0, 9.0)), winsorise=0.1)
    np.testing.assert_allclose(z, scores(1.0, 2.0, 4.0, 9.0, winsorise=0.1), atol=1e-12)


@hypothesis_settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 6), names=st.integers(1, 40))
def test_a_row_depends_on_itself_alone(seed: int, rows: int, names: int) -> None:
    """The same bits alone, in company, and from any memory layout."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(size=(rows, names))
    raw[rng.random(raw.shape) < 0.3] = np.nan
    tradable = rng.random(raw.shape) < 0.8
    z = standardise(raw, tradable, 0.05)
    fortran = standardise(np.asfortranarray(raw), np.asfortranarray(tradable), 0.05)
    np.testing.assert_array_equal(z, fortran)
    last = standardise(raw[-1:], tradable[-1:], 0.05)
    np.testing.assert_array_equal(z[-1:], last)


def test_no_names_or_dates() -> None:
    for shape in ((0, 3), (3, 0)):
        assert standardise(np.empty(shape), np.empty(shape, dtype=bool), 0.1).shape == shape
