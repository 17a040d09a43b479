"""Rows one after the other give what NumPy gives, to the bit."""

import numpy as np
import pytest

from mech_exo.system.running import FEW, running


@pytest.mark.parametrize("columns", [1, FEW - 1, FEW, 70])
@pytest.mark.parametrize("rows", [0, 1, 2, 300])
def test_every_function_is_its_accumulate(rows: int, columns: int) -> None:
    rng = np.random.default_rng([rows, columns])
    plain = rng.normal(size=(rows, columns))
    for values in (plain, np.asfortranarray(plain), np.repeat(plain, 2, axis=1)[:, ::2]):
        for function in (np.add, np.multiply, np.maximum):
            expected = function.accumulate(values, axis=0)
            assert np.array_equal(running(function, values), expected)
            out = np.full((rows + 1, columns), 7.0)
            running(function, values, out=out[1:])
            assert np.array_equal(out[1:], expected)
            assert (out[0] == 7.0).all()
            inside = values.copy()
            running(function, inside, out=inside)
            assert np.array_equal(inside, expected)


def test_truths_and_whole_numbers_stay_what_they_are() -> None:
    truths = np.random.default_rng(1).random((9, 40)) < 0.2
    found = running(np.logical_or, truths)
    assert found.dtype == np.bool_
    assert np.array_equal(found, np.logical_or.accumulate(truths))
    counts = running(np.add, truths.astype(np.int32))
    assert np.array_equal(counts, np.cumsum(truths, axis=0))
