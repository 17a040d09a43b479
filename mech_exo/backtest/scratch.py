"""Buffers that trials use one after the other, so that memory is not asked for again and again."""

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray


class Scratch:
    """Buffers of one kernel; whoever takes one overwrites all of it that is read.

    Attributes
    ----------
    places
        [cells] any content from 0 on; what is read from it is checked.
    """

    def __init__(self, cells: int) -> None:
        self.places: IntArray = np.zeros(cells, dtype=np.int64)
        self._rows: FloatArray = np.empty(0)

    def rows(self, count: int, width: int) -> FloatArray:
        """A buffer [count, width], uninitialised."""
        if len(self._rows) < count * width:
            self._rows = np.empty(count * width)
        return self._rows[: count * width].reshape(count, width)
