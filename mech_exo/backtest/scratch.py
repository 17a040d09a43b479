"""Buffers that trials use one after the other, so that memory is not asked for again and again."""

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray


class Scratch:
    """Buffers of one kernel; whoever takes one overwrites all of it that is read."""

    def __init__(self) -> None:
        self._places: IntArray = np.zeros(0, dtype=np.int64)
        self._rows: FloatArray = np.empty(0)

    def places(self, cells: int) -> IntArray:
        """A buffer [cells at least] of any content from 0 on; what is read from it is checked."""
        if len(self._places) < cells:
            self._places = np.zeros(cells, dtype=np.int64)
        return self._places

    def rows(self, count: int, width: int) -> FloatArray:
        """A buffer [count, width], uninitialised."""
        if len(self._rows) < count * width:
            self._rows = np.empty(count * width)
        return self._rows[: count * width].reshape(count, width)
