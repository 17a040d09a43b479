"""The points are SciPy's, bit for bit."""

import numpy as np
import pytest
from scipy.stats import qmc

from mech_exo.tuning.sobol import Sobol


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))


@pytest.mark.parametrize("dimensions", [1, 2, 3, 7, 12, 40, 300])
def test_points_are_those_of_scipy(dimensions: int) -> None:
    for seed in (0, 5):
        ours = Sobol(dimensions, generator(seed))
        theirs = qmc.Sobol(dimensions, scramble=True, rng=generator(seed))
        expected = theirs.random_base2(9)
        assert np.array_equal(ours.points(512), expected)
        for index in (0, 1, 2, 255, 511):
            assert np.array_equal(ours.point(index), expected[index])
        theirs.fast_forward(100_000)
        assert np.array_equal(ours.point(100_512), theirs.random(1)[0])


def test_the_generator_is_used_as_by_scipy() -> None:
    one, two = generator(3), generator(3)
    Sobol(5, one)
    qmc.Sobol(5, scramble=True, rng=two)
    assert one.random() == two.random()
    expected = qmc.Sobol(5, scramble=True, rng=two).random(1)
    assert np.array_equal(Sobol(5, one).points(1), expected)


def test_more_dimensions_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match="21202 dimensions of a Sobol sequence, of 21201"):
        Sobol(21_202, generator(0))
