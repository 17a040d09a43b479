"""What other processes map: the object's values, once in memory."""

import os
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mech_exo.system.parcel import Parcel

ARRAYS: dict[str, NDArray[Any]] = {
    "numbers": np.arange(40_000.0).reshape(100, 400),
    "days": np.datetime64("2020-01-01") + np.arange(20_000).reshape(2, -1),
    "flags": np.arange(100_000) % 3 == 0,
    "small": np.arange(3),
    "empty": np.zeros(0),
    "columns": np.asfortranarray(np.arange(40_000.0).reshape(100, 400)),
    "names": np.array(["A", "BRK.B"]),
}


@pytest.mark.parametrize("held", [False, True])
def test_a_parcel_is_used_in_place_and_read_only(*, held: bool) -> None:
    parcel = Parcel()
    arrays = {n: parcel.hold(a) if held else a for n, a in ARRAYS.items()}
    parcel.pack({"arrays": arrays, "text": "x"})
    copy = parcel.unpacked()
    parcel.close()
    assert copy["text"] == "x"
    for name, array in ARRAYS.items():
        for found in (arrays[name], copy["arrays"][name]):
            np.testing.assert_array_equal(found, array)
            assert found.dtype == array.dtype
    assert not copy["arrays"]["numbers"].flags.writeable


def test_what_is_held_is_not_packed_again() -> None:
    parcel = Parcel()
    held = parcel.hold(ARRAYS["numbers"])
    assert not held.flags.writeable
    before = os.fstat(parcel.fileno()).st_size
    parcel.pack([held, held, held[:50]])  # a part of it is another buffer
    added = os.fstat(parcel.fileno()).st_size - before
    assert held.nbytes // 2 <= added < held.nbytes
    for found, wanted in zip(parcel.unpacked(), (held, held, held[:50]), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_an_array_in_the_place_of_one_that_was_let_go_is_itself() -> None:
    """A system gives a mapping that is gone to the next of its size."""
    parcel = Parcel()
    others = []
    for n in range(20):
        parcel.hold(np.full(50_000, float(n)))
        others.append(np.full(50_000, -float(n)))
    parcel.pack(others)
    assert [a[0] for a in parcel.unpacked()] == [-float(n) for n in range(20)]


def test_a_parcel_that_nobody_has_any_more_gives_its_memory_back() -> None:
    parcel = Parcel.of(ARRAYS["numbers"])
    descriptor = parcel.fileno()
    del parcel
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)
