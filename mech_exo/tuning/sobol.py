"""Points of a scrambled Sobol sequence, any of them at once: those of SciPy's `qmc.Sobol`.

To import `scipy.stats` takes more than half a second, as long as a thousand asks. Of all that it
brings the sequence needs a table: primitive polynomials and first direction numbers.

References
----------
.. [1] Joe, Kuo (2008), Constructing Sobol sequences with better two-dimensional projections.
.. [2] Matoušek (1998), On the L2-discrepancy for anchored boxes: the scrambling.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.market import read_only
from mech_exo.data.panel import FloatArray, IntArray

BITS = 30  # of a coordinate; the sequence has 2**BITS points
TABLE = "stats/_sobol_direction_numbers.npz"

Words = NDArray[np.uint32]


class Sobol:
    """A sequence whose digits are scrambled and shifted by random ones.

    Parameters
    ----------
    dimensions
        Of its points, 1 or more.
    generator
        Its first child draws the scrambling; it is not used up itself.
    """

    def __init__(self, dimensions: int, generator: np.random.Generator) -> None:
        place = np.arange(BITS, dtype=np.uint32)
        (generator,) = generator.spawn(1)
        drawn = generator.integers(0, 2, (dimensions, BITS), dtype=np.uint32)
        self._shift: Words = drawn @ (1 << place)
        matrix = np.tril(generator.integers(0, 2, (dimensions, BITS, BITS), dtype=np.uint32))
        matrix[:, place, place] = 1
        falling = place[::-1]  # the largest digit first
        digits = _direction_numbers(dimensions)[:, None] >> falling[:, None] & 1
        self._numbers: Words = (1 << falling) @ (matrix @ digits & 1)

    def points(self, count: int) -> FloatArray:
        """[count, dimensions] the first points, from 0 to below 1."""
        return self._at(np.arange(count))

    def point(self, index: int) -> FloatArray:
        """[dimensions] point `index`, from 0."""
        return cast(FloatArray, self._at(np.array([index]))[0])

    def _at(self, index: IntArray) -> FloatArray:
        gray = index ^ (index >> 1)
        found = np.tile(self._shift, (len(index), 1))
        for k in range(int(gray.max(initial=0)).bit_length()):
            found[(gray >> k & 1) == 1] ^= self._numbers[:, k]
        return np.multiply(found, 2.0**-BITS, dtype=np.float64)


@lru_cache(maxsize=8)
def _direction_numbers(dimensions: int) -> Words:
    """[dimensions, BITS] one for each digit of a point's number, smallest first; read-only [1]_."""
    polynomials, first = _table(dimensions)
    numbers = np.ones((dimensions, BITS), dtype=np.int64)
    for row, polynomial, given in zip(numbers[1:], polynomials[1:], first[1:], strict=True):
        degree = polynomial.bit_length() - 1
        row[:degree] = given[:degree]
        for k in range(degree, BITS):
            row[k] = row[k - degree]
            for i in range(1, degree + 1):
                if polynomial >> (degree - i) & 1:
                    row[k] ^= row[k - i] << i
    return read_only((numbers << np.arange(BITS)[::-1]).astype(np.uint32))


def _table(dimensions: int) -> tuple[list[int], IntArray]:
    """Polynomials, as the bits of a number, and the first direction numbers [dimensions, …].

    Raises
    ------
    ValueError
        If the table has no more dimensions than these.
    """
    package = find_spec("scipy")
    folders = (package.submodule_search_locations if package is not None else None) or ()
    with np.load(Path(next(iter(folders))) / TABLE) as table:
        polynomials, first = table["poly"], table["vinit"]
    if dimensions > len(polynomials):
        raise ValueError(f"{dimensions} dimensions of a Sobol sequence, of {len(polynomials)}")
    return polynomials[:dimensions].tolist(), first[:dimensions]
