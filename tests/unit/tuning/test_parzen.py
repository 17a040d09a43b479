"""Several axes taken together give what each gives by itself; quick branches change no bit."""

import numpy as np
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from scipy.special import log_ndtr, ndtr

from mech_exo.tuning.samplers.parzen import Axes, Axis, fading, log_fading, log_mass, widths

AXES: list[BaseDistribution] = [
    FloatDistribution(-1.0, 1.0),
    FloatDistribution(1e-4, 30.0, log=True),
    IntDistribution(-3, 11),
    FloatDistribution(0.0, 0.35, step=0.05),
    IntDistribution(2, 500, log=True),
    IntDistribution(6, 18, step=3),
    FloatDistribution(0.1, 0.7),
]


def test_axes_are_each_axis() -> None:
    single = [Axis.of(d) for d in AXES]
    for chosen in (single, single[:1], single[1:2], single[3:4]):
        together, rng = Axes(chosen), np.random.default_rng(3)
        for _ in range(200):
            shares = rng.uniform(-0.02, 1.02, len(chosen))
            one_by_one = [a.value(shares[j : j + 1]).item() for j, a in enumerate(chosen)]
            values = together.values(shares)
            assert values.tolist() == one_by_one
            back = [a.coordinate(np.array(v)).item() for a, v in zip(chosen, values, strict=True)]
            assert together.coordinates(values).tolist() == back


def test_the_mass_of_kernels_that_reach_across_is_that_of_the_long_way() -> None:
    rng = np.random.default_rng(4)
    low, high = -rng.exponential(3.0, (40, 5)), rng.exponential(3.0, (40, 5))
    expected = np.log1p(-ndtr(low) - ndtr(-high))
    assert np.array_equal(log_mass(low, high), expected)
    low[0], high[0] = 2.0, 3.0  # one in the right tail, one in the left: the others keep theirs
    low[1], high[1] = -3.0, -2.0
    found = log_mass(low, high)
    assert np.array_equal(found[2:], expected[2:])
    tail = log_ndtr(-2.0) + np.log1p(-np.exp(log_ndtr(-3.0) - log_ndtr(-2.0)))
    np.testing.assert_allclose(found[:2], tail, rtol=1e-14)


def test_weights_that_are_kept_are_not_changed_by_whoever_uses_them() -> None:
    for count in (0, 1, 25, 26, 90):
        assert not fading(count).flags.writeable
        assert not log_fading(count).flags.writeable
        assert np.array_equal(log_fading(count), np.log(fading(count)))


def test_widths_are_clipped_gaps() -> None:
    padded = np.concatenate([[0.0], np.sort(np.random.default_rng(5).random(9)), [1.0]])
    gaps = np.diff(padded)
    expected = np.maximum(gaps[:-1], gaps[1:])
    expected[0], expected[-1] = gaps[1], gaps[-2]
    assert np.array_equal(widths(padded), np.clip(expected, 1 / 11, 1.0))
